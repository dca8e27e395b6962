"""A whole code flow by a relying party in the terminal: each message in short, each check with its outcome.

RFC 8252 section 7.3 (loopback redirect), RFC 7636, OIDC Core section 3.1.3.7, RFC 9207. Nothing here is taken from
the database but the app's registration: what comes over the wire is what an app would get.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.utils import timezone

from idp.models import Client
from idp.protocol.pkce import challenge_of
from idp.protocol.redirects import is_loopback
from idp.tokens.id_token import left_half
from keys import foreign
from keys.verification import InvalidToken, unproven, verify

SECONDS = 10
Tell = Callable[[str, dict[str, Any]], None]


class FlowFailed(Exception):
    """The words say at which step, and why."""


@dataclass(frozen=True)
class Wishes:
    """Who asks, for what, and where the answer comes."""

    client: Client
    secret: str
    scope: str
    redirect_uri: str
    issuer: str


@dataclass(frozen=True)
class Begun:
    """What an app remembers from its request to the answer."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        return challenge_of(self.verifier)


class Listener:
    """The app's door on this machine: takes one answer to one path."""

    def __init__(self, path: str, server: HTTPServer) -> None:
        self.path, self.server = path, server
        self.answer: dict[str, str] | None = None

    @property
    def port(self) -> int:
        return self.server.server_port

    def wait(self, seconds: float) -> dict[str, str]:
        deadline = timezone.now().timestamp() + seconds
        while self.answer is None:
            left = deadline - timezone.now().timestamp()
            if left <= 0:
                raise FlowFailed(f"Nobody came back within {seconds:.0f} seconds.")
            self.server.timeout = left
            self.server.handle_request()
        return self.answer


@contextmanager
def listening(redirect_uri: str) -> Iterator[Listener]:
    """Port 0 of a native app's address is any that is free. Raises FlowFailed."""
    parts = urlsplit(redirect_uri)
    host = parts.hostname or ""
    if not _is_here(redirect_uri):
        raise FlowFailed(f"{redirect_uri} is not at this machine, so the answer can't be caught here.")
    try:
        server = HTTPServer(("127.0.0.1" if host == "localhost" else host, parts.port or 0), _Door)
    except OSError as error:
        raise FlowFailed(f"Can't listen at {redirect_uri}: {error.strerror}.") from error
    server.listener = listener = Listener(parts.path or "/", server)  # type: ignore[attr-defined]
    try:
        yield listener
    finally:
        server.server_close()


class _Door(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        listener: Listener = self.server.listener  # type: ignore[attr-defined]
        path, _, query = self.path.partition("?")
        is_answer = path == listener.path and bool(query)
        if is_answer:
            listener.answer = dict(parse_qsl(query))
        body = (
            b"You can close this window: the rest is in the terminal." if is_answer else b"Nothing is here."
        )
        self.send_response(200 if is_answer else 404)
        for name, value in (
            ("Content-Type", "text/plain"),
            ("Cache-Control", "no-store"),
            ("Content-Length", len(body)),
        ):
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """The address holds the code (S-104)."""


def may_vary(uri: str, client: Client) -> bool:
    """Whether any port will do: a native app's loopback address by number (RFC 8252 section 7.3)."""
    return client.is_native and urlsplit(uri).hostname != "localhost"


def redirect_uri_of(client: Client) -> str:
    """The app's own loopback address, where a program can listen. Raises FlowFailed."""
    here = [uri for uri in client.redirect_uris if _is_here(uri)]
    for uri in here:
        if urlsplit(uri).port or may_vary(uri, client):
            return str(uri)
    example = "http://127.0.0.1:8765/callback"
    if here:
        raise FlowFailed(
            f"Can't listen at {here[0]}: without a port it is port 80, and only a native app may vary that of a "
            f"loopback address by number. Register one with a port, such as {example}: "
            f"manage.py client update {client.client_id} --redirect-uri {here[0]} --redirect-uri {example}"
        )
    raise FlowFailed(
        f"This app has no redirect URI at this machine. Add one such as {example} to a copy of it: "
        "the answer goes nowhere but to registered addresses."
    )


def _is_here(uri: str) -> bool:
    parts = urlsplit(uri)
    return parts.scheme == "http" and is_loopback(parts.hostname or "")


def run(
    wishes: Wishes,
    begun: Begun,
    *,
    show: Callable[[str], None],
    catch: Callable[[], dict[str, str]],
    tell: Tell,
) -> None:
    """Step by step; `show` gives the person the link, `catch` waits for the answer. Raises FlowFailed."""
    metadata = _discover(wishes)
    tell(
        "discovery",
        {"issuer": metadata["issuer"], "checks": _checked({"issuer": metadata["issuer"] == wishes.issuer})},
    )
    request = _request(wishes, begun)
    show(f"{metadata['authorization_endpoint']}?{urlencode(request)}")
    tell("authorization request", request | {"code_challenge": begun.challenge[:8] + "…"})
    answer = catch()
    checks = _checked(
        {"state": answer.get("state") == begun.state, "iss": answer.get("iss") == wishes.issuer}
    )
    tell("authorization response", {**_short(answer), "checks": checks})
    if "error" in answer:
        raise FlowFailed(f"Signet refused: {answer['error']}: {answer.get('error_description', '')}")
    _demand(checks)
    tokens = _redeem(wishes, begun, metadata, answer.get("code", ""))
    tell("token response", _short(tokens))
    if "id_token" in tokens:
        claims, checks = _verified(wishes, begun, metadata, tokens, timezone.now())
        tell("ID token", {"claims": claims, "checks": checks})
        _demand(checks)
        person = _userinfo(metadata, tokens["access_token"])
        checks = _checked({"sub": person.get("sub") == claims["sub"]})
        tell("userinfo", {"claims": person, "checks": checks})
        _demand(checks)


def _request(wishes: Wishes, begun: Begun) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": wishes.client.client_id,
        "redirect_uri": wishes.redirect_uri,
        "scope": wishes.scope,
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": begun.challenge,
        "code_challenge_method": "S256",
    }


def _discover(wishes: Wishes) -> dict[str, Any]:
    return _asked("discovery", "GET", f"{wishes.issuer}/.well-known/openid-configuration")


def _redeem(wishes: Wishes, begun: Begun, metadata: dict[str, Any], code: str) -> dict[str, Any]:
    client = wishes.client
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": wishes.redirect_uri,
        "code_verifier": begun.verifier,
    }
    if client.token_endpoint_auth_method == client.AuthMethod.BASIC:
        return _asked(
            "token", "POST", metadata["token_endpoint"], data=form, auth=(client.client_id, wishes.secret)
        )
    form["client_id"] = client.client_id
    if client.token_endpoint_auth_method == client.AuthMethod.POST:
        form["client_secret"] = wishes.secret
    return _asked("token", "POST", metadata["token_endpoint"], data=form)


def _userinfo(metadata: dict[str, Any], access_token: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {access_token}"}
    return _asked("userinfo", "GET", metadata["userinfo_endpoint"], headers=headers)


def _verified(
    wishes: Wishes, begun: Begun, metadata: dict[str, Any], tokens: dict[str, Any], now: datetime
) -> tuple[dict[str, Any], dict[str, str]]:
    """The claims, and what of OIDC Core section 3.1.3.7 was held against them."""
    try:
        header, _ = unproven(tokens["id_token"])
        claims = verify(
            tokens["id_token"],
            purpose="flow",
            algorithms=[wishes.client.id_token_signed_response_alg],
            keys=foreign.read(_asked("JWKS", "GET", metadata["jwks_uri"])),
            issuer=wishes.issuer,
            audience=wishes.client.client_id,
            typ=("jwt", ""),
            now=now,
            required=("sub", "iat"),
        )
    except (InvalidToken, foreign.UnfitKeys) as refusal:
        raise FlowFailed(f"The ID token is not good: {refusal}.") from refusal
    at_hash = left_half(tokens["access_token"], str(header.get("alg", "")))
    checks = {
        "signature": f"ok, by the key {header.get('kid', '')[:8]}",
        "iss": "ok",
        "aud": "ok",
        "exp": "ok",
    }
    rest = {"nonce": claims.get("nonce") == begun.nonce, "at_hash": claims.get("at_hash") in (at_hash, None)}
    return claims, checks | _checked(rest)


def _asked(step: str, method: str, url: str, **more: Any) -> dict[str, Any]:
    """As an app asks: no redirect is followed, no proxy of the environment used."""
    import requests  # only this command needs it

    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, url, allow_redirects=False, timeout=SECONDS, **more)
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise FlowFailed(
            f"{step}: {url} gave no answer that can be read ({type(error).__name__})."
        ) from error
    if answer.status_code != 200 or not isinstance(found, dict):
        said = json.dumps(found) if isinstance(found, dict) else ""
        raise FlowFailed(f"{step}: {url} answered {answer.status_code} {said}".strip())
    return found


def _checked(checks: dict[str, bool]) -> dict[str, str]:
    return {name: "ok" if good else "WRONG" for name, good in checks.items()}


def _demand(checks: dict[str, str]) -> None:
    if wrong := [name for name, word in checks.items() if word == "WRONG"]:
        raise FlowFailed(f"An app has to stop here: {', '.join(wrong)} is wrong.")


def _short(members: dict[str, Any]) -> dict[str, Any]:
    """Nothing that opens anything: tokens without their signature, codes by their first letters."""
    return {name: _cut(name, value) for name, value in members.items()}


def _cut(name: str, value: Any) -> Any:
    if name in ("code", "refresh_token"):
        return f"{str(value)[:6]}…"
    if name in ("access_token", "id_token"):
        return f"{str(value).rpartition('.')[0][:60]}… (signature cut off)"
    return value
