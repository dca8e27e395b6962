"""JWT Secured Authorization Response Mode (JARM): one signed JWT, judged by PyJWT."""

import time
from collections.abc import Callable
from typing import Any

import jwt as pyjwt
import pytest
from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone

from keys import ring, rotation
from tests.idp.app import App, answer, make_client, verified
from tests.idp.flow import Flow, read_answer

pytestmark = pytest.mark.usefixtures("signing_keys")


def opened(found: dict[str, str], client_id: str) -> dict[str, Any]:
    """JARM section 2.4: issuer, audience, expiry and signature, and nothing beside the JWT."""
    assert set(found) == {"response"}
    return verified(found["response"], client_id)


@pytest.mark.parametrize(
    ("mode", "where"),
    [
        ("jwt", "query"),
        ("query.jwt", "query"),
        ("fragment.jwt", "fragment"),
        ("form_post.jwt", "form_post"),
    ],
)
def test_a_code_comes_in_a_signed_answer(app: App, mode: str, where: str) -> None:
    found_in, found = read_answer(app.authorize(response_mode=mode))
    claims = opened(found, app.client.client_id)
    assert found_in == where
    assert set(claims) == {"iss", "aud", "iat", "exp", "code", "state"}
    assert (claims["iss"], claims["aud"]) == (settings.ISSUER, app.client.client_id)
    assert 0 < claims["exp"] - time.time() <= 600
    assert claims["state"] == app.request()["state"]
    assert app.redeem(claims["code"]).status_code == 200


@pytest.mark.parametrize("response_type", ["id_token", "code token", "code id_token token"])
def test_tokens_come_in_the_fragment_by_default(response_type: str) -> None:
    flow = Flow(response_type)
    where, found = read_answer(flow.authorize(response_mode="jwt"))
    claims = opened(found, flow.app.client.client_id)
    assert where == "fragment"
    assert flow.expected() <= set(claims)


@pytest.mark.parametrize(
    "change", [{"prompt": "frobnicate"}, {"scope": "nothing"}, {"claims": "x"}, {"response_type": "token"}]
)
def test_errors_are_signed_too(app: App, change: dict[str, str]) -> None:
    claims = opened(read_answer(app.authorize(response_mode="jwt", **change))[1], app.client.client_id)
    assert claims["error"]
    assert claims["state"] == app.request()["state"]


def test_somebody_not_signed_in_gets_a_signed_refusal_in_silence(app: App) -> None:
    app.browser = Browser()
    response = app.authorize(response_mode="query.jwt", prompt="none")
    assert opened(answer(response), app.client.client_id)["error"] == "login_required"


def test_an_unregistered_address_gets_nothing_signed(app: App) -> None:
    """S-003."""
    response = app.authorize(response_mode="jwt", redirect_uri="https://mallory.example/")
    assert response.status_code == 400


def test_it_is_signed_by_the_apps_algorithm(make_app: Callable[..., App], settings: Any) -> None:
    settings.KEYS_ALGORITHMS = ["RS256", "ES256"]
    rotation.ensure_schedule(timezone.now())
    ring.forget()
    app = make_app(make_client(authorization_signed_response_alg="ES256"))
    app.sign_in()
    found = answer(app.authorize(response_mode="jwt"))
    assert pyjwt.get_unverified_header(found["response"])["alg"] == "ES256"
    opened(found, app.client.client_id)


def test_s_058_a_signed_answer_is_no_id_token(app: App) -> None:
    found = answer(app.authorize(response_mode="jwt"))
    assert answer(app.authorize(id_token_hint=found["response"]))["error"] == "invalid_request"
    assert app.userinfo(found["response"]).status_code == 401
