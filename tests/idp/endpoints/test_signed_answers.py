"""Userinfo and introspection as signed JWTs (OIDC Core section 5.3.2, RFC 9701), judged by PyJWT."""

from collections.abc import Callable
from typing import Any

import jwt as pyjwt
import pytest
from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone

from keys import ring, rotation
from tests.idp.app import App, answer, make_client, verified

JWT = "application/token-introspection+jwt"


def ask(app: App, token: str, accept: str | None) -> HttpResponse:
    extra = {"HTTP_ACCEPT": accept} if accept else {}
    return app.post("/oauth2/introspect", {"token": token}, **extra)


@pytest.fixture
def signing(make_app: Callable[..., App]) -> App:
    app = make_app(make_client(userinfo_signed_response_alg="RS256"))
    app.sign_in()
    return app


def test_userinfo_is_signed_for_apps_that_registered_for_it(signing: App) -> None:
    """`oidcc-userinfo-rs256` of the Dynamic plan."""
    response = signing.userinfo(signing.tokens()["access_token"])
    assert response["Content-Type"] == "application/jwt"
    assert response["Cache-Control"] == "no-store"
    claims = verified(response.content.decode(), signing.client.client_id)
    assert claims["iss"] == settings.ISSUER
    assert claims["sub"] == str(signing.user.pk)
    assert claims["email"] == signing.user.email


def test_s_064_a_signed_answer_is_kept_nowhere(signing: App) -> None:
    token = signing.tokens()["access_token"]
    for response in (signing.userinfo(token), ask(signing, token, JWT)):
        assert response["Content-Type"].endswith("jwt")
        assert (response["Cache-Control"], response["Pragma"]) == ("no-store", "no-cache")


def test_userinfo_is_plain_for_everybody_else(app: App) -> None:
    assert app.userinfo(app.tokens()["access_token"])["Content-Type"] == "application/json"


def test_errors_of_userinfo_stay_plain(signing: App) -> None:
    response = signing.userinfo("nonsense")
    assert (response.status_code, response["Content-Type"]) == (401, "application/json")


def test_s_058_signed_userinfo_is_no_id_token_and_no_access_token(signing: App) -> None:
    signed = signing.userinfo(signing.tokens()["access_token"]).content.decode()
    assert answer(signing.authorize(id_token_hint=signed))["error"] == "invalid_request"
    assert signing.userinfo(signed).status_code == 401


def test_introspection_is_signed_for_the_caller_that_asks_for_it(app: App) -> None:
    token = app.tokens()["access_token"]
    response = ask(app, token, JWT)
    assert response["Content-Type"] == JWT
    signed = response.content.decode()
    claims = verified(signed, app.client.client_id)
    assert set(claims) == {"iss", "aud", "iat", "token_introspection"}
    assert claims["token_introspection"] == app.introspect(token)
    assert pyjwt.get_unverified_header(signed)["typ"] == "token-introspection+jwt"
    assert answer(app.authorize(id_token_hint=signed))["error"] == "invalid_request"


def test_s_062_a_signed_answer_says_as_little_of_a_strange_token(app: App) -> None:
    claims = verified(ask(app, "nonsense", JWT).content.decode(), app.client.client_id)
    assert claims["token_introspection"] == {"active": False}


@pytest.mark.parametrize(
    ("accept", "signed"),
    [
        (None, False),
        ("*/*", False),
        ("application/json", False),
        ("application/jwt", False),
        (f"application/json;q=0.5, {JWT}", True),
        (f"application/json, {JWT};q=0.5", False),
        (";;q=\x7f,,/", False),
    ],
)
def test_introspection_is_json_unless_the_jwt_is_preferred(
    app: App, accept: str | None, signed: bool
) -> None:
    response = ask(app, "nonsense", accept)
    assert response["Content-Type"] == (JWT if signed else "application/json")


def test_each_is_signed_by_its_own_algorithm(make_app: Callable[..., App], settings: Any) -> None:
    settings.KEYS_ALGORITHMS = ["RS256", "ES256", "EdDSA"]
    rotation.ensure_schedule(timezone.now())
    ring.forget()
    client = make_client(userinfo_signed_response_alg="ES256", introspection_signed_response_alg="EdDSA")
    app = make_app(client)
    app.sign_in()
    token = app.tokens()["access_token"]
    for response, algorithm in ((app.userinfo(token), "ES256"), (ask(app, token, JWT), "EdDSA")):
        signed = response.content.decode()
        assert pyjwt.get_unverified_header(signed)["alg"] == algorithm
        verified(signed, client.client_id)
