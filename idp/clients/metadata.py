"""Client metadata as JSON: read into a client, and written back as a registration response.

RFC 7591 sections 2 and 3.2.1, OIDC Registration section 2, OIDC RP-Initiated Logout section 3.1. What we do
not know is dropped; what we know but can't serve is refused with the name of the field. The `signet_…`
extensions widen what an app may do, so only an admin's own document (`trusted`) is heard on them (S-121).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import groups
from idp.clients import apis, secrets, sectors
from idp.clients.json_values import (
    Reader,
    Unfit,
    read_object,
    some_of,
    text,
    texts,
)
from idp.clients.metadata_fields import EXTENSIONS, FETCHED, STANDARD, WIDER, WIRE_NAMES
from idp.clients.sectors import SectorDocument
from idp.models import Client
from idp.models.client_keys import ASSERTION_ALGORITHMS
from idp.protocol import redirects, response_types, scopes
from idp.protocol.errors import InvalidClientMetadata, InvalidRedirectUri, InvalidScope, OAuthError

Document = Mapping[str, object]


@dataclass(frozen=True)
class Registration:
    """A client that has passed every check, not saved yet, and the groups that may use it."""

    client: Client
    groups: tuple[Group, ...] = ()

    def create(self, now: datetime) -> str:
        """Registers the client; its secret, or "" for a public one."""
        with transaction.atomic():
            self.save()
            return secrets.issue(self.client, now) if self.client.has_secret else ""

    def save(self) -> None:
        with transaction.atomic():
            self.client.save()
            self.client.groups.set(self.groups)
            secrets.fit(self.client)


def parse(document: bytes) -> dict[str, object]:
    """Raises InvalidClientMetadata for what is no JSON object within the limits."""
    try:
        return read_object(document)
    except Unfit as error:
        raise InvalidClientMetadata(f"The document has to be {error}.") from error


def read(
    document: Document,
    *,
    trusted: bool = False,
    openid_connect: bool = False,
    sector: SectorDocument | None = None,
) -> Registration:
    """Raises InvalidClientMetadata or InvalidRedirectUri; the description names the field.

    A field that is absent or null (RFC 7592 section 2.2) has its default. `openid_connect` is for an app that an
    admin lets have all that OpenID Connect has, though not what is `trusted` to say of itself. `sector` is what was
    found at sector_identifier_uri, if there is one.
    """
    document = {name: value for name, value in document.items() if value is not None}
    more = {**WIDER, **EXTENSIONS} if trusted else FETCHED if openid_connect else {}
    fields = {**STANDARD, **more}
    values = {
        field.attribute: _value(document, name, field.read)
        for name, field in fields.items()
        if name in document
    }
    values["response_types"] = _response_types(document, all_of_them=trusted or openid_connect)
    values["grant_types"] = _grant_types(document, values)
    usual = tuple(scopes.KNOWN) if openid_connect else scopes.DEFAULT
    values["scopes"] = _scopes(document, values["grant_types"], trusted=trusted, usual=usual)
    _check_addresses(values)
    client = Client(**values)
    if openid_connect:
        _loosen(client)
    client.name = client.name or _name_of(client)
    check(client)
    _check_apis(client)
    _check_sector(client, sector)
    return Registration(client, _groups(document) if trusted else ())


def _loosen(client: Client) -> None:
    """What OpenID Connect has and RFC 9700 advises against; a public app keeps PKCE all the same."""
    client.show_logo = True
    client.require_pkce = False
    client.lenient_assertions = client.token_endpoint_auth_method in ASSERTION_ALGORITHMS
    client.lenient_request_objects = not client.require_signed_request_object


def _value(document: Document, name: str, reader: Reader) -> Any:
    try:
        return reader(document[name])
    except Unfit as error:
        raise _refusal(name, f"{name} has to be {error}.") from error


def _refusal(name: str, description: str, **facts: Any) -> OAuthError:
    if name == "redirect_uris":
        return InvalidRedirectUri(description, parameter=name, **facts)
    return InvalidClientMetadata(description, parameter=name, **facts)


def _grant_types(document: Document, values: dict[str, Any]) -> list[str]:
    """RFC 7591 section 2 and 2.1: authorization_code by default, and in step with response_types.

    Who asks for offline_access without naming grant types means to refresh, so refresh_token is added then.
    """
    code = Client.GrantType.CODE.value
    kinds: list[str] = values["response_types"]
    with_code = any("code" in kind.split() for kind in kinds)
    if "grant_types" not in values:
        if not kinds:
            raise InvalidClientMetadata(
                "response_types has to have code for the grant type authorization_code."
            )
        offline = "offline_access" in str(document.get("scope", "")).split(" ")
        if not with_code:
            return [Client.GrantType.IMPLICIT.value]
        return [code, Client.GrantType.REFRESH.value] if offline else [code]
    granted: list[str] = values["grant_types"]
    if not granted:
        raise InvalidClientMetadata("grant_types has to name at least one.")
    if "response_types" in document and with_code != (code in granted):
        raise InvalidClientMetadata(
            "response_types and grant_types do not fit: code belongs to authorization_code."
        )
    return granted


def _response_types(document: Document, *, all_of_them: bool) -> list[str]:
    """`code` by default. Tokens through the browser are for an admin to allow (S-017)."""
    if "response_types" not in document:
        return [response_types.CODE.name]
    asked = _value(document, "response_types", texts(len(response_types.NAMES), 40))
    names = list(dict.fromkeys(map(response_types.canonical, asked)))
    served = response_types.NAMES if all_of_them else (response_types.CODE.name,)
    return list(_value({"response_types": names}, "response_types", some_of(*served)))


def _scopes(
    document: Document, grant_types: list[str], *, trusted: bool, usual: tuple[str, ...]
) -> list[str]:
    """Those asked for; without a wish the usual ones. offline_access means nothing without refresh_token."""
    if "scope" in document:
        asked = _read_scope(document)
        granted = asked if trusted else [name for name in asked if name in scopes.KNOWN]
    else:
        of_people = {Client.GrantType.CODE, Client.GrantType.DEVICE, Client.GrantType.IMPLICIT} & set(
            grant_types
        )
        granted = list(usual) if of_people else []
    if Client.GrantType.REFRESH not in grant_types:
        granted = [name for name in granted if name != "offline_access"]
    return granted


def _read_scope(document: Document) -> list[str]:
    value = _value(document, "scope", text(2048))
    names = tuple(value.split())
    try:
        return list(scopes.read(" ".join(names), allowed=names)) if names else []
    except InvalidScope as error:
        raise InvalidClientMetadata("scope is malformed.") from error


def _check_addresses(values: dict[str, Any]) -> None:
    native = values.get("application_type") == Client.Type.NATIVE
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        for position, uri in enumerate(values.get(name, [])):
            try:
                redirects.check_registrable(uri, native=native)
            except InvalidRedirectUri as error:
                raise _refusal(name, f"{name}[{position}]: {error.description}", received=uri) from error


def _name_of(client: Client) -> str:
    """For an app that does not say its name: where it lives."""
    hosts = (urlsplit(uri).hostname for uri in [client.client_uri, *client.redirect_uris])
    return next((host[:100] for host in hosts if host), client.client_id)


def check(client: Client) -> None:
    """The model's own rules, in the words of the wire."""
    try:
        client.clean_fields()
        client.clean()
    except ValidationError as error:
        attribute, messages = next(iter(error.message_dict.items()))
        name = WIRE_NAMES.get(attribute, attribute)
        raise _refusal(name, f"{name}: {messages[0]}") from error


def _check_apis(client: Client) -> None:
    names = set(client.resources)
    if names and (unknown := names - set(apis.names_of(names))):
        raise InvalidClientMetadata(
            "signet_resources names an API that is not registered.", reason=f"API {min(unknown)}"
        )


def _check_sector(client: Client, document: SectorDocument | None) -> None:
    if wrong := sectors.problem(client.sector_identifier_uri, client.redirect_uris, document):
        raise InvalidClientMetadata(f"sector_identifier_uri {wrong}")


def _groups(document: Document) -> tuple[Group, ...]:
    if "signet_groups" not in document:
        return ()
    names = _value(document, "signet_groups", texts(100, 150))
    found = {group.name: group for group in groups.ordinary().filter(name__in=names)}
    if missing := [name for name in names if name not in found]:
        raise InvalidClientMetadata(
            "signet_groups names a group that does not exist.", reason=f"group {missing[0]}"
        )
    return tuple(found.values())


def sector_for(client: Client, document: Document) -> SectorDocument | None:
    """What `change` needs: fetched if `document` touches it, so not to be called in a transaction."""
    if not {"sector_identifier_uri", "redirect_uris"} & set(document):
        return sectors.kept(client)
    return sectors.look(document.get("sector_identifier_uri", client.sector_identifier_uri))


def change(client: Client, document: Document, sector: SectorDocument | None = None) -> Registration:
    """`client` with what `document` says, all else as it was: an admin's act. Raises as `read` does."""
    registration = read(
        {**as_response(client, trusted=True), **document}, trusted=True, sector=sector or sectors.kept(client)
    )
    for attribute in (*WIRE_NAMES, "scopes", "response_types"):
        setattr(client, attribute, getattr(registration.client, attribute))
    check(client)  # what it may not become depends on what it was
    return Registration(client, registration.groups)


def as_response(client: Client, secret: str = "", *, trusted: bool = False) -> dict[str, object]:
    """The client as RFC 7591 section 3.2.1 answers a registration, with `secret` if one was just made."""
    fields = {**STANDARD, **(EXTENSIONS if trusted else FETCHED)}
    values = {name: getattr(client, field.attribute) for name, field in fields.items()}
    response: dict[str, object] = {
        "client_id": client.client_id,
        "client_id_issued_at": int(client.created_at.timestamp()),
        **{name: value for name, value in values.items() if value not in (None, "", [])},
        "response_types": client.response_types,
        "scope": " ".join(client.scopes),
    }
    if secret:
        response |= {"client_secret": secret, "client_secret_expires_at": 0}
    if trusted:
        response["signet_groups"] = [group.name for group in client.groups.order_by("name")]
    return response
