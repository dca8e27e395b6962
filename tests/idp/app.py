"""An app and a browser for tests of the protocol: registers, asks, redeems, refreshes, by plain requests."""

import base64
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Session, User
from idp.clients import secrets
from idp.models import Client, Consent, Grant
from tests.factories import make_user, sign_in

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636 appendix B
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
CALLBACK = "https://app.example/callback"
ALL_SCOPES = "openid profile email address phone groups offline_access"


def make_client(**fields: Any) -> Client:
    fields = {"name": "Grafana", "redirect_uris": [CALLBACK], **fields}
    return Client.objects.create(**fields)


def make_grant(session: Session, **fields: Any) -> Grant:
    """What an app was given in a session, redeemed just now."""
    now = timezone.now()
    fields = {"client": None, "scope": "openid", "code_digest": "x", **fields}
    times = {"created_at": now, "auth_time": now, "code_expires_at": now, "redeemed_at": now}
    client = fields.pop("client") or make_client()
    return Grant.objects.create(
        user=session.user,
        session=session,
        client=client,
        expires_at=now + timedelta(days=1),
        **times,
        **fields,
    )


@dataclass
class App:
    """One registered app, the person who uses it, and that person's browser."""

    client: Client = field(default_factory=make_client)
    user: User | None = None
    browser: Browser = field(default_factory=Browser)
    secret: str = ""
    consented: str = ALL_SCOPES

    def __post_init__(self) -> None:
        if not self.client.is_public and not self.secret:
            self.secret = secrets.issue(self.client, timezone.now())
        if self.user is None:
            self.user = make_user(name="Alice Liddell", given_name="Alice", family_name="Liddell")
        if self.consented:
            Consent.objects.get_or_create(
                user=self.user,
                client=self.client,
                defaults={"scope": self.consented, "given_at": timezone.now()},
            )

    def sign_in(self, **fields: Any) -> Any:
        return sign_in(self.browser, self.user, **fields)

    # The authorization endpoint.

    def request(self, **changes: Any) -> dict[str, str]:
        """Parameters of an authorization request; a change to None leaves one out."""
        params = {
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uris[0],
            "response_type": "code",
            "scope": "openid profile email",
            "state": "a state with spaces & signs/é",
            "nonce": "n-0S6_WzA2Mj",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in params.items() if value is not None}

    def authorize(self, **changes: Any) -> HttpResponse:
        query = "&".join(f"{name}={quote(value)}" for name, value in self.request(**changes).items())
        return self.browser.get(f"/oauth2/authorize?{query}")

    def code(self, **changes: Any) -> str:
        return answer(self.authorize(**changes))["code"]

    # The token endpoint.

    def basic(self) -> str:
        pair = f"{quote_plus(self.client.client_id)}:{quote_plus(self.secret)}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def post(
        self, path: str, params: dict[str, Any], *, authenticate: bool = True, **extra: Any
    ) -> HttpResponse:
        params = {name: value for name, value in params.items() if value is not None}
        if authenticate and self.client.is_public:
            params = {"client_id": self.client.client_id, **params}
        elif authenticate:
            extra.setdefault("HTTP_AUTHORIZATION", self.basic())
        body = "&".join(
            f"{name}={quote(str(item), safe='')}"
            for name, value in params.items()
            for item in (value if isinstance(value, list) else [value])
        )
        return Browser().post(path, body, content_type="application/x-www-form-urlencoded", **extra)

    def token(self, **params: Any) -> HttpResponse:
        return self.post("/oauth2/token", params)

    def redeem(self, code: str, /, **changes: Any) -> HttpResponse:
        params = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uris[0],
            "code_verifier": VERIFIER,
            **changes,
        }
        return self.token(**params)

    def tokens(self, **changes: Any) -> dict[str, Any]:
        """A whole sign-in of somebody signed in."""
        response = self.redeem(self.code(**changes))
        assert response.status_code == 200, response.content
        return response.json()

    def refresh(self, refresh_token: str, **changes: Any) -> HttpResponse:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token, **changes)

    def userinfo(self, access_token: str, **extra: Any) -> HttpResponse:
        return Browser().get("/oauth2/userinfo", HTTP_AUTHORIZATION=f"Bearer {access_token}", **extra)

    def introspect(self, token: str) -> dict[str, Any]:
        return self.post("/oauth2/introspect", {"token": token}).json()


def answer(response: HttpResponse) -> dict[str, str]:
    """The parameters that a redirect carries to the app, whichever mode."""
    assert response.status_code == 303, (response.status_code, response.content[:500])
    parts = urlsplit(response["Location"])
    return dict(parse_qsl(parts.fragment or parts.query, keep_blank_values=True, strict_parsing=True))


def location(response: HttpResponse) -> str:
    """The path of ours that a redirect leads to."""
    assert response.status_code in (302, 303), response.status_code
    assert not response["Location"].startswith("http"), response["Location"]
    return response["Location"]


def decoded(jwt: str) -> dict[str, Any]:
    """The claims of a token, by PyJWT and without a key: anybody can read them."""
    import jwt as pyjwt

    return pyjwt.decode(jwt, options={"verify_signature": False})


def verified(jwt: str, audience: str | None) -> dict[str, Any]:
    """The claims, by PyJWT and the key that the JWKS publishes."""
    import jwt as pyjwt

    keys = pyjwt.PyJWKSet.from_dict(Browser().get("/.well-known/jwks.json").json())
    header = pyjwt.get_unverified_header(jwt)
    return pyjwt.decode(
        jwt,
        keys[header["kid"]],
        algorithms=[header["alg"]],
        audience=audience,
        issuer=settings.ISSUER,
        options={"verify_aud": audience is not None},
    )
