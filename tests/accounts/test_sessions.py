from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from accounts import lifecycle, sessions
from accounts.models import Session, User
from accounts.secrets import digest
from tests.factories import PASSWORD, make_session, make_user, sign_in

from .conftest import NOW

pytestmark = pytest.mark.django_db
COOKIE = settings.SESSION_COOKIE_NAME


def is_signed_in(browser: Client) -> bool:
    return browser.get("/account/").status_code == 200


def test_a_session_lets_its_person_in(browser: Client) -> None:
    assert not is_signed_in(browser)
    sign_in(browser, make_user())
    assert is_signed_in(browser)


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ({}, settings.SESSION_LIFETIME),
        ({}, settings.SESSION_IDLE),
        ({"ended_at": NOW}, timedelta(seconds=1)),
        ({"user__is_active": False}, timedelta(seconds=1)),
    ],
)
def test_s_110_a_session_is_dead_when(change: dict[str, Any], after: timedelta) -> None:
    user = make_user(is_active=change.pop("user__is_active", True))
    session = make_session(user, now=NOW, **change)
    assert not sessions.live(session, NOW + after)
    assert not sessions.lives(NOW + after).exists()


def test_s_110_use_keeps_it_alive_but_not_beyond_its_lifetime() -> None:
    session, now = make_session(make_user(), now=NOW), NOW
    while now < NOW + settings.SESSION_LIFETIME:
        assert sessions.live(session, now)
        sessions.touch(session, now)
        now += settings.SESSION_IDLE / 2
    assert not sessions.live(session, now)


def test_s_110_the_database_holds_no_value_that_a_browser_could_show(browser: Client) -> None:
    session = sign_in(browser, make_user())
    token = browser.cookies[COOKIE].value
    assert len(token) >= 43
    assert session.token_hash == digest(token)
    assert token not in {str(value) for value in vars(session).values()}


@pytest.mark.parametrize("value", ["", "x", "\0", "x" * 43, "x" * 5000, "ä" * 43])
def test_any_other_cookie_is_nobody(browser: Client, value: str) -> None:
    sign_in(browser, make_user())
    browser.cookies[COOKIE] = value
    assert not is_signed_in(browser)


def test_the_sid_does_not_open_a_session(browser: Client) -> None:
    browser.cookies[COOKIE] = make_session(make_user()).sid
    assert not is_signed_in(browser)


def test_s_110_a_login_gives_a_new_value_that_nobody_knew_before(
    alice: User, browser: Client, log_in: Any
) -> None:
    browser.cookies[COOKIE] = "planted" * 7
    log_in("alice")
    assert browser.cookies[COOKIE].value != "planted" * 7
    assert is_signed_in(browser)


def test_s_082_the_cookie_is_for_the_server_only(alice: User, log_in: Any) -> None:
    cookie = log_in("alice").cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["domain"] == ""


def test_confirming_keeps_the_sid_and_moves_the_time(alice: User, browser: Client, log_in: Any) -> None:
    with time_machine.travel(NOW, tick=False):
        log_in("alice")
        before = Session.objects.get()
        old_value = browser.cookies[COOKIE].value
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        browser.post("/login?again=1", {"password": PASSWORD})
    after = Session.objects.get()
    assert after.sid == before.sid
    assert after.auth_time == NOW + timedelta(hours=1)
    assert after.token_hash != before.token_hash
    browser.cookies[COOKIE] = old_value
    assert not is_signed_in(browser)


def test_where_one_at_a_time_may_be_signed_in_another_person_ends_the_session(
    alice: User, browser: Client, log_in: Any
) -> None:
    theirs = sign_in(browser, make_user("bob"))
    with override_settings(SESSIONS_PER_BROWSER=1):
        log_in("alice", path="/login?switch=1")
    theirs.refresh_from_db()
    assert theirs.end_reason == "another person signed in"
    assert Session.objects.get(ended_at=None).user == alice


def test_last_seen_is_written_at_most_once_a_minute(browser: Client, django_assert_num_queries: Any) -> None:
    with time_machine.travel(NOW, tick=False):
        session = sign_in(browser, make_user())
    with time_machine.travel(NOW + timedelta(seconds=59), tick=False), django_assert_num_queries(1):
        browser.get("/logout")
    with time_machine.travel(NOW + timedelta(seconds=61), tick=False), django_assert_num_queries(2):
        browser.get("/logout")
    session.refresh_from_db()
    assert session.last_seen_at == NOW + timedelta(seconds=61)


def test_a_signed_in_page_costs_one_statement(browser: Client, django_assert_num_queries: Any) -> None:
    sign_in(browser, make_user())
    with django_assert_num_queries(1):
        assert browser.get("/logout").status_code == 200


def test_a_page_that_asks_nobody_costs_none(browser: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        browser.get("/signed-out")
    sign_in_cookie = "x" * 43
    browser.cookies[COOKIE] = sign_in_cookie
    with django_assert_num_queries(0):
        browser.get("/.well-known/change-password")


def test_s_111_disabling_ends_all_sessions_at_once(browser: Client) -> None:
    alice = make_user()
    sign_in(browser, alice)
    lifecycle.disable(alice, actor="test", now=timezone.now())
    assert not is_signed_in(browser)
    assert not Session.objects.filter(ended_at=None).exists()


def test_s_111_requiring_a_new_password_ends_all_sessions_at_once(browser: Client) -> None:
    alice = make_user()
    sign_in(browser, alice)
    lifecycle.require_new_password(alice, actor="test", now=timezone.now())
    assert not is_signed_in(browser)


def test_s_111_logging_out_ends_the_session_on_the_server(browser: Client) -> None:
    sign_in(browser, make_user())
    value = browser.cookies[COOKIE].value
    response = browser.post("/logout")
    assert response.status_code == 303
    assert response.cookies[COOKIE].value == ""
    browser.cookies[COOKIE] = value
    assert not is_signed_in(browser)


def test_logging_out_asks_first(browser: Client) -> None:
    sign_in(browser, make_user())
    assert "Sign out?" in browser.get("/logout").content.decode()
    assert is_signed_in(browser)


def test_ending_keeps_the_first_reason() -> None:
    session = make_session(make_user(), now=NOW)
    sessions.end(session, reason="signed out", now=NOW)
    sessions.end(session, reason="again", now=NOW + timedelta(hours=1))
    session.refresh_from_db()
    assert (session.end_reason, session.ended_at) == ("signed out", NOW)
