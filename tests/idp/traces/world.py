"""What the refusals of `refusals` happen to: apps, and everything that surrounds them, made for one case."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.http import HttpResponse
from django.test import Client as Browser

from idp.models import Api, Consent
from tests.idp.app import App, answer, make_client
from tests.idp.endpoints.test_device import make_device
from tests.idp.proofs import Holder
from tests.idp.signing_app import SigningApp, make_signing_client

WIKI, MAIL = "https://wiki.example/api", "https://mail.example/"
FORM = "application/x-www-form-urlencoded"


@dataclass
class World:
    settings: Any
    monkeypatch: pytest.MonkeyPatch

    def app(self, **fields: Any) -> App:
        made = App(make_client(**fields))
        made.sign_in()
        return made

    def signer(self, **fields: Any) -> SigningApp:
        made = SigningApp(make_signing_client(**fields), secret="-")
        made.sign_in()
        return made

    def tv(self, **fields: Any) -> App:
        return make_device(**fields)

    def with_apis(self) -> App:
        """May ask for tokens for two APIs, and the person agreed to both."""
        for identifier, scope in ((WIKI, "wiki:read"), (MAIL, "mail:send")):
            Api.objects.create(identifier=identifier, name=identifier, scopes=[scope])
        scopes = ["openid", "offline_access", "wiki:read", "mail:send"]
        made = App(make_client(scopes=scopes, resources=[WIKI, MAIL]), consented=" ".join(scopes))
        Consent.objects.filter(client=made.client).update(claims=f"{WIKI} {MAIL}")
        made.sign_in()
        return made

    def for_resources(self, app: App, *resources: str) -> HttpResponse:
        scope = "openid offline_access wiki:read mail:send"
        params = [*app.request(scope=scope).items(), *(("resource", name) for name in resources)]
        return app.browser.get(f"/oauth2/authorize?{urlencode(params, quote_via=quote)}")

    def code_for(self, app: App, *resources: str) -> str:
        return answer(self.for_resources(app, *resources))["code"]

    def object(self, app: App, signed: str, **outside: Any) -> HttpResponse:
        params = {"client_id": app.client.client_id, "response_type": "code", **outside, "request": signed}
        return app.browser.get("/oauth2/authorize", params)

    def push(self, app: App, **changes: Any) -> HttpResponse:
        extra = {name: changes.pop(name) for name in list(changes) if name.startswith("HTTP_")}
        params = {name: value for name, value in app.request().items() if name != "client_id"}
        return app.post("/oauth2/par", {**params, **changes}, **extra)

    def bound(self, app: App, holder: Holder) -> dict[str, Any]:
        """Tokens that are bound to the holder's key."""
        params = {
            "grant_type": "authorization_code",
            "code": app.code(),
            "redirect_uri": app.client.redirect_uris[0],
            "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        }
        response = app.post("/oauth2/token", params, HTTP_DPOP=holder.proof())
        assert response.status_code == 200, response.content
        return dict(response.json())

    def raw(self, path: str, body: bytes | str, **extra: Any) -> HttpResponse:
        return Browser().generic("POST", path, body, **{"content_type": FORM, **extra})

    def at_userinfo(self, **extra: Any) -> HttpResponse:
        return Browser().get("/oauth2/userinfo", **extra)
