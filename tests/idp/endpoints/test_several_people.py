"""Several people signed in in one browser, as apps see it (OIDC Core sections 3.1.2.1 and 3.1.2.6)."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from accounts import beside, browser_state
from accounts.models import Session, User
from accounts.secrets import new_token
from idp.models import Consent, Grant
from tests.factories import PASSWORD, make_session, make_user
from tests.idp.app import ALL_SCOPES, CALLBACK, App, answer, location

from .test_session_management import computed, state_of


@pytest.fixture
def bob(app: App) -> User:
    """Beside Alice, who is the current one."""
    bob, token = make_user("bob", name="Bob Dodgson", email="bob@example.com"), new_token()
    make_session(bob, token=token)
    app.browser.cookies[beside.COOKIE] = token
    Consent.objects.create(user=bob, client=app.client, scope=ALL_SCOPES, given_at=timezone.now())
    return bob


def current(app: App) -> str:
    page = app.browser.get("/account/").content.decode()
    found = re.search(r"<h1>(.*)</h1>", page)
    return found[1] if found else ""


def choose(app: App, page: str, name: str) -> Any:
    shown = app.browser.get(page).content.decode()
    found = re.findall(r'class="account" name="account" value="(\w+)">.*?<strong>(.*?)</strong>', shown, re.S)
    return app.browser.post(page, {"account": {each: handle for handle, each in found}[name]})


def hint_of(app: App, user: User) -> str:
    """An ID token of theirs, of another browser."""
    other = App(client=app.client, user=user, secret=app.secret, consented="")
    other.sign_in()
    return other.tokens()["id_token"]


def granted_to(response: Any) -> User:
    assert "code" in answer(response), answer(response)
    return Grant.objects.latest("created_at").user


def test_without_a_hint_the_current_person_answers_also_in_silence(app: App, bob: User) -> None:
    assert granted_to(app.authorize()) == app.user
    assert granted_to(app.authorize(prompt="none")) == app.user


def test_select_account_lists_all_and_the_chosen_one_goes_on(app: App, bob: User) -> None:
    page = location(app.authorize(prompt="select_account"))
    back = location(choose(app, page, "Bob Dodgson"))
    assert granted_to(app.browser.get(back)) == bob
    assert current(app) == "Bob Dodgson"


def test_select_account_asks_whatever_is_named(app: App, bob: User) -> None:
    page = location(app.authorize(prompt="select_account", login_hint="bob"))
    assert page.startswith("/oauth2/select-account/")
    assert granted_to(app.browser.get(location(choose(app, page, "Alice Liddell")))) == app.user


@pytest.mark.parametrize("hint", ["bob", "BOB", "Bob@Example.com"])
def test_login_hint_chooses_who_is_signed_in_here(app: App, bob: User, hint: str) -> None:
    assert granted_to(app.authorize(login_hint=hint)) == bob
    assert current(app) == "Bob Dodgson"


@pytest.mark.parametrize("hint", ["nobody", "carol@example.com", "", "\u0130" * 200])
def test_login_hint_of_nobody_here_changes_nothing(app: App, bob: User, hint: str) -> None:
    assert granted_to(app.authorize(login_hint=hint)) == app.user


def test_id_token_hint_chooses_who_is_signed_in_here(app: App, bob: User) -> None:
    assert granted_to(app.authorize(id_token_hint=hint_of(app, bob))) == bob
    assert current(app) == "Bob Dodgson"


def test_sub_in_the_claims_parameter_chooses_too(app: App, bob: User) -> None:
    claims = f'{{"id_token": {{"sub": {{"value": "{bob.sub}"}}}}}}'
    assert granted_to(app.authorize(claims=claims)) == bob


@pytest.mark.parametrize("named_by", ["id_token_hint", "login_hint"])
def test_in_silence_the_named_person_answers_and_the_current_one_stays(
    app: App, bob: User, named_by: str
) -> None:
    hint = hint_of(app, bob) if named_by == "id_token_hint" else "bob"
    assert granted_to(app.authorize(prompt="none", **{named_by: hint})) == bob
    assert current(app) == "Alice Liddell"


def test_s_012_in_silence_a_hint_of_nobody_here_is_login_required(app: App, bob: User) -> None:
    hint = hint_of(app, make_user_with_consent(app))
    assert answer(app.authorize(prompt="none", id_token_hint=hint))["error"] == "login_required"


def make_user_with_consent(app: App) -> User:
    user = make_user("carol")
    Consent.objects.create(user=user, client=app.client, scope=ALL_SCOPES, given_at=timezone.now())
    return user


def test_s_012_without_a_current_person_silence_is_account_selection_required(app: App, bob: User) -> None:
    app.browser.post("/logout")
    assert answer(app.authorize(prompt="none"))["error"] == "account_selection_required"


def test_without_a_current_person_one_chooses_and_arrives_at_the_app(app: App, bob: User) -> None:
    app.browser.post("/logout")
    page = location(app.authorize())
    assert page.startswith("/oauth2/select-account/")
    assert granted_to(app.browser.get(location(choose(app, page, "Bob Dodgson")))) == bob


def test_not_you_on_the_consent_page_leads_to_the_others_and_login_hint_does_not_lead_back(
    app: App, bob: User
) -> None:
    Consent.objects.filter(user=app.user).delete()
    page = location(app.authorize(login_hint=app.user.username))
    shown = app.browser.get(page).content.decode()
    found = re.search(r'href="([^"]+)">Not you\?', shown)
    assert found
    assert granted_to(app.browser.get(location(choose(app, found[1], "Bob Dodgson")))) == bob


def test_s_103_a_yes_of_one_person_is_not_taken_for_the_other(app: App, bob: User) -> None:
    """Two tabs: the consent page was shown to Alice, and Bob is the current person when it is sent."""
    Consent.objects.all().delete()
    page = location(app.authorize())
    sid = app.user.sessions.get().sid
    choose(app, "/select-account", "Bob Dodgson")
    again = app.browser.post(page, {"decision": "allow", "sid": sid})
    assert again.status_code == 200
    assert "Bob Dodgson" in again.content.decode()
    assert not Consent.objects.exists()


def test_the_back_button_after_choosing_lets_one_choose_again(app: App, bob: User) -> None:
    page = location(app.authorize(prompt="select_account"))
    choose(app, page, "Bob Dodgson")
    assert granted_to(app.browser.get(location(choose(app, page, "Alice Liddell")))) == app.user


def test_an_expired_chooser_says_so(app: App, bob: User) -> None:
    for response in (
        app.browser.get("/oauth2/select-account/gone"),
        app.browser.post("/oauth2/select-account/gone"),
    ):
        assert b"expired" in response.content
        assert response.status_code < 500


def test_max_age_is_asked_of_the_chosen_one(app: App, bob: User) -> None:
    page = location(app.authorize(login_hint="bob", max_age="0"))
    assert parse_qs(urlsplit(page).query)["again"] == ["1"]
    assert "Bob Dodgson" in app.browser.get(page).content.decode()


# Logout.


def test_s_112_a_hint_ends_that_persons_session_and_no_other(app: App, bob: User) -> None:
    app.client.post_logout_redirect_uris = ["https://app.example/bye"]
    app.client.save()
    hint = app_token_here(app, bob)
    assert current(app) == "Alice Liddell"
    response = app.browser.get(
        "/oauth2/logout", {"id_token_hint": hint, "post_logout_redirect_uri": "https://app.example/bye"}
    )
    assert response["Location"] == "https://app.example/bye"
    assert bob.sessions.get().end_reason == "signed out"
    assert current(app) == "Alice Liddell"


def app_token_here(app: App, user: User) -> str:
    code = answer(app.authorize(prompt="none", login_hint=user.username))["code"]
    return app.redeem(code).json()["id_token"]


def test_the_page_after_it_says_who_is_still_signed_in(app: App, bob: User) -> None:
    page = app.browser.get("/oauth2/logout", {"id_token_hint": app.tokens()["id_token"]}).content.decode()
    assert "Still signed in here" in page
    assert "Bob Dodgson" in page
    assert bob.sessions.get().ended_at is None


def test_s_112_without_a_hint_the_current_person_is_asked(app: App, bob: User) -> None:
    page = app.browser.get("/oauth2/logout").content.decode()
    assert "Sign out?" in page
    assert not Session.objects.exclude(ended_at=None).exists()


# Session management.


def test_session_state_is_that_of_the_browser_whoever_answers(app: App, bob: User) -> None:
    with override_settings(SESSION_MANAGEMENT=True):
        silent = answer(app.authorize(prompt="none", login_hint="bob"))["session_state"]
        kept = state_of(app.browser)
        assert silent == computed(app.client, "https://app.example", kept, silent)
        chosen = answer(app.authorize(login_hint="bob"))["session_state"]
        assert state_of(app.browser) != kept
        assert chosen == computed(app.client, "https://app.example", state_of(app.browser), chosen)


def test_the_state_changes_when_one_beside_the_current_person_comes_or_leaves(
    app: App, cheap_passwords: None
) -> None:
    make_user("carol", password=PASSWORD, name="Carol")
    with override_settings(SESSION_MANAGEMENT=True):
        app.browser.get("/account/")
        alone = state_of(app.browser)
        app.browser.post("/login?switch=1", {"username": "carol", "password": PASSWORD})
        choose(app, "/select-account", "Alice Liddell")
        both = state_of(app.browser)
        app.browser.post("/logout")
        left = state_of(app.browser)
        app.browser.post("/select-account/leave", {"account": "everyone"})
    assert len({alone, both, left, browser_state.NOBODY}) == 4
    assert state_of(app.browser) == browser_state.NOBODY


def test_a_session_from_before_needs_no_cookie_beside_it(app: App) -> None:
    assert beside.COOKIE not in app.browser.cookies
    assert app.authorize()["Location"].startswith(CALLBACK)
    assert settings.SESSION_COOKIE_NAME in app.browser.cookies
