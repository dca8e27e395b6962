"""Two apps: one by Authlib that checks all there is to check, and one that believes what it is told."""

import base64
import json
import secrets
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode
from wsgiref.simple_server import WSGIRequestHandler, make_server

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

EVENT = "http://schemas.openid.net/event/backchannel-logout"


class No(Exception):
    """The app does not let this in."""


@dataclass
class Party(ABC):
    """What both have: pages, a session a browser, and the code flow."""

    issuer: str
    url: str = ""
    begun: dict[str, dict[str, Any]] = field(default_factory=dict)
    inside: dict[str, str] = field(default_factory=dict)  # cookie -> sid
    discovered: dict[str, Any] = field(default_factory=dict)

    def metadata(self) -> dict[str, Any]:
        address = f"{self.issuer}/.well-known/openid-configuration"
        self.discovered = self.discovered or requests.get(address, timeout=5).json()
        return self.discovered

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        cookie = dict(parse_qsl(environ.get("HTTP_COOKIE", ""), separator=";")).get("app", "")
        query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        length = int(environ.get("CONTENT_LENGTH") or 0)
        form = dict(parse_qsl(environ["wsgi.input"].read(length).decode()))
        try:
            status, text, headers = self.page(environ["PATH_INFO"], cookie, query, form)
        except Exception as error:  # whatever is wrong with what it was told, nobody gets in
            status, text, headers = "400 Bad Request", f"{type(error).__name__}: {error}", []
        start_response(status, [("Content-Type", "text/plain; charset=utf-8"), *headers])
        return [text.encode()]

    def page(
        self, path: str, cookie: str, query: dict[str, str], form: dict[str, str]
    ) -> tuple[str, str, list[Any]]:
        if path == "/login":
            mine = secrets.token_hex(8)
            return "303 See Other", "", [("Location", self.begin(mine)), ("Set-Cookie", f"app={mine}")]
        if path == "/callback":
            self.inside[cookie] = self.enter(query, self.begun.pop(cookie, {}))
            return "303 See Other", "", [("Location", "/")]
        if path == "/signed-out":
            self.end(form["logout_token"])
            return "200 OK", "", []
        return "200 OK", "Hello, somebody" if cookie in self.inside else "Who are you?", []

    def begin(self, mine: str) -> str:
        session = self.client()
        kept = {"nonce": secrets.token_hex(8), "code_verifier": secrets.token_urlsafe(48)}
        address, state = session.create_authorization_url(self.metadata()["authorization_endpoint"], **kept)
        self.begun[mine] = {**kept, "state": state}
        return str(address)

    def client(self) -> OAuth2Session:
        return OAuth2Session(
            "the-app", "secret", scope="openid profile email", redirect_uri=f"{self.url}/callback",
            code_challenge_method="S256",
        )  # fmt: skip

    @abstractmethod
    def enter(self, query: dict[str, str], kept: dict[str, Any]) -> str:
        """Who is in, by what the provider sent."""

    @abstractmethod
    def end(self, token: str) -> None:
        """By a logout token."""

    def forget(self, sid: str) -> None:
        self.inside = {cookie: other for cookie, other in self.inside.items() if other != sid}


@dataclass
class Careful(Party):
    """As Authlib's own OpenIDMixin does it, and what the specifications ask beyond that."""

    keys: dict[str, Any] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def enter(self, query: dict[str, str], kept: dict[str, Any]) -> str:
        if query.get("state") != kept["state"] or query.get("iss") != self.issuer:
            raise No("not an answer to what was asked")
        tokens = self.client().fetch_token(
            self.metadata()["token_endpoint"], code=query["code"], code_verifier=kept["code_verifier"]
        )
        decoded = self.verified(tokens["id_token"])
        options = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": "the-app"},
        }
        params = {"nonce": kept["nonce"], "client_id": "the-app", "access_token": tokens["access_token"]}
        CodeIDToken(decoded.claims, decoded.header, options, params).validate(leeway=10)
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        person = requests.get(self.metadata()["userinfo_endpoint"], headers=bearer, timeout=5).json()
        if person["sub"] != decoded.claims["sub"]:
            raise No("userinfo of somebody else")
        return str(decoded.claims["sid"])

    def end(self, token: str) -> None:
        claims = self.verified(token).claims
        wanted = {"iss": self.issuer, "aud": "the-app"}
        if any(claims.get(name) != value for name, value in wanted.items()) or EVENT not in claims["events"]:
            raise No("no logout token of ours")
        jwt.JWTClaimsRegistry(leeway=10, exp={"essential": True}, jti={"essential": True}).validate(claims)
        if "nonce" in claims or claims["jti"] in self.seen:
            raise No("an ID token, or one that was used")
        self.seen.add(claims["jti"])
        self.forget(claims["sid"])

    def verified(self, token: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=["RS256"], strict_check_header=False)
        try:
            return jwt.decode(token, self.jwks(), registry=registry)
        except InvalidKeyIdError:
            self.keys = {}
            return jwt.decode(token, self.jwks(), registry=registry)

    def jwks(self) -> KeySet:
        self.keys = self.keys or requests.get(self.metadata()["jwks_uri"], timeout=5).json()
        return KeySet.import_key_set(self.keys)


@dataclass
class Naive(Party):
    """Reads the payload, and that is that."""

    def enter(self, query: dict[str, str], kept: dict[str, Any]) -> str:
        form = {
            "grant_type": "authorization_code", "code": query["code"], "code_verifier": kept["code_verifier"],
            "redirect_uri": f"{self.url}/callback", "client_id": "the-app",
        }  # fmt: skip
        tokens = requests.post(self.metadata()["token_endpoint"], form, timeout=5).json()
        return str(read(tokens["id_token"])["sid"])

    def end(self, token: str) -> None:
        self.forget(str(read(token).get("sid")))


@dataclass
class Closed(Careful):
    """Lets nobody in."""

    def enter(self, query: dict[str, str], kept: dict[str, Any]) -> str:
        raise No("closed")


def read(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def running(party: Party) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, party, handler_class=Quiet)
    party.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield party.url
    finally:
        server.shutdown()
        server.server_close()


def url_of(base: str, **params: str) -> str:
    return f"{base}?{urlencode(params)}"
