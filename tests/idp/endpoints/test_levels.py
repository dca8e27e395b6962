"""acr_values, an essential acr, and an app's own defaults (OIDC Core section 5.5.1.1)."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from idp.conf import conf
from idp.models import SavedRequest
from tests.idp.app import App, answer, decoded, location

LADDER = {"low": frozenset({"pwd"}), "high": frozenset({"pwd", "otp"})}


@pytest.fixture(autouse=True)
def ladder(settings: Any) -> None:
    settings.ACR_LADDER = LADDER


def essential(*values: str) -> str:
    acr: dict[str, Any] = {"essential": True}
    return json.dumps({"id_token": {"acr": {**acr, "values": list(values)} if values else acr}})


@pytest.mark.parametrize(
    ("amr", "acr_values", "acr"),
    [
        (["pwd"], "high low", "low"),
        (["pwd"], "high", "low"),
        (["pwd", "otp"], "low", "low"),
        (["pwd", "otp"], "x", "high"),
    ],
)
def test_acr_values_is_a_wish_and_the_answer_is_true(
    app: App, amr: list[str], acr_values: str, acr: str
) -> None:
    app.sign_in(amr=amr)
    tokens = app.tokens(acr_values=acr_values)
    assert decoded(tokens["id_token"])["acr"] == decoded(tokens["access_token"])["acr"] == acr
    assert decoded(tokens["id_token"])["amr"] == amr
    assert app.introspect(tokens["access_token"])["acr"] == acr


def test_nobody_who_did_not_ask_is_told_a_level(app: App) -> None:
    assert "acr" not in decoded(app.tokens()["id_token"])


def test_acr_may_be_asked_for_as_any_claim(app: App) -> None:
    wanted = json.dumps({"id_token": {"acr": None}})
    assert decoded(app.tokens(claims=wanted)["id_token"])["acr"] == "low"


def test_an_essential_level_that_is_reached_is_answered(app: App) -> None:
    assert decoded(app.tokens(claims=essential("high", "low"))["id_token"])["acr"] == "low"
    assert decoded(app.tokens(claims=essential())["id_token"])["acr"] == "low"


def test_an_essential_level_that_is_on_no_ladder_is_refused_at_once(app: App) -> None:
    refused = answer(app.authorize(claims=essential("urn:unheard:of")))
    assert refused["error"] == "unmet_authentication_requirements"
    assert refused["state"]


def test_an_essential_level_asks_for_a_better_sign_in_and_gives_up_after_it(app: App) -> None:
    assert "again=1" in location(app.authorize(claims=essential("high")))
    waiting = SavedRequest.objects.get()
    app.sign_in()
    refused = answer(app.browser.get(f"/oauth2/authorize/{waiting.pk}"))
    assert refused["error"] == "unmet_authentication_requirements"
    app.sign_in(amr=["pwd", "otp"])
    assert "code" in answer(app.authorize(claims=essential("high")))


def test_an_essential_level_in_silence_is_login_required(app: App) -> None:
    app.sign_in(now=timezone.now() - timedelta(minutes=1))
    assert answer(app.authorize(claims=essential("high"), prompt="none"))["error"] == "login_required"


def test_an_apps_default_levels_hold_until_it_names_some(app: App) -> None:
    app.client.default_acr_values = ["low"]
    app.client.save()
    app.sign_in(amr=["pwd", "otp"])
    assert decoded(app.tokens()["id_token"])["acr"] == "low"
    assert decoded(app.tokens(acr_values="high")["id_token"])["acr"] == "high"


def test_an_apps_default_max_age_holds_until_it_names_one(app: App) -> None:
    app.client.default_max_age = 60
    app.client.save()
    app.sign_in(now=timezone.now() - timedelta(minutes=2))
    assert answer(app.authorize(prompt="none"))["error"] == "login_required"
    assert "code" in answer(app.authorize(prompt="none", max_age="3600"))


@pytest.mark.parametrize(
    "change",
    [
        {"display": "hologram"},
        {"ui_locales": "de;drop"},
        {"ui_locales": "x" * 36},
        {"claims_locales": "de  en"},
    ],
)
def test_s_011_what_no_display_or_language_can_be_is_refused(app: App, change: dict[str, str]) -> None:
    assert answer(app.authorize(**change))["error"] == "invalid_request"


def test_a_level_that_no_sign_in_reaches_is_a_problem_of_the_settings(settings: Any) -> None:
    settings.ACR_LADDER = {"low": frozenset({"pwd"}), "high": frozenset({"pwd", "face"})}
    assert ("IDP_ACR_LADDER", "high needs a method that no sign-in here has") in conf().problems()


def test_the_ladder_is_advertised(app: App) -> None:
    assert app.browser.get("/.well-known/openid-configuration").json()["acr_values_supported"]
