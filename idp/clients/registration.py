"""Apps that register and manage themselves (RFC 7591, RFC 7592), within what strangers may have (S-120 to S-122).

What they say passes the same checks as an admin's document, less what only an admin may give. The management
token is bound to its app, which it can't enable again; an update keeps to the grant types and scopes at hand.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction

from idp.clients import metadata, secrets
from idp.clients.authentication import SECRET
from idp.clients.metadata import Document
from idp.clients.metadata_fields import EXTENSIONS, STANDARD
from idp.clients.sectors import SectorDocument
from idp.models import Client, Consent
from idp.protocol.errors import InvalidBearer, InvalidClientMetadata
from idp.protocol.secrets import digest, matches, mint, renewed

PURPOSE = "registration access token"
_DUMMY = "0" * 64
_OURS = (  # RFC 7592 section 2.2: an update must not have these
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)
# What an update may change; no other column is written, for an admin may be at those.
_WRITTEN = (
    "scopes",
    "response_types",
    "sector",
    "first_party",
    "self_registered",
    "show_logo",
    *(field.attribute for field in STANDARD.values()),
)


@dataclass(frozen=True)
class Registered:
    """An app with what is shown of it now and never again."""

    client: Client
    management_token: str
    secret: str = ""


def register(
    document: Document, *, sector: SectorDocument | None = None, openid_connect: bool = False, now: datetime
) -> Registered:
    """Raises InvalidClientMetadata or InvalidRedirectUri."""
    registration = metadata.read(document, openid_connect=openid_connect, sector=sector)
    _refuse_machines(registration.client)
    token = mint()
    registration.client.self_registered = True
    registration.client.registration_digest = digest(token, PURPOSE)
    return Registered(registration.client, token, registration.create(now))


def find(client_id: str, management_token: str, *, hold: bool = False) -> Client:
    """The enabled app whose token this is. Raises InvalidBearer, the same for every cause (RFC 7592 section 2).

    `hold` keeps its row until the transaction ends, for who changes it.
    """
    clients = Client.objects.select_for_update() if hold else Client.objects
    client = clients.filter(client_id=client_id, enabled=True).first()
    proven = matches(management_token, client.registration_digest if client else _DUMMY, PURPOSE)
    if client is None or not proven:
        raise InvalidBearer(
            "The registration access token is not one of this app.",
            check="registration-token",
            fault="the token is not the one of this app" if client else "no app has this client_id",
        )
    if current := renewed(management_token, client.registration_digest, PURPOSE):
        Client.objects.filter(pk=client.pk).update(registration_digest=current)
        client.registration_digest = current
    return client


def update(client: Client, document: Document, *, sector: SectorDocument | None = None, now: datetime) -> str:
    """Replaces what the app said of itself; its new secret if it needs one now, else "". The row is held by the caller.

    What an admin gave it stays, and what an admin asks of it; but who vouched for one app did not vouch for another, so
    what people are spared or shown by that word ends with a new name, host or logo. It is not refused, for the app may
    move, and does not know what an admin gave it. Raises InvalidClientMetadata or InvalidRedirectUri.
    """
    said = {
        name: value
        for name, value in document.items()
        if value is not None and name not in EXTENSIONS and name != "signet_groups"
    }
    _check_identity(client, said, now)
    # Read as an admin's, for it may repeat what an admin gave; it is then held to what is at hand.
    asked = metadata.read({**_at_hand(client, said), **said}, trusted=True, sector=sector).client
    _refuse_wider(client, asked)
    known_as, logo = _known_as(client), client.logo_uri
    client.scopes = [name for name in client.scopes if name in asked.scopes]
    client.response_types = asked.response_types
    for attribute in (field.attribute for field in STANDARD.values()):
        setattr(client, attribute, _demanded(client, attribute) or getattr(asked, attribute))
    if client.logo_uri != logo:
        client.show_logo = False
    if is_another := not _known_as(client) <= known_as:
        client.first_party, client.self_registered = False, True
    metadata.check(client)
    with transaction.atomic():
        if is_another:
            Consent.objects.filter(
                client=client
            ).delete()  # and with them what came of them: people are asked anew
        return _save(client, now)


def _at_hand(client: Client, said: Document) -> dict[str, object]:
    """What the app may do stays as it is where the update does not speak of it."""
    kept: dict[str, object] = {"scope": " ".join(client.scopes), "subject_type": client.subject_type}
    if "grant_types" not in said:
        kept |= {"grant_types": client.grant_types, "response_types": client.response_types}
    return kept


def _demanded(client: Client, attribute: str) -> bool:
    """An admin may have asked more of the app than it asked itself."""
    strict = attribute.startswith("require_") or attribute == "dpop_bound_access_tokens"
    return strict and bool(getattr(client, attribute))


def _known_as(client: Client) -> set[str]:
    """What people were shown when they agreed: its name, and the hosts that they return to."""
    return {client.name, *(urlsplit(uri).netloc for uri in client.redirect_uris)}


def _save(client: Client, now: datetime) -> str:
    client.save(update_fields=_WRITTEN)
    secrets.fit(client)
    usable = [secret for secret in secrets.live(client, now) if secret.sealed or not client.secret_signs]
    return secrets.issue(client, now) if client.has_secret and not usable else ""


def _check_identity(client: Client, said: Document, now: datetime) -> None:
    """RFC 7592 section 2.2: who it is, and nothing that is ours to say."""
    if said.get("client_id") != client.client_id:
        raise InvalidClientMetadata("client_id has to be the one of this app.", check="registration-identity")
    if present := [name for name in _OURS if name in said]:
        raise InvalidClientMetadata(f"An update may not have {present[0]}.", check="registration-identity")
    if "client_secret" in said:
        offered = str(said["client_secret"])
        if not any(matches(offered, secret.digest, SECRET) for secret in secrets.live(client, now)):
            raise InvalidClientMetadata(
                "client_secret is not the one of this app; leave it out.", check="registration-identity"
            )


def _refuse_machines(client: Client) -> None:
    if Client.GrantType.CREDENTIALS in client.grant_types:
        raise InvalidClientMetadata(
            "Only an admin may give an app the grant type client_credentials.", check="registration-bounds"
        )


def _refuse_wider(client: Client, asked: Client) -> None:
    """S-122: an admin may have narrowed what the app may do, and it can't undo that."""
    if not set(asked.grant_types) <= set(client.grant_types):
        raise InvalidClientMetadata(
            "An update may not add to grant_types: register anew.", check="registration-bounds"
        )
    if not set(asked.response_types) <= set(client.response_types):
        raise InvalidClientMetadata(
            "An update may not add to response_types: register anew.", check="registration-bounds"
        )
    if not set(asked.signed_with_secret) <= set(client.signed_with_secret):
        raise InvalidClientMetadata(
            "Only an admin may have an app's tokens signed with its secret (HS256).",
            check="registration-bounds",
        )
    if asked.is_public and not client.is_public:
        raise InvalidClientMetadata(
            "An update may not give up token_endpoint_auth_method: register anew.",
            check="registration-bounds",
        )
