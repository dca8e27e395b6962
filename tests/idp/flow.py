"""A sign-in by any response type and mode through Django's test client, with every answer judged."""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt as pyjwt
from authlib.oidc.core import HybridIDToken, ImplicitIDToken
from django.conf import settings
from django.http import HttpResponse

from tests.idp.app import ALL_SCOPES, App, make_client, verified

SHA256 = ("RS256", "PS256", "ES256")


def half_hash(value: str, algorithm: str) -> str:
    """OIDC Core section 3.3.2.11, computed apart from the code under test."""
    digest = (hashlib.sha256 if algorithm in SHA256 else hashlib.sha512)(value.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")


def read_answer(response: HttpResponse) -> tuple[str, dict[str, str]]:
    """The mode that an answer came in, and its parameters."""
    if response.status_code == 200:
        page = response.content.decode()
        assert 'method="post"' in page
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
        return "form_post", {unescape(name): unescape(value) for name, value in found}
    assert response.status_code == 303, response.content[:500]
    parts = urlsplit(response["Location"])
    assert not (parts.query and parts.fragment)
    mode = "fragment" if parts.fragment else "query"
    return mode, dict(parse_qsl(parts.fragment or parts.query, strict_parsing=True))


@dataclass
class SignedIn:
    """What a relying party holds after a sign-in that passed every check."""

    answer: dict[str, str]
    front: dict[str, Any]
    tokens: dict[str, Any]
    userinfo: dict[str, Any]

    @property
    def id_token(self) -> dict[str, Any]:
        """The claims of the first ID token there is."""
        return self.front or self.tokens.get("claims", {})


@dataclass
class Flow:
    """One response type in one mode, at an app that an admin switched it on for."""

    response_type: str
    form_post: bool = False
    fields: dict[str, Any] = field(default_factory=dict)
    app: App = field(init=False)

    def __post_init__(self) -> None:
        with_code = "code" in self.response_type.split()
        fields = {
            "response_types": [self.response_type],
            "grant_types": ["authorization_code", "refresh_token"] if with_code else ["implicit"],
            "scopes": ALL_SCOPES.split(),
            **self.fields,
        }
        self.app = App(make_client(**fields))
        self.app.sign_in()

    @property
    def words(self) -> set[str]:
        return set(self.response_type.split())

    @property
    def mode(self) -> str:
        return "form_post" if self.form_post else "query" if self.words == {"code"} else "fragment"

    def params(self, **changes: Any) -> dict[str, Any]:
        extra: dict[str, Any] = {"response_mode": "form_post"} if self.form_post else {}
        if "code" not in self.words:
            extra |= {"code_challenge": None, "code_challenge_method": None}
        return {"response_type": self.response_type, **extra, **changes}

    def authorize(self, **changes: Any) -> HttpResponse:
        return self.app.authorize(**self.params(**changes))

    def ask(self, **changes: Any) -> dict[str, str]:
        """The parameters of the answer, which came in the right mode and names its issuer."""
        mode, answer = read_answer(self.authorize(**changes))
        assert mode == self.mode
        assert answer["iss"] == settings.ISSUER
        return answer

    def sign_in(self, **changes: Any) -> SignedIn:
        answer = self.ask(**changes)
        asked = self.app.request(**self.params(**changes))
        assert "error" not in answer, answer
        assert set(answer) >= self.expected()
        assert "refresh_token" not in answer
        front = self.judge(answer, asked) if "id_token" in self.words else {}
        tokens = self._redeem(answer["code"], asked) if "code" in self.words else {}
        access = answer.get("access_token") or tokens.get("access_token")
        userinfo = self.app.userinfo(access).json() if access else {}
        subjects = {found["sub"] for found in (front, tokens.get("claims"), userinfo) if found}
        assert len(subjects) == 1
        return SignedIn(answer, front, tokens, userinfo)

    def expected(self) -> set[str]:
        names = {
            "code": {"code"},
            "id_token": {"id_token"},
            "token": {"access_token", "token_type", "expires_in"},
        }
        return set().union(*(names[word] for word in self.words))

    def judge(self, answer: dict[str, str], asked: dict[str, str]) -> dict[str, Any]:
        """OIDC Core sections 3.2.2.11 and 3.3.2.12, by PyJWT, by hand and by Authlib."""
        token, client_id = answer["id_token"], self.app.client.client_id
        claims = verified(token, client_id)
        header = pyjwt.get_unverified_header(token)
        for name, source in (("at_hash", "access_token"), ("c_hash", "code"), ("s_hash", "state")):
            expected = half_hash(answer[source], header["alg"]) if answer.get(source) else None
            assert claims.get(name) == expected, name
        kind = HybridIDToken if "code" in self.words else ImplicitIDToken
        options = {"iss": {"value": settings.ISSUER}, "aud": {"value": client_id}}
        params = {
            "nonce": asked.get("nonce"),
            "client_id": client_id,
            "code": answer.get("code"),
            "access_token": answer.get("access_token"),
        }
        kind(claims, header, options, params).validate()
        return claims

    def _redeem(self, code: str, asked: dict[str, str]) -> dict[str, Any]:
        """OIDC Core section 3.3.3."""
        response = self.app.redeem(code)
        assert response.status_code == 200, response.content
        tokens = response.json()
        claims = verified(tokens["id_token"], self.app.client.client_id)
        assert claims["at_hash"] == half_hash(tokens["access_token"], "RS256")
        assert claims.get("nonce") == asked.get("nonce")
        return {**tokens, "claims": claims}
