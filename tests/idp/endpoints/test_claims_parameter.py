"""The claims parameter from the request to the tokens: what the person has, the app may see and was agreed to."""

import json
from collections.abc import Callable

import pytest

from idp.models import Consent, Grant
from tests.factories import make_user, sign_in
from tests.idp.app import App, answer, decoded, location, make_client


def claims(**members: object) -> str:
    return json.dumps(members)


def test_single_claims_come_where_they_were_asked_for(app: App) -> None:
    wanted = claims(id_token={"nickname": None}, userinfo={"email": {"essential": True}, "website": None})
    app.user.nickname = "Al"
    app.user.save()
    tokens = app.tokens(scope="openid", claims=wanted)
    assert decoded(tokens["id_token"])["nickname"] == "Al"
    assert "email" not in decoded(tokens["id_token"])
    found = app.userinfo(tokens["access_token"]).json()
    assert set(found) == {"sub", "email"}  # the person has no website, which is no error


def test_without_the_parameter_the_grant_is_as_small_as_ever(app: App) -> None:
    app.code()
    assert Grant.objects.get().claims == {}


def test_a_claim_is_left_out_where_its_value_would_not_do(app: App) -> None:
    wanted = claims(
        userinfo={"given_name": {"value": "Bob"}, "family_name": {"values": ["Hatter", "Liddell"]}}
    )
    found = app.userinfo(app.tokens(scope="openid", claims=wanted)["access_token"]).json()
    assert set(found) == {"sub", "family_name"}


def test_a_refresh_gives_the_same_claims(app: App) -> None:
    tokens = app.tokens(scope="openid offline_access", claims=claims(id_token={"email": None}))
    again = app.refresh(tokens["refresh_token"]).json()
    assert decoded(again["id_token"])["email"] == app.user.email


def test_an_app_sees_no_claim_of_a_scope_that_it_may_not_have(make_app: Callable[..., App]) -> None:
    app = make_app(make_client(scopes=["openid", "profile"]))
    app.sign_in()
    wanted = claims(userinfo={"email": {"essential": True}, "name": None})
    token = app.tokens(scope="openid", claims=wanted)["access_token"]
    assert set(app.userinfo(token).json()) == {"sub", "name"}
    app.client.scopes = ["openid"]  # an admin takes the scope away
    app.client.save()
    assert set(app.userinfo(token).json()) == {"sub"}


def test_claims_beyond_the_scope_are_shown_and_asked_for_once(make_app: Callable[..., App]) -> None:
    app = make_app(consented="openid")
    sid = app.sign_in().sid
    asked = {"scope": "openid", "claims": claims(userinfo={"email": None})}
    page = location(app.authorize(**asked))
    shown = app.browser.get(page).content
    assert b"See your e-mail address" in shown
    assert app.user.email.encode() in shown
    agreed = app.browser.post(page, {"decision": "allow", "sid": sid})
    assert "code" in answer(app.browser.get(location(agreed)))
    assert Consent.objects.get().claims == "email"
    assert "code" in answer(app.authorize(**asked))
    assert b"see your e-mail address" in app.browser.get("/account/apps").content
    more = {**asked, "claims": claims(userinfo={"email": None, "birthdate": None})}
    assert "/oauth2/consent/" in location(app.authorize(**more))
    assert answer(app.authorize(**more, prompt="none"))["error"] == "consent_required"


def test_who_agreed_to_a_scope_is_not_asked_for_its_claims(make_app: Callable[..., App]) -> None:
    app = make_app(consented="openid email")
    app.sign_in()
    assert "code" in answer(app.authorize(scope="openid", claims=claims(userinfo={"email": None})))


@pytest.mark.parametrize("member", ["id_token", "userinfo"])
def test_sub_by_value_is_for_that_person_only(app: App, member: str) -> None:
    """OIDC Core section 5.5.1."""
    wanted = claims(**{member: {"sub": {"value": str(app.user.pk)}}})
    assert "code" in answer(app.authorize(claims=wanted, prompt="none"))
    sign_in(app.browser, make_user())
    assert answer(app.authorize(claims=wanted, prompt="none"))["error"] == "login_required"
    assert "switch=1" in location(app.authorize(claims=wanted))


@pytest.mark.parametrize(
    "value", ["nonsense", "[]", '{"userinfo": 1}', '{"userinfo": {"a": ' + "[" * 40 + "]" * 40 + "}}"]
)
def test_s_011_s_014_malformed_claims_are_told_to_the_app(app: App, value: str) -> None:
    assert answer(app.authorize(claims=value))["error"] == "invalid_request"


def test_s_014_claims_are_kept_so_they_are_bounded(app: App) -> None:
    body = app.request(claims=claims(userinfo={"name": {"values": ["x" * 9000]}}))
    response = app.post("/oauth2/authorize", body, authenticate=False)
    assert answer(response)["error"] == "invalid_request"
