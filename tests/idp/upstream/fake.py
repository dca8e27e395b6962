"""Another provider in this process: answers in place of the network, honest by default, hostile as a test wants."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from idp.models import Upstream
from idp.outbound import Fetched, Unreachable
from idp.upstream import buttons
from tests.idp.signing_app import key_set, public, sign

ISSUER = "https://elsewhere.example"
CLIENT_ID = "signet-here"
SECRET = "a secret: with % and more"  # what form-urlencoding is there for


def make_upstream(**fields: Any) -> Upstream:
    groups = fields.pop("groups", [])
    upstream = Upstream(
        **{"name": "Elsewhere", "slug": "elsewhere", "issuer": ISSUER, "client_id": CLIENT_ID, **fields}
    )
    upstream.full_clean()
    buttons.seal(upstream, SECRET)
    upstream.save()
    upstream.groups.set(groups)
    return upstream


@dataclass
class Fake:
    """`pages` are answers by address; `claims` and `header` are changes to an honest ID token (None takes one away)."""

    issuer: str = ISSUER
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    key: str = "one"
    metadata: dict[str, Any] = field(default_factory=dict)
    pages: dict[str, Any] = field(default_factory=dict)
    token: dict[str, Any] | None = None  # the token response, in place of an honest one
    keys: list[dict[str, Any]] = field(default_factory=lambda: [public("RS256")])
    asked: list[tuple[str, str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    nonce: str = ""
    challenge: str = ""
    down: bool = False

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
            **self.metadata,
        }

    def fetch(self, url: str, **options: Any) -> Fetched:
        """In place of idp.outbound.fetch."""
        headers, data = dict(options.get("headers") or {}), dict(parse_qsl(options.get("data") or ""))
        self.asked.append((options.get("method", "GET"), url, headers, data))
        if self.down:
            raise Unreachable("ConnectTimeout")
        if url in self.pages:
            return self._page(self.pages[url])
        if url.endswith("/.well-known/openid-configuration"):
            return self._page(self.document())
        if url == self.document()["jwks_uri"]:
            return self._page(key_set(*self.keys))
        if url == self.document()["token_endpoint"]:
            return self._page(self._redeem(data))
        return Fetched(404, "text/plain", b"")

    @staticmethod
    def _page(value: Any) -> Fetched:
        if isinstance(value, Fetched):
            return value
        return Fetched(200, "application/json", json.dumps(value).encode())

    def _redeem(self, data: dict[str, str]) -> dict[str, Any]:
        digest = hashlib.sha256(data["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.challenge, "PKCE"
        return self.token or {"access_token": "at", "token_type": "Bearer", "id_token": self.id_token()}

    def id_token(self) -> str:
        now = int(timezone.now().timestamp())
        honest = {
            "iss": self.issuer, "sub": "s-1", "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": self.nonce,
            "email": "carol@corp.example", "email_verified": True, "name": "Carol Danvers", "given_name": "Carol",
            "preferred_username": "carol",
        }  # fmt: skip
        return sign({**honest, **self.claims}, algorithm=self.algorithm, name=self.key, **self.header)

    def asked_for(self, url: str) -> list[tuple[str, str, dict[str, str], dict[str, str]]]:
        return [each for each in self.asked if each[1] == url]


@dataclass
class Trip:
    """One browser's way to the fake and back."""

    fake: Fake
    browser: Browser = field(default_factory=Browser)
    slug: str = "elsewhere"

    def leave(self, path: str = "", **query: str) -> dict[str, str]:
        """The parameters of the authorization request, remembered by the fake as a provider does."""
        address = (path or f"/login/with/{self.slug}") + (f"?{urlencode(query)}" if query else "")
        response = self.browser.get(address)
        assert response.status_code == 303, response.content.decode()[-1500:]
        parts = urlsplit(response["Location"])
        sent = dict(parse_qsl(parts.query))
        assert parts.netloc != urlsplit(settings.ISSUER).netloc, response["Location"]
        self.fake.nonce, self.fake.challenge = sent.get("nonce", ""), sent["code_challenge"]
        return sent

    def come_back(self, sent: dict[str, str], **changes: str | None) -> HttpResponse:
        answer = {"code": "c-1", "state": sent["state"], **changes}
        query = urlencode({name: value for name, value in answer.items() if value is not None})
        return self.browser.get(f"/login/with/{self.slug}/callback?{query}")

    def go(self, path: str = "", *, back: dict[str, str | None] | None = None, **query: str) -> HttpResponse:
        return self.come_back(self.leave(path, **query), **(back or {}))

    def sign_in(self, **query: str) -> str:
        """Where a sign-in leads on to."""
        return onward(self.go(**query))


def onward(response: HttpResponse) -> str:
    """The page in place of a redirect says where to."""
    page = response.content.decode()
    assert response.status_code == 200, page[-1500:]
    assert 'http-equiv="refresh"' in page, page[-1500:]
    return page.partition('content="0;url=')[2].partition('"')[0].replace("&amp;", "&")


def refusal(response: HttpResponse) -> str:
    """What a page of refusal says."""
    page = response.content.decode()
    assert response.status_code == 400, page[-1500:]
    assert "Reference:" in page
    assert "Back to" in page
    return page


def query_of(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query)
