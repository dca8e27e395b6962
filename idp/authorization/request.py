"""The authorization request: first who asks and where the answer goes, then the rest (OIDC Core section 3.1.2.1).

`return_address` raises UntrustedRequest and nothing else that could redirect: this order is S-003.
"""

from dataclasses import dataclass
from datetime import datetime

from idp.clients import registry
from idp.models import Client
from idp.protocol import pkce, redirects, scopes
from idp.protocol.errors import (
    InvalidRequest,
    OAuthError,
    RequestNotSupported,
    RequestUriNotSupported,
    UnauthorizedClient,
    UnsupportedResponseType,
    UntrustedRequest,
)
from idp.protocol.params import Params
from idp.tokens.id_token import read_hint
from keys.verification import InvalidToken

RESPONSE_TYPES = ("code",)
RESPONSE_MODES = ("query", "fragment", "form_post")
PROMPTS = ("none", "login", "consent", "select_account")


@dataclass(frozen=True)
class ReturnAddress:
    """Proof that an answer may be sent to `uri`: it is registered for this client."""

    client: Client
    uri: str
    mode: str
    state: str | None

    @property
    def origin(self) -> str:
        return redirects.origin(self.uri)


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request whose every parameter was read and found good."""

    address: ReturnAddress
    scope: tuple[str, ...]
    nonce: str
    code_challenge: str
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str
    hinted_subject: str

    @property
    def client(self) -> Client:
        return self.address.client

    @property
    def silent(self) -> bool:
        return "none" in self.prompt


def return_address(params: Params) -> ReturnAddress:
    """The client and its proven address. Raises UntrustedRequest: nothing may be sent anywhere."""
    client = _client(params)
    uri = _trusted(params, "redirect_uri", client.client_id)
    if uri is None:
        raise UntrustedRequest(
            "The app did not say where to return to.",
            reason="redirect_uri is missing",
            expected=tuple(client.redirect_uris),
            client_id=client.client_id,
        )
    if not redirects.matches(uri, tuple(client.redirect_uris), native=client.is_native):
        raise UntrustedRequest(
            "The app asked to return to an address that is not registered for it.",
            reason="redirect_uri is not registered",
            expected=tuple(client.redirect_uris),
            received=uri,
            client_id=client.client_id,
        )
    mode, state = params.values.get("response_mode"), params.values.get("state")
    return ReturnAddress(
        client,
        uri,
        mode if mode in RESPONSE_MODES and "response_mode" not in params.repeated else "query",
        None if "state" in params.repeated or (state and len(state) > 2048) else state or None,
    )


def _client(params: Params) -> Client:
    client_id = _trusted(params, "client_id", "")
    if client_id is None:
        raise UntrustedRequest("The app did not say which one it is.", reason="client_id is missing")
    client = registry.find(client_id)
    if client is None:
        raise UntrustedRequest(
            "This app is not known here, or it was switched off.",
            reason="unknown client_id",
            received=client_id,
        )
    return client


def _trusted(params: Params, name: str, client_id: str) -> str | None:
    """A parameter that has to be right before anything may be sent back."""
    try:
        return params.get(name)
    except OAuthError as error:
        raise UntrustedRequest(
            "The app's request is ambiguous.", reason=f"{name} is sent more than once", client_id=client_id
        ) from error


def validate(params: Params, address: ReturnAddress, *, now: datetime) -> AuthorizationRequest:
    """Everything else of the request. Raises OAuthError, whose answer goes to `address`."""
    params.check()
    client = address.client
    _refuse_unsupported(params)
    _check_response(params, client)
    return AuthorizationRequest(
        address=address,
        scope=scopes.read(params.get("scope"), allowed=tuple(client.scopes)),
        nonce=params.get("nonce") or "",
        code_challenge=pkce.read_challenge(
            params.get("code_challenge"), params.get("code_challenge_method"), required=client.require_pkce
        ),
        prompt=_prompt(params.get("prompt")),
        max_age=_max_age(params.get("max_age")),
        login_hint=(params.get("login_hint") or "")[:254],
        hinted_subject=_hinted_subject(params.get("id_token_hint"), client, now=now),
    )


def _refuse_unsupported(params: Params) -> None:
    if params.get("request") is not None:
        raise RequestNotSupported("Request objects are not supported.")
    if params.get("request_uri") is not None:
        raise RequestUriNotSupported("request_uri is not supported.")


def _check_response(params: Params, client: Client) -> None:
    response_type = params.required("response_type")
    if response_type not in RESPONSE_TYPES:
        raise UnsupportedResponseType(f"response_type has to be {' or '.join(RESPONSE_TYPES)}.")
    if "authorization_code" not in client.grant_types:
        raise UnauthorizedClient("This app may not sign people in.")
    mode = params.get("response_mode")
    if mode is not None and mode not in RESPONSE_MODES:
        raise InvalidRequest(f"response_mode has to be one of {', '.join(RESPONSE_MODES)}.")


def _prompt(value: str | None) -> frozenset[str]:
    asked = frozenset((value or "").split())
    if not asked <= frozenset(PROMPTS):
        raise InvalidRequest(f"prompt may hold {', '.join(PROMPTS)}.")
    if "none" in asked and len(asked) > 1:
        raise InvalidRequest("prompt=none can't be joined with another value.")
    return asked


def _max_age(value: str | None) -> int | None:
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 10):
        raise InvalidRequest("max_age has to be a whole number of seconds.")
    return int(value)


def _hinted_subject(hint: str | None, client: Client, *, now: datetime) -> str:
    """The person whom id_token_hint names; an expired one still says who it was (OIDC Core section 3.1.2.1)."""
    if hint is None:
        return ""
    try:
        return str(read_hint(hint, audience=client.client_id, now=now)["sub"])
    except InvalidToken as error:
        raise InvalidRequest(
            "id_token_hint is not an ID token that we issued to this app.", reason=str(error)
        ) from error
