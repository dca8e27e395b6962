"""What is measured: each operation as a relying party or a browser does it, with every answer checked."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from bench import signing
from bench.forms import login_form
from bench.load import Operation
from bench.wire import BenchError, Connection, basic

REDIRECT_URI = "https://app.example/callback"
SCOPE = "openid profile email"


@dataclass(frozen=True)
class Provider:
    """One OpenID provider under test, by its discovery document; nothing below knows which it is."""

    base: str
    metadata: dict[str, Any]
    client_id: str
    client_secret: str
    machine_id: str = ""  # of the app that proves itself by the key of `bench.signing`
    username: str = "alice"
    password: str = ""
    login_path: str = "/login"
    session_cookie: str = "signet"
    signed_access_token: dict[str, str] = field(
        default_factory=dict
    )  # asks a provider of opaque ones for a JWT

    def path(self, name: str) -> str:
        return str(urlsplit(self.metadata[name]).path)

    @property
    def authorization(self) -> str:
        return basic(self.client_id, self.client_secret)


async def discovery(provider: Provider, number: int) -> Operation:
    return await fetch(provider, "/.well-known/openid-configuration", b'"issuer"', number)


async def jwks(provider: Provider, number: int) -> Operation:
    return await fetch(provider, provider.path("jwks_uri"), b'"keys"', number)


async def fetch(provider: Provider, path: str, expected: bytes, number: int) -> Operation:
    connection = Connection(provider.base)

    async def operation() -> None:
        if expected not in (await connection.get(path)).expect(200).body:
            raise BenchError(f"{path}: not the document")

    return operation


async def client_credentials(provider: Provider, number: int) -> Operation:
    connection = Connection(provider.base)

    async def operation() -> None:
        await _token(
            connection, provider, {"grant_type": "client_credentials", **provider.signed_access_token}
        )

    return operation


async def private_key_jwt(provider: Provider, number: int) -> Operation:
    """client_credentials of an app without a secret; every assertion is a new one."""
    connection, path = Connection(provider.base), provider.path("token_endpoint")

    async def operation() -> None:
        proven = signing.assertion(provider.machine_id, provider.metadata["issuer"])
        form = {"grant_type": "client_credentials", **proven, **provider.signed_access_token}
        if not (await connection.post(path, form)).expect(200).json().get("access_token"):
            raise BenchError("no access token")

    return operation


async def code_flow(provider: Provider, number: int) -> Operation:
    """Authorize and token, for someone who is logged in already."""
    connection = await _signed_in(provider)

    async def operation() -> None:
        await _code_flow(connection, provider, SCOPE, provider.signed_access_token)

    return operation


async def par_dpop_code_flow(provider: Provider, number: int) -> Operation:
    """The same, by a pushed request and with tokens that are bound to a key: three requests, one proof."""
    connection = await _signed_in(provider)
    endpoint, uri = (
        provider.path("pushed_authorization_request_endpoint"),
        provider.metadata["token_endpoint"],
    )

    async def operation() -> None:
        verifier = secrets.token_urlsafe(32)
        query, state = _parameters(provider, SCOPE, verifier, provider.signed_access_token)
        pushed = await connection.post(endpoint, query, Authorization=provider.authorization)
        asked = {"client_id": provider.client_id, "request_uri": pushed.expect(201).json()["request_uri"]}
        target = f"{provider.path('authorization_endpoint')}?{urlencode(asked)}"
        tokens = await _redeem(
            connection,
            provider,
            target,
            state,
            verifier,
            provider.signed_access_token,
            DPoP=signing.proof(uri),
        )
        if tokens["token_type"] != "DPoP":
            raise BenchError("the access token is bound to no key")

    return operation


async def refresh(provider: Provider, number: int) -> Operation:
    connection = await _signed_in(provider)
    tokens = await _code_flow(connection, provider, f"{SCOPE} offline_access", provider.signed_access_token)
    connection.cookies.clear()  # an app's server has none

    async def operation() -> None:
        nonlocal tokens
        form = {
            "grant_type": "refresh_token",
            "refresh_token": tokens["refresh_token"],
            **provider.signed_access_token,
        }
        before, tokens = tokens, await _token(connection, provider, form)
        if "id_token" not in tokens or tokens["refresh_token"] == before["refresh_token"]:
            raise BenchError("the refresh token did not rotate, or no ID token came")

    return operation


async def userinfo(provider: Provider, number: int) -> Operation:
    connection = await _signed_in(provider)
    tokens = await _code_flow(connection, provider, SCOPE, {})
    connection.cookies.clear()
    path, bearer = provider.path("userinfo_endpoint"), f"Bearer {tokens['access_token']}"

    async def operation() -> None:
        if "email" not in (await connection.get(path, Authorization=bearer)).expect(200).json():
            raise BenchError("userinfo without e-mail")

    return operation


async def introspection(provider: Provider, number: int) -> Operation:
    connection = await _signed_in(provider)
    form = {"token": (await _code_flow(connection, provider, SCOPE, {}))["access_token"]}
    connection.cookies.clear()
    path = provider.path("introspection_endpoint")

    async def operation() -> None:
        answer = await connection.post(path, form, Authorization=provider.authorization)
        if answer.expect(200).json()["active"] is not True:
            raise BenchError("the token is not active")

    return operation


async def login_page(provider: Provider, number: int) -> Operation:
    """The page with its form, for a browser that comes for the first time."""
    connection = Connection(provider.base)

    async def operation() -> None:
        connection.cookies.clear()
        if b"<form" not in (await connection.get(provider.login_path)).expect(200).body:
            raise BenchError("the login page has no form")

    return operation


async def password_login(provider: Provider, number: int) -> Operation:
    """The form, from no session to a session, in a browser that this person has signed in from before."""
    connection = Connection(provider.base)
    page = (await connection.get(provider.login_path)).expect(200)
    of_the_page = dict(connection.cookies)
    await _log_in(connection, provider, provider.login_path, page.body)
    before = {**connection.cookies, **of_the_page}
    before.pop(provider.session_cookie)

    async def operation() -> None:
        connection.cookies.clear()
        connection.cookies.update(before)
        await _log_in(connection, provider, provider.login_path, page.body)

    return operation


OPERATIONS = {
    "discovery": discovery,
    "jwks": jwks,
    "client_credentials": client_credentials,
    "private_key_jwt": private_key_jwt,
    "code_flow": code_flow,
    "par_dpop_code_flow": par_dpop_code_flow,
    "refresh": refresh,
    "userinfo": userinfo,
    "introspection": introspection,
    "login_page": login_page,
    "password_login": password_login,
}


async def _token(
    connection: Connection, provider: Provider, form: dict[str, str], **headers: str
) -> dict[str, Any]:
    answer = await connection.post(
        provider.path("token_endpoint"), form, Authorization=provider.authorization, **headers
    )
    tokens = answer.expect(200).json()
    if not tokens.get("access_token"):
        raise BenchError("no access token")
    return tokens


async def _code_flow(
    connection: Connection, provider: Provider, scope: str, extra: dict[str, str]
) -> dict[str, Any]:
    verifier = secrets.token_urlsafe(32)
    target, state = _authorization_request(provider, scope, verifier, extra)
    return await _redeem(connection, provider, target, state, verifier, extra)


async def _redeem(
    connection: Connection,
    provider: Provider,
    target: str,
    state: str,
    verifier: str,
    extra: dict[str, str],
    **headers: str,
) -> dict[str, Any]:
    """From the authorization request at `target` to the tokens."""
    location = (await connection.get(target)).expect(302, 303).header("location")
    form = {
        "grant_type": "authorization_code",
        "code": _code(location, state),
        "redirect_uri": REDIRECT_URI,
        "code_verifier": verifier,
        **extra,
    }
    tokens = await _token(connection, provider, form, **headers)
    if "id_token" not in tokens:
        raise BenchError("no ID token")
    return tokens


def _authorization_request(
    provider: Provider, scope: str, verifier: str, extra: dict[str, str]
) -> tuple[str, str]:
    query, state = _parameters(provider, scope, verifier, extra)
    return f"{provider.path('authorization_endpoint')}?{urlencode(query)}", state


def _parameters(
    provider: Provider, scope: str, verifier: str, extra: dict[str, str]
) -> tuple[dict[str, str], str]:
    state = secrets.token_urlsafe(16)
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": scope,
        "state": state,
        "nonce": state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **extra,
    }
    return query, state


def _code(location: str, state: str) -> str:
    query = parse_qs(urlsplit(location).query)
    if not location.startswith(REDIRECT_URI) or query.get("state") != [state] or "code" not in query:
        raise BenchError(f"no code came back: {location[:200]}")
    return query["code"][0]


async def _signed_in(provider: Provider) -> Connection:
    """A browser that has been through one authorization, with whatever pages stood in its way."""
    connection = Connection(provider.base)
    target, state = _authorization_request(
        provider, SCOPE, secrets.token_urlsafe(32), provider.signed_access_token
    )
    for _ in range(8):
        answer = (await connection.get(target)).expect(200, 302, 303)
        if answer.status == 200:
            location = await _log_in(connection, provider, target, answer.body)
        else:
            location = answer.header("location")
        if location.startswith(REDIRECT_URI):
            _code(location, state)
            return connection
        target = location
    raise BenchError("signing in goes round in circles")


async def _log_in(connection: Connection, provider: Provider, target: str, page: bytes) -> str:
    form = login_form(page)
    filled = form.filled(provider.username, provider.password)
    answer = await connection.post(form.action or target, filled, Origin=provider.base)
    return answer.expect(302, 303).header("location")
