"""An app asks for a level: the person shows what is missing and no more (OIDC Core section 5.5.1.1, RFC 9470)."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Session
from idp.clients import metadata
from idp.conf import conf
from tests.factories import PASSWORD, add_app, app_code
from tests.idp.app import App, answer, decoded, location

MFA = "urn:signet:mfa"
PAGE = "/login/second-factor"


def essential(value: str) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": [value]}}})


def follow(app: App, response: Any, stop: str = PAGE) -> str:
    """The page on which the person is asked something."""
    for _ in range(5):
        if location(response).startswith(stop):
            return location(response)
        response = app.browser.get(location(response))
    raise AssertionError(location(response))


@pytest.fixture
def with_app(app: App) -> App:
    add_app(app.user)
    return app


@pytest.mark.parametrize("asked", [{"acr_values": MFA}, {"claims": essential(MFA)}])
def test_only_the_second_factor_is_asked_for(with_app: App, asked: dict[str, str]) -> None:
    session = with_app.sign_in(now=timezone.now() - timedelta(minutes=30))
    page = follow(with_app, with_app.authorize(**asked))
    back = with_app.browser.post(page, {"code": app_code()})
    tokens = with_app.redeem(answer(with_app.browser.get(location(back)))["code"]).json()
    claims = decoded(tokens["id_token"])
    assert (claims["acr"], claims["amr"]) == (MFA, ["pwd", "otp", "mfa"])
    assert claims["auth_time"] == int(session.auth_time.timestamp()), "the password is as old as it was"
    assert claims["sid"] == session.sid


def test_who_has_shown_it_is_not_asked_again(with_app: App) -> None:
    with_app.sign_in(amr=["pwd", "otp", "mfa"])
    assert decoded(with_app.tokens(acr_values=MFA)["id_token"])["acr"] == MFA


def test_a_passkey_reaches_every_level_below_hardware(app: App) -> None:
    app.sign_in(amr=["pop", "swk", "user", "mfa"])
    assert decoded(app.tokens(acr_values="phrh phr")["id_token"])["acr"] == "phr"
    app.sign_in(amr=["pop", "hwk", "user", "mfa"])
    assert decoded(app.tokens(acr_values="phrh phr")["id_token"])["acr"] == "phrh"


def test_a_wish_that_the_person_cannot_grant_asks_nothing(app: App) -> None:
    app.sign_in()
    assert decoded(app.tokens(acr_values=MFA)["id_token"])["acr"] == "urn:signet:pwd"


def test_a_wish_is_not_asked_twice(with_app: App) -> None:
    with_app.sign_in()
    page = follow(with_app, with_app.authorize(acr_values=MFA))
    back = with_app.browser.post(page, {"stop": "1"})
    tokens = with_app.redeem(answer(with_app.browser.get(location(back)))["code"]).json()
    assert decoded(tokens["id_token"])["acr"] == "urn:signet:pwd"


def test_a_demand_that_is_declined_is_told_to_the_app(with_app: App) -> None:
    with_app.sign_in()
    page = follow(with_app, with_app.authorize(claims=essential(MFA)))
    back = with_app.browser.post(page, {"stop": "1"})
    assert answer(with_app.browser.get(location(back)))["error"] == "unmet_authentication_requirements"


def test_s_012_a_silent_wish_takes_what_there_is_and_a_silent_demand_is_refused(with_app: App) -> None:
    with_app.sign_in(now=timezone.now() - timedelta(minutes=1))
    assert "code" in answer(with_app.authorize(acr_values=MFA, prompt="none"))
    assert answer(with_app.authorize(claims=essential(MFA), prompt="none"))["error"] == "login_required"


def test_a_demand_on_somebody_with_nothing_leads_through_enrolment(app: App) -> None:
    app.sign_in()
    login = location(app.authorize(claims=essential(MFA)))
    assert "again=1" in login
    app.user.set_password(PASSWORD)
    app.user.save()
    app.sign_in()
    login = location(app.authorize(claims=essential(MFA)))
    response = app.browser.post(login, {"password": PASSWORD})
    assert location(response).startswith("/login/enrol")
    assert Session.objects.filter(stepped_up_at=None).count() == Session.objects.count()


def test_signing_in_for_a_demand_asks_for_all_of_it(app: App) -> None:
    login = location(app.authorize(claims=essential(MFA)))
    assert login.startswith("/login?next=")
    assert "needs=mfa" in login


def test_max_age_asks_for_everything_again(with_app: App) -> None:
    with_app.user.set_password(PASSWORD)
    with_app.user.save()
    with_app.sign_in(now=timezone.now() - timedelta(hours=1), amr=["pwd", "otp", "mfa"])
    login = location(with_app.authorize(max_age="60", acr_values=MFA))
    assert "again=1" in login
    page = location(with_app.browser.post(login, {"password": PASSWORD}))
    assert page.startswith(PAGE)
    back = with_app.browser.post(page, {"code": app_code()})
    tokens = with_app.redeem(answer(with_app.browser.get(location(back)))["code"]).json()
    assert decoded(tokens["id_token"])["acr"] == MFA
    assert decoded(tokens["id_token"])["auth_time"] > timezone.now().timestamp() - 30


class TestAnAdminsDemand:
    @pytest.fixture(autouse=True)
    def _demanded(self, app: App) -> None:
        app.client.required_acr = MFA
        app.client.save()

    def test_nobody_gets_in_below_it(self, app: App) -> None:
        app.sign_in()
        assert "needs=mfa" in location(app.authorize())
        assert answer(app.authorize(prompt="none"))["error"] == "login_required"

    def test_an_app_that_asks_for_less_does_not_undo_it(self, app: App) -> None:
        app.sign_in()
        for asked in ({"acr_values": "urn:signet:pwd"}, {"claims": essential("urn:signet:pwd")}):
            assert "needs=mfa" in location(app.authorize(**asked))

    def test_whoever_has_shown_it_gets_in(self, app: App) -> None:
        app.sign_in(amr=["pwd", "otp", "mfa"])
        assert "code" in answer(app.authorize())

    def test_a_mailed_code_does_not_do(self, app: App) -> None:
        app.sign_in(amr=["pwd", "mca"])
        assert "needs=mfa" in location(app.authorize())

    def test_it_is_asked_with_the_login(self, app: App) -> None:
        assert "needs=mfa" in location(app.authorize())

    def test_it_is_no_word_of_the_app_itself(self, app: App) -> None:
        document = {"redirect_uris": ["https://a.example/cb"], "signet_required_acr": MFA}
        assert metadata.read(document).client.required_acr == ""
        assert metadata.read(document, trusted=True).client.required_acr == MFA

    def test_a_level_that_there_is_not_is_refused(self, app: App) -> None:
        app.client.required_acr = "urn:unheard:of"
        assert "required_acr" in app.client.answer_problems(["authorization_code"], [])


def test_the_ladder_by_default_holds_what_sign_ins_prove() -> None:
    assert list(conf().acr_ladder) == ["urn:signet:pwd", MFA, "phr", "phrh"]
    assert conf().problems() == []
