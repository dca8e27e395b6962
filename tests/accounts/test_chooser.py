"""Several people signed in in one browser: who is the current one, who comes beside, who leaves."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import beside
from accounts.models import AuditEvent, Session, User
from tests.factories import PASSWORD, make_user, sign_in

from .test_sessions import is_signed_in

COOKIE = settings.SESSION_COOKIE_NAME


@pytest.fixture
def bob(db: None, cheap_passwords: None) -> User:
    return make_user("bob", password=PASSWORD, name="Bob Dodgson")


@pytest.fixture
def both(alice: User, bob: User, browser: Client, log_in: Any) -> Client:
    """Alice came first, then Bob, who is the current one."""
    log_in("alice")
    log_in("bob", path="/login?switch=1")
    return browser


def who(browser: Client) -> str:
    page = browser.get("/account/").content.decode()
    found = re.search(r"<h1>(.*)</h1>", page)
    return found[1] if found else ""


def listed(browser: Client, address: str = "/select-account") -> dict[str, str]:
    """The chooser's accounts: name to handle."""
    page = browser.get(address).content.decode()
    found = re.findall(r'class="account" name="account" value="(\w+)">.*?<strong>(.*?)</strong>', page, re.S)
    return {name: handle for handle, name in found}


def choose(browser: Client, name: str, address: str = "/select-account") -> Any:
    return browser.post(address, {"account": listed(browser, address)[name]})


def test_a_second_person_comes_beside_the_first(both: Client, alice: User) -> None:
    assert who(both) == "Bob Dodgson"
    assert list(listed(both)) == ["Bob Dodgson", "Alice Liddell"]
    assert alice.sessions.get().ended_at is None


def test_choosing_makes_one_the_current_person_and_leads_on(both: Client, alice: User) -> None:
    assert choose(both, "Alice Liddell", "/select-account?next=/account/data")["Location"] == "/account/data"
    assert who(both) == "Alice Liddell"
    event = AuditEvent.objects.latest("id")
    assert (event.type, event.subject) == ("session.chosen", f"user:{alice.sub}")
    assert choose(both, "Bob Dodgson")["Location"] == "/account/"
    assert who(both) == "Bob Dodgson"


def test_choosing_the_current_person_changes_nothing(both: Client) -> None:
    before = [both.cookies[name].value for name in (COOKIE, beside.COOKIE)]
    choose(both, "Bob Dodgson")
    assert [both.cookies[name].value for name in (COOKIE, beside.COOKIE)] == before


def test_who_signs_in_again_keeps_their_session_under_a_new_value(
    both: Client, alice: User, log_in: Any
) -> None:
    """S-110: the value is new; the `sid` that apps know is not."""
    before = alice.sessions.get()
    log_in("alice", path="/login?switch=1")
    after = alice.sessions.get()
    assert (after.sid, after.token_hash != before.token_hash) == (before.sid, True)
    assert list(listed(both)) == ["Alice Liddell", "Bob Dodgson"]


def test_s_110_pages_show_neither_the_sid_nor_the_value_of_anybody(both: Client) -> None:
    page = both.get("/select-account").content.decode()
    for session in Session.objects.all():
        assert session.sid not in page
    for value in (both.cookies[COOKIE].value, *both.cookies[beside.COOKIE].value.split(".")):
        assert value not in page


def test_s_110_the_cookie_beside_is_for_the_server_only(both: Client) -> None:
    cookie = both.cookies[beside.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


@pytest.mark.parametrize("handle", ["", "x", "0" * 32, "ä" * 32, "\x01" * 32, "everyone"])
def test_s_103_nobody_becomes_whom_the_browser_does_not_hold(both: Client, handle: str) -> None:
    response = both.post("/select-account", {"account": handle})
    assert "not signed in here any more" in response.content.decode()
    assert who(both) == "Bob Dodgson"


def test_s_103_a_handle_of_another_browser_opens_nothing_here(both: Client, alice: User) -> None:
    handle = listed(both)["Alice Liddell"]
    mallory = Client()
    sign_in(mallory, make_user("mallory", name="Mallory"))
    mallory.post("/select-account", {"account": handle})
    assert who(mallory) == "Mallory"


@pytest.mark.parametrize("value", ["", ".", "x" * 43, "ä" * 43, ".".join(["y" * 43] * 500), "\0"])
def test_s_015_any_other_cookie_holds_nobody(alice: User, browser: Client, value: str) -> None:
    sign_in(browser, alice)
    browser.cookies[beside.COOKIE] = value
    assert list(listed(browser)) == ["Alice Liddell"]
    browser.cookies[COOKIE] = ""
    assert browser.get("/login").status_code == 200


def test_s_082_choosing_and_leaving_need_a_form_of_ours(both: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = both.cookies
    for path in ("/select-account", "/select-account/leave"):
        assert strict.post(path, {"account": "everyone"}).status_code == 403
    assert not Session.objects.exclude(ended_at=None).exists()


def test_the_limit_lets_whoever_was_away_for_longest_fall_out(
    alice: User, bob: User, browser: Client, log_in: Any
) -> None:
    with override_settings(SESSIONS_PER_BROWSER=2):
        log_in("alice")
        log_in("bob", path="/login?switch=1")
        choose(browser, "Alice Liddell")
        make_user("carol", password=PASSWORD, name="Carol")
        log_in("carol", path="/login?switch=1")
        assert list(listed(browser)) == ["Carol", "Alice Liddell"]
    assert bob.sessions.get().end_reason == "another person signed in"


def test_two_tabs_each_with_its_own_person(alice: User, bob: User, browser: Client, log_in: Any) -> None:
    """Both login pages were opened before anybody signed in; each leads on as who typed their password there."""
    assert log_in("alice", path="/login?next=/account/data")["Location"] == "/account/data"
    assert log_in("bob", path="/login?next=/account/sessions")["Location"] == "/account/sessions"
    assert who(browser) == "Bob Dodgson"
    assert len(listed(browser)) == 2


# Out.


def test_s_111_signing_out_ends_the_current_session_and_says_who_stays(both: Client, alice: User) -> None:
    assert "Alice Liddell" in both.get("/logout").content.decode()
    page = both.post("/logout", follow=True).content.decode()
    assert "Still signed in here" in page
    assert "Alice Liddell" in page
    assert "Bob Dodgson" not in page
    assert not is_signed_in(both)
    assert alice.sessions.get().ended_at is None


def test_after_a_sign_out_nobody_becomes_the_current_one_unasked(both: Client) -> None:
    both.post("/logout")
    response = both.get("/login?next=/account/data")
    assert response["Location"].startswith("/select-account?next=")
    assert choose(both, "Alice Liddell", response["Location"])["Location"] == "/account/data"


def test_use_another_account_leads_to_the_form(both: Client) -> None:
    both.post("/logout")
    page = both.get("/login?switch=1&next=/account/data")
    assert page.status_code == 200
    assert b'name="password"' in page.content


def test_one_beside_leaves_and_the_current_one_stays(both: Client, alice: User, bob: User) -> None:
    both.post("/select-account/leave", {"account": listed(both)["Alice Liddell"]})
    assert alice.sessions.get().end_reason == "signed out"
    assert who(both) == "Bob Dodgson"
    assert list(listed(both)) == ["Bob Dodgson"]


def test_everyone_leaves(both: Client) -> None:
    page = both.post("/select-account/leave", {"account": "everyone"}, follow=True).content.decode()
    assert "Still signed in here" not in page
    assert not Session.objects.filter(ended_at=None).exists()
    assert not is_signed_in(both)
    assert both.cookies[beside.COOKIE].value == ""


def test_s_111_whose_session_ended_elsewhere_is_not_offered(both: Client, alice: User) -> None:
    """Nor named: they may have ended it because the browser is not theirs."""
    alice.sessions.update(ended_at=timezone.now())
    assert list(listed(both)) == ["Bob Dodgson"]


# Known, though time was up.


@pytest.fixture
def lapse() -> Callable[[User], object]:
    def lapse(user: User) -> object:
        return user.sessions.update(last_seen_at=timezone.now() - settings.SESSION_IDLE - timedelta(hours=1))

    return lapse


def test_whose_time_was_up_is_named_and_signs_in_again(both: Client, alice: User, lapse: Any) -> None:
    lapse(alice)
    assert "sign in again" in both.get("/select-account").content.decode()
    form = choose(both, "Alice Liddell", "/select-account?next=/account/data")["Location"]
    page = both.get(form).content.decode()
    assert "Welcome back, <strong>Alice Liddell</strong>" in page
    assert 'value="Alice"' in page
    assert who(both) == "Bob Dodgson", "nobody came in by that"
    assert both.post(form, {"username": "alice", "password": PASSWORD})["Location"] == "/account/data"
    assert list(listed(both)) == ["Alice Liddell", "Bob Dodgson"]


def test_the_login_page_knows_who_was_here_last_and_asks_not_you(
    alice: User, browser: Client, lapse: Any
) -> None:
    sign_in(browser, alice)
    lapse(alice)
    page = browser.get("/login").content.decode()
    assert "Welcome back, <strong>Alice Liddell</strong>" in page
    assert "Not you?" in page
    assert "Alice" not in browser.get("/login?switch=1").content.decode()


def test_the_login_page_looks_once_who_is_in_this_browser(
    both: Client, alice: User, bob: User, lapse: Any, django_assert_num_queries: Any
) -> None:
    lapse(alice)
    lapse(bob)
    with django_assert_num_queries(3):  # the session, who is here, the buttons of other providers
        page = both.get("/login").content.decode()
    assert "Welcome back, <strong>Bob Dodgson</strong>" in page


@pytest.mark.parametrize("change", [{"ended_at": timezone.now()}, {"user__is_active": False}])
def test_s_101_the_login_page_names_nobody_who_was_signed_out(
    alice: User, browser: Client, lapse: Any, change: dict[str, Any]
) -> None:
    sign_in(browser, alice)
    lapse(alice)
    if "ended_at" in change:
        alice.sessions.update(**change)
    else:
        User.objects.update(is_active=False)
    assert "Alice" not in browser.get("/login").content.decode()


def test_who_is_known_can_be_removed(both: Client, alice: User, lapse: Any) -> None:
    lapse(alice)
    both.post("/select-account/leave", {"account": listed(both)["Alice Liddell"]})
    assert list(listed(both)) == ["Bob Dodgson"]


def test_nobody_known_leads_to_the_login_page(browser: Client, db: None) -> None:
    assert browser.get("/select-account?next=/account/data")["Location"] == "/login?next=%2Faccount%2Fdata"


def test_s_005_the_chooser_leads_to_no_other_site(both: Client) -> None:
    handle = listed(both)["Alice Liddell"]
    response = both.post("/select-account?next=https://mallory.example", {"account": handle})
    assert response["Location"] == settings.LOGIN_REDIRECT_URL


def test_who_looks_at_anothers_pages_becomes_nobody_by_the_chooser(both: Client, alice: User) -> None:
    both.cookies[COOKIE] = ""
    sign_in(both, make_user("carol"), impersonated_by=alice.sub)
    assert both.get("/select-account").status_code == 302 or not listed(both)
    assert both.post("/select-account", {"account": "0" * 32}).status_code == 403


def test_a_page_of_the_current_person_costs_no_statement_more(both: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert both.get("/account/").status_code == 200
        return len(queries)

    with_others = cost()
    del both.cookies[beside.COOKIE]
    assert with_others == cost()
