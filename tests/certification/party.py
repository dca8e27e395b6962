"""The relying party: registered, it asks, redeems and judges every answer as the suite's own relying party does.

It sends no PKCE of its own accord and names the token endpoint in its assertions, for so does the suite.
"""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import jwt
import requests

from tests.certification import judging
from tests.certification.key import Key
from tests.certification.provider import Provider
from tests.live.visitor import Arrival, Visitor

CALLBACK = "https://rp.example/callback"  # the visitor stops at the door
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def unsigned(claims: Mapping[str, Any]) -> str:
    return jwt.encode(dict(claims), None, "none")


@dataclass(frozen=True)
class SignedIn:
    """What is at hand after a sign-in that passed every check; `front` and `back` are the ID tokens' claims."""

    arrival: Arrival
    front: dict[str, Any]
    tokens: dict[str, Any]
    back: dict[str, Any]
    userinfo: dict[str, Any]

    @property
    def id_token(self) -> dict[str, Any]:
        return self.front or self.back

    @property
    def hint(self) -> str:
        """The ID token as it came."""
        found: str = self.arrival.parameters.get("id_token") or self.tokens["id_token"]
        return found

    @property
    def access_token(self) -> str:
        found: str = self.tokens.get("access_token") or self.arrival.parameters.get("access_token", "")
        return found


@dataclass
class Party:
    """One registered app that uses one response type, in the default mode or by form_post."""

    provider: Provider
    registration: dict[str, Any]
    response_type: str = "code"
    form_post: bool = False
    key: Key | None = None
    id_token_alg: str = "RS256"

    @property
    def client_id(self) -> str:
        found: str = self.registration["client_id"]
        return found

    @property
    def redirect_uri(self) -> str:
        found: str = self.registration["redirect_uris"][0]
        return found

    @property
    def words(self) -> set[str]:
        return set(self.response_type.split())

    @property
    def mode(self) -> str:
        return "form_post" if self.form_post else "query" if self.words == {"code"} else "fragment"

    # --- The authorization endpoint ------------------------------------------------------------------

    def request(self, **changes: Any) -> dict[str, Any]:
        """A change to None leaves a parameter out."""
        parameters = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": secrets.token_urlsafe(12),
            "nonce": secrets.token_urlsafe(12),
            "response_type": self.response_type,
            **({"response_mode": "form_post"} if self.form_post else {}),
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def url(self, request: Mapping[str, Any]) -> str:
        return f"{self.provider.metadata['authorization_endpoint']}?{urlencode(request, quote_via=quote)}"

    def ask(
        self, visitor: Visitor, request: Mapping[str, Any], *, sent: Mapping[str, Any] | None = None
    ) -> Arrival:
        """The answer to `request`, of which `sent` is what stands in the address; it is for us and from the issuer."""
        arrival = visitor.authorize(self.url(request if sent is None else sent), self.redirect_uri)
        return self.check(arrival, request)

    def check(self, arrival: Arrival, request: Mapping[str, Any]) -> Arrival:
        assert arrival.mode == self.mode, arrival
        assert arrival.parameters["iss"] == self.provider.url
        assert arrival.parameters.get("state") == request.get("state")
        return arrival

    def refused(self, visitor: Visitor, *allowed: str, **changes: Any) -> Arrival:
        """The error that comes back by redirect and not by a page."""
        seen = len(visitor.pages)
        arrival = self.ask(visitor, self.request(**changes))
        judging.check_error(arrival.parameters, *allowed)
        assert len(visitor.pages) == seen + (self.mode == "form_post"), visitor.pages[seen:]
        return arrival

    def page(self, visitor: Visitor, request: Mapping[str, Any]) -> requests.Response:
        """For requests that have to end on a page of the provider: the page."""
        return visitor.session.get(self.url(request), timeout=30, allow_redirects=False)

    def sign_in(self, visitor: Visitor, **changes: Any) -> SignedIn:
        request = self.request(**changes)
        return self.finish(self.ask(visitor, request), request)

    def finish(self, arrival: Arrival, request: Mapping[str, Any]) -> SignedIn:
        """Judges a successful answer, redeems its code, and asks userinfo."""
        answer = arrival.parameters
        assert "error" not in answer, answer
        assert set(answer) - {
            "session_state",
            *(("scope",) if "token" in self.words else ()),
        } == self._expected(request)
        front = self._front(answer, request) if "id_token" in self.words else {}
        if "token" in self.words:
            judging.check_access_token(answer)
        tokens = judging.check_token_answer(self.redeem(answer["code"])) if "code" in self.words else {}
        back = self._back(tokens, request) if tokens else {}
        access = tokens.get("access_token") or answer.get("access_token")
        userinfo = self.userinfo(access) if access else {}
        subjects = {claims["sub"] for claims in (front, back, userinfo) if claims}
        assert len(subjects) == 1
        return SignedIn(arrival, front, tokens, back, userinfo)

    def _expected(self, request: Mapping[str, Any]) -> set[str]:
        held = {
            "code": {"code"},
            "id_token": {"id_token"},
            "token": {"access_token", "token_type", "expires_in"},
        }
        always = {"iss", *(("state",) if "state" in request else ())}
        return always.union(*(held[word] for word in self.words))

    def _front(self, answer: Mapping[str, str], request: Mapping[str, Any]) -> dict[str, Any]:
        """OIDC Core sections 3.2.2.11 and 3.3.2.11; s_hash as FAPI has it."""
        header, claims = self.claims(answer["id_token"], request.get("nonce"))
        for name, source in (("at_hash", "access_token"), ("c_hash", "code"), ("s_hash", "state")):
            expected = judging.half_hash(answer[source], header["alg"]) if source in answer else None
            assert claims.get(name) == expected, name
        return claims

    def _back(self, tokens: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
        header, claims = self.claims(tokens["id_token"], request.get("nonce"))
        assert claims["at_hash"] == judging.half_hash(tokens["access_token"], header["alg"])
        return claims

    def claims(self, id_token: str, nonce: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
        header, claims = judging.verified(id_token, self.provider.keys(id_token), self.id_token_alg)
        judging.check_id_token(
            claims, issuer=self.provider.url, client_id=self.client_id, nonce=nonce, now=self.provider.now()
        )
        return header, claims

    # --- The token endpoint, userinfo and logout --------------------------------------------------------

    def token(self, **parameters: str) -> requests.Response:
        return self.post("token_endpoint", parameters)

    def post(
        self, endpoint: str, parameters: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """As this client, by the method that it registered."""
        method, sent, basic = self.registration["token_endpoint_auth_method"], dict(parameters), None
        if method == "client_secret_basic":
            pair = (self.client_id, self.registration["client_secret"])
            basic = (quote(pair[0], safe=""), quote(pair[1], safe=""))  # RFC 6749 section 2.3.1
        elif method == "client_secret_post":
            sent |= {"client_id": self.client_id, "client_secret": self.registration["client_secret"]}
        elif method.endswith("_jwt"):
            sent = {"client_assertion_type": ASSERTION, "client_assertion": self.assertion(), **sent}
        else:
            sent |= {"client_id": self.client_id}
        address = self.provider.metadata[endpoint]
        return self.provider.http.post(address, sent, auth=basic, headers=dict(headers or {}), timeout=30)

    def assertion(self, **changes: Any) -> str:
        assert self.key is not None
        now = int(self.provider.now())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.provider.metadata["token_endpoint"],
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + 60,
            **changes,
        }
        return self.key.sign(claims)

    def redeem(self, code: str, **changes: str) -> requests.Response:
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        return self.token(**{**grant, **changes})

    def refresh(self, refresh_token: str, **changes: str) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token, **changes)

    def userinfo(self, access_token: str) -> dict[str, Any]:
        return check_userinfo(self.ask_userinfo(access_token))

    def ask_userinfo(self, access_token: str, method: str = "GET", **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {access_token}"}
        address = self.provider.metadata["userinfo_endpoint"]
        return self.provider.http.request(method, address, headers=headers, timeout=30, **options)

    def end_session(self, visitor: Visitor, **parameters: str) -> requests.Response:
        """The provider's first answer."""
        address = self.provider.metadata["end_session_endpoint"]
        return visitor.session.get(address, params=parameters, allow_redirects=False, timeout=30)


def check_userinfo(answer: requests.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    claims: dict[str, Any] = answer.json()
    assert claims["sub"]
    judging.check_types(claims)
    return claims


def request_object(party: Party, request: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """As the suite makes one: the request's parameters, and whom it is from and for, but no end."""
    return {**request, "iss": party.client_id, "aud": party.provider.url, **changes}


def outside(party: Party, request: Mapping[str, Any]) -> dict[str, Any]:
    """What the suite repeats beside a request object (OIDC Core section 6.1), or has to."""
    return {
        name: request[name]
        for name in ("client_id", "scope", "response_type", "redirect_uri")
        if name in request
    }


def as_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def wait_until(condition: Any, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.02)
