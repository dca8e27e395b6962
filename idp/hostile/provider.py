"""The provider that plays: discovery, JWKS, authorize, token, userinfo, each twisted as the case of the moment says.

Everybody is signed in at once, as Alice. Answers go to this machine only, whatever redirect_uri says.
"""

import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.utils import timezone

from idp.environment import is_loopback
from idp.hostile import cases
from idp.hostile.cases import Case
from idp.hostile.forging import Ring, forge, half_hash
from idp.protocol.pkce import challenge_of

SUBJECT = "5f6e8c1e-alice"
PERSON = {"name": "Alice Liddell", "email": "alice@example.com", "email_verified": True}
LIFETIME = 600


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One sign-in that was begun: what was asked, what is done to it, and how far the app went."""

    case: Case
    asked: dict[str, str]
    sid: str
    redeemed: bool = False
    userinfo: bool = False


class Refused(Exception):
    """What the app sent is no request of OpenID Connect; the words say why."""


class Provider:
    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.ring = Ring()
        self.lock = threading.Lock()
        self.position = 0
        self.held: Case | None = None  # for the driver: this case, until another is held
        self.rotated = False
        self.runs: dict[str, Run] = {}  # by code
        self.tokens: dict[str, str] = {}  # access token -> code
        self.last: dict[str, str] = {}  # case id -> code of its latest run

    # --- Which case is on ---------------------------------------------------------------------------------

    @property
    def current(self) -> Case:
        return self.held or cases.sign_ins()[self.position % len(cases.sign_ins())]

    def hold(self, case: Case) -> None:
        with self.lock:
            self.held = case

    def go_to(self, position: int) -> None:
        with self.lock:
            self.position = position

    def _next(self) -> Case:
        with self.lock:
            case = self.current
            self.position = (self.position + 1) % len(cases.sign_ins())
            self.rotated = self.rotated or case.sign == "next-key"
            return case

    def run_of(self, case: Case) -> Run | None:
        return self.runs.get(self.last.get(case.id, ""))

    # --- Its endpoints ------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, query: str, body: str, authorization: str) -> Answer:
        endpoint = ENDPOINTS.get((method, path))
        if endpoint is None:
            return Answer(404, b"There is nothing here.")
        try:
            return endpoint(self, dict(parse_qsl(query)), dict(parse_qsl(body)), authorization)
        except Refused as refusal:
            return _json({"error": "invalid_request", "error_description": str(refusal)}, 400)

    def discovery(self, query: dict[str, str], form: dict[str, str], authorization: str) -> Answer:
        return _json(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/jwks.json",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": ["openid", "profile", "email"],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                    "none",
                ],
                "authorization_response_iss_parameter_supported": True,
                "backchannel_logout_supported": True,
            }
        )

    def jwks(self, query: dict[str, str], form: dict[str, str], authorization: str) -> Answer:
        keys = [self.ring.ours.jwk, *([self.ring.next.jwk] if self.rotated else [])]
        return _json({"keys": keys})

    def authorize(self, query: dict[str, str], form: dict[str, str], authorization: str) -> Answer:
        uri = query.get("redirect_uri", "")
        if urlsplit(uri).scheme != "http" or not is_loopback(uri):
            raise Refused(
                "redirect_uri has to be an http address of this machine: forgeries go nowhere else."
            )
        if query.get("response_type") != "code" or not query.get("client_id"):
            raise Refused("Expected response_type=code and a client_id.")
        case = self._next()
        code = secrets.token_urlsafe(24)
        self.runs[code], self.last[case.id] = Run(case, query, sid=secrets.token_hex(8)), code
        said = {"code": code, "state": query.get("state"), "iss": self.issuer, **case.answer}
        params = urlencode({name: value for name, value in said.items() if value is not None})
        return Answer(303, headers={"Location": f"{uri}{'&' if '?' in uri else '?'}{params}"})

    def token(self, query: dict[str, str], form: dict[str, str], authorization: str) -> Answer:
        run = self.runs.get(form.get("code", ""))
        if run is None or run.redeemed or not _proves(run, form):
            return _json({"error": "invalid_grant"}, 400)
        self.runs[form["code"]] = replace(run, redeemed=True)
        access = secrets.token_urlsafe(24)
        self.tokens[access] = form["code"]
        case = run.case if run.case.hop == "id_token" else cases.table()[0]
        id_token = forge(case, self._claims(run, access), "JWT", self.ring, now=timezone.now())
        return _json(
            {"access_token": access, "token_type": "Bearer", "expires_in": LIFETIME, "id_token": id_token}
        )

    def userinfo(self, query: dict[str, str], form: dict[str, str], authorization: str) -> Answer:
        code = self.tokens.get(authorization.partition(" ")[2])
        if code is None:
            return _json({"error": "invalid_token"}, 401)
        self.runs[code] = run = replace(self.runs[code], userinfo=True)
        return _json({"sub": SUBJECT, **PERSON, **run.case.userinfo})

    # --- What it signs ------------------------------------------------------------------------------------

    def _claims(self, run: Run, access_token: str) -> dict[str, Any]:
        now = int(timezone.now().timestamp())
        claims = {
            "iss": self.issuer,
            "sub": SUBJECT,
            "aud": run.asked["client_id"],
            "iat": now,
            "exp": now + LIFETIME,
            "auth_time": now,
            "sid": run.sid,
            "at_hash": half_hash(access_token),
            **PERSON,
        }
        return claims | ({"nonce": run.asked["nonce"]} if "nonce" in run.asked else {})

    def logout_token(self, case: Case, run: Run) -> str:
        now = timezone.now()
        seconds = int(now.timestamp())
        claims = {
            "iss": self.issuer,
            "sub": SUBJECT,
            "aud": run.asked["client_id"],
            "iat": seconds,
            "exp": seconds + 120,
            "jti": secrets.token_urlsafe(12),
            "sid": run.sid,
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }
        return forge(case, claims, "logout+jwt", self.ring, now=now)


def _proves(run: Run, form: dict[str, str]) -> bool:
    """PKCE, where the app began with it, and the redirect_uri."""
    challenge = run.asked.get("code_challenge")
    proven = challenge is None or challenge_of(form.get("code_verifier", "")) == challenge
    return proven and form.get("redirect_uri", run.asked["redirect_uri"]) == run.asked["redirect_uri"]


def _json(value: object, status: int = 200) -> Answer:
    headers = {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "Access-Control-Allow-Origin": "*",
    }
    return Answer(status, json.dumps(value).encode(), headers)


Endpoint = Callable[[Provider, dict[str, str], dict[str, str], str], Answer]
ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/.well-known/openid-configuration"): Provider.discovery,
    ("GET", "/jwks.json"): Provider.jwks,
    ("GET", "/authorize"): Provider.authorize,
    ("POST", "/token"): Provider.token,
    ("GET", "/userinfo"): Provider.userinfo,
}
