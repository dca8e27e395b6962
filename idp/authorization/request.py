"""The authorization request: first who asks and where the answer goes, then the rest (OIDC Core section 3.1.2.1).

`return_address` raises UntrustedRequest and nothing else that could redirect: this order is S-003.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_noop as _

from accounts import login
from idp.authorization import claims_request
from idp.authorization.claims_request import ClaimsRequest
from idp.clients import apis, registry
from idp.conf import conf
from idp.models import Client
from idp.protocol import pkce, redirects, resources, response_types, scopes
from idp.protocol.errors import (
    InvalidRequest,
    OAuthError,
    UnauthorizedClient,
    UnmetAuthenticationRequirements,
    UntrustedRequest,
)
from idp.protocol.params import RESOURCES, Params
from idp.protocol.response_types import ResponseType
from idp.tokens import protection, targets
from idp.tokens.id_token import EncryptedHint, read_hint
from keys.verification import InvalidToken

_PROMPTS = ("none", "login", "consent", "select_account")
CREATE = "create"  # Initiating User Registration via OpenID Connect 1.0 section 4
DISPLAYS = ("page", "popup", "touch", "wap")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
_LOCALES = re.compile(r"[A-Za-z0-9_-]{1,35}( [A-Za-z0-9_-]{1,35}){0,19}")  # BCP 47, and de_DE as many write


@dataclass(frozen=True)
class ReturnAddress:
    """Proof that an answer may be sent to `uri`: it is registered for this client."""

    client: Client
    uri: str
    mode: str
    state: str | None
    pushed: str = ""  # the request_uri that the request came by

    @property
    def origin(self) -> str:
        return redirects.origin(self.uri)


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request whose every parameter was read and found good."""

    address: ReturnAddress
    response_type: ResponseType
    scope: tuple[str, ...]
    claims: ClaimsRequest
    resources: tuple[str, ...]
    acr_values: tuple[str, ...]
    nonce: str
    code_challenge: str
    dpop_jkt: str
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str
    hinted_subject: str

    @property
    def client(self) -> Client:
        return self.address.client

    @property
    def beyond(self) -> tuple[str, ...]:
        """What the person is asked for beside the scope: single claims, and the APIs that the token is for."""
        return (*self.claims.beyond, *apis.foreign(self.resources))

    @property
    def wants_acr(self) -> bool:
        return bool(self.acr_values) or self.claims.asks_for_acr

    @property
    def silent(self) -> bool:
        return "none" in self.prompt


def return_address(params: Params) -> ReturnAddress:
    """The client and its proven address. Raises UntrustedRequest: nothing may be sent anywhere."""
    client = client_of(params)
    uri = _trusted(params, "redirect_uri", client.client_id)
    if uri is None:
        raise UntrustedRequest(
            _("The app did not say where to return to."),
            reason="redirect_uri is missing",
            check="redirect-uri",
            client_id=client.client_id,
            expected=client.redirect_uris,
        )
    if not redirects.matches(uri, tuple(client.redirect_uris), native=client.is_native):
        raise UntrustedRequest(
            _("The app asked to return to an address that is not registered for it."),
            reason="redirect_uri is not registered",
            check="redirect-uri",
            client_id=client.client_id,
            expected=client.redirect_uris,
            received=uri,
        )
    mode = None if "response_mode" in params.repeated else params.values.get("response_mode")
    state = params.values.get("state")
    return ReturnAddress(
        client,
        uri,
        response_types.mode_of(params.values.get("response_type"), mode),
        None if "state" in params.repeated or (state and len(state) > 2048) else state or None,
        params.values.get("request_uri", ""),
    )


def client_of(params: Params) -> Client:
    """The enabled app that client_id names. Raises UntrustedRequest."""
    client_id = _trusted(params, "client_id", "")
    if client_id is None:
        raise UntrustedRequest(
            _("The app did not say which one it is."), reason="client_id is missing", check="client"
        )
    client = registry.find(client_id)
    if client is None:
        raise UntrustedRequest(
            _("This app is not known here, or it was switched off."),
            reason="unknown client_id",
            check="client",
            received=client_id,
        )
    return client


def _trusted(params: Params, name: str, client_id: str) -> str | None:
    """A parameter that has to be right before anything may be sent back."""
    try:
        return params.get(name)
    except OAuthError as error:
        raise UntrustedRequest(
            _("The app's request is ambiguous."),
            reason=f"{name} is sent more than once",
            check="parameter-repeated",
            client_id=client_id,
            parameter=name,
        ) from error


def validate(params: Params, address: ReturnAddress, *, now: datetime) -> AuthorizationRequest:
    """Everything else of the request. Raises OAuthError, whose answer goes to `address`."""
    params.check(repeatable=RESOURCES)
    client = address.client
    response_type = _response_type(params, client)
    scope = _scope(params, client, response_type)
    claims = claims_request.read(params.get("claims"), client, scope=scope)
    _check_display(params)
    _check_protection(address, response_type, now=now)
    return AuthorizationRequest(
        address=address,
        response_type=response_type,
        scope=scope,
        claims=claims,
        resources=_resources(params, client),
        acr_values=_acr_values(params, client, claims),
        nonce=_nonce(params, response_type),
        code_challenge=pkce.read_challenge(
            params.get("code_challenge"),
            params.get("code_challenge_method"),
            required=client.require_pkce and response_type.code,
        ),
        dpop_jkt=_dpop_jkt(params.get("dpop_jkt")),
        prompt=_prompt(params.get("prompt")),
        max_age=_max_age(params.get("max_age"), client),
        login_hint=(params.get("login_hint") or "")[:254],
        hinted_subject=_hinted_subject(params.get("id_token_hint"), client, now=now),
    )


def _response_type(params: Params, client: Client) -> ResponseType:
    asked = params.required("response_type")
    kind = response_types.read(asked, allowed=tuple(client.response_types))
    if kind.token and client.dpop_bound_access_tokens:  # through the browser no key can be proven
        raise UnauthorizedClient(
            "This app is given tokens that are bound to its key, and only at the token endpoint.",
            check="response-type",
            expected="code",
            received=kind.name,
        )
    if kind.code and "authorization_code" not in client.grant_types:
        raise UnauthorizedClient(
            "This app may not sign people in.", expected="authorization_code", received=client.grant_types
        )
    response_types.check_mode(asked, params.get("response_mode"))
    return kind


def _scope(params: Params, client: Client, response_type: ResponseType) -> tuple[str, ...]:
    """Without a code nothing outlives the visit, so offline_access is passed over (OIDC Core section 11)."""
    asked = scopes.read(params.get("scope"), allowed=tuple(client.scopes))
    if response_type.id_token and "openid" not in asked:
        raise InvalidRequest(
            "scope has to have openid where response_type asks for an ID token.",
            check="scope",
            expected="openid",
            received=asked,
        )
    return asked if response_type.code else tuple(name for name in asked if name != "offline_access")


def _resources(params: Params, client: Client) -> tuple[str, ...]:
    """RFC 8707 section 2.1. Raises InvalidTarget."""
    asked = resources.read(params.each(resources.NAME))
    if asked:
        targets.of(asked, client)
    return asked


def _nonce(params: Params, response_type: ResponseType) -> str:
    """An ID token that comes through the browser has to be tied to its request (OIDC Core section 3.2.2.1)."""
    return params.required("nonce") if response_type.id_token else params.get("nonce") or ""


def _check_display(params: Params) -> None:
    """Our pages fit every display, and speak one language: what is asked for is read and no more."""
    if params.get("display") not in (None, *DISPLAYS):
        raise InvalidRequest(
            f"display has to be one of {', '.join(DISPLAYS)}.", check="display", expected=DISPLAYS
        )
    for name in ("ui_locales", "claims_locales"):
        value = params.get(name)
        if value is not None and not _LOCALES.fullmatch(value):
            raise InvalidRequest(
                f"{name} has to be language tags with a space between them.", check="display", parameter=name
            )


def _check_protection(address: ReturnAddress, response_type: ResponseType, *, now: datetime) -> None:
    """Raises NothingToProtectWith before anybody signs in for an answer that could not be made."""
    client = address.client
    if address.mode.endswith(response_types.SIGNED):
        protection.check(client, "authorization", now=now)
    if response_type.id_token:
        protection.check_id_token(client, ("openid",), now=now)


def _acr_values(params: Params, client: Client, claims: ClaimsRequest) -> tuple[str, ...]:
    """The levels wanted, the most wanted first. An essential one that nobody here reaches is refused at once."""
    if claims.acr_values:
        if claims.acr_is_essential and not set(claims.acr_values) & set(conf().acr_ladder):
            raise UnmetAuthenticationRequirements(
                "No sign-in here reaches the acr that is asked for.",
                check="acr",
                expected=list(conf().acr_ladder),
                received=claims.acr_values,
            )
        return claims.acr_values
    return tuple((params.get("acr_values") or "").split()) or tuple(client.default_acr_values)


def _dpop_jkt(value: str | None) -> str:
    """The key that alone may redeem the code (RFC 9449 section 10)."""
    if value is not None and not _THUMBPRINT.fullmatch(value):
        raise InvalidRequest(
            "dpop_jkt has to be the SHA-256 thumbprint of a key (RFC 7638).", check="dpop-jkt"
        )
    return value or ""


def prompts() -> tuple[str, ...]:
    """What prompt may hold; `create` only where there is a page on which people make their own account."""
    return (*_PROMPTS, CREATE) if login.may_register() else _PROMPTS


def _prompt(value: str | None) -> frozenset[str]:
    asked = frozenset((value or "").split())
    if not asked <= frozenset(prompts()):
        raise InvalidRequest(
            f"prompt may hold {', '.join(prompts())}.",
            check="prompt",
            expected=prompts(),
            received=sorted(asked),
        )
    if "none" in asked and len(asked) > 1:
        raise InvalidRequest(
            "prompt=none can't be joined with another value.", check="prompt", received=sorted(asked)
        )
    return asked


def _max_age(value: str | None, client: Client) -> int | None:
    if value is None:
        return client.default_max_age
    if not (value.isascii() and value.isdigit() and len(value) <= 10):
        raise InvalidRequest("max_age has to be a whole number of seconds.", check="max-age", received=value)
    return int(value)


def _hinted_subject(hint: str | None, client: Client, *, now: datetime) -> str:
    """The person whom id_token_hint names; an expired one still says who it was (OIDC Core section 3.1.2.1)."""
    if hint is None:
        return ""
    try:
        return str(read_hint(hint, client=client, now=now)["sub"])
    except EncryptedHint as error:
        raise InvalidRequest(
            "id_token_hint is encrypted: send the signed ID token that is inside it.",
            reason=str(error),
            check="id-token-hint",
        ) from error
    except InvalidToken as error:
        raise InvalidRequest(
            "id_token_hint is not an ID token that we issued to this app.",
            reason=str(error),
            check="id-token-hint",
            **error.seen,
        ) from error
