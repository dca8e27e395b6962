import re
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import emails, invitations, lifecycle, links
from accounts.models import OneTimeLink, Session, User
from accounts.views.going_on import LINK_COOKIE
from tests.factories import PASSWORD, make_session, make_user, sign_in

from .conftest import event_types

NEW = "a wholly different sentence"


@pytest.fixture
def link(alice: User, browser: Client, mails: Any) -> str:
    """The path in the mail that Alice gets."""
    browser.post("/password/reset", {"username": "alice@example.com"})
    body: str = mails()[-1].body
    found = re.search(r"http://localhost:8000(/password/reset/\S+)", body)
    assert found
    return found[1]


def test_s_106_the_whole_way(alice: User, browser: Client, link: str) -> None:
    make_session(alice)
    arrived = browser.get(link)
    assert (arrived.status_code, arrived["Location"]) == (303, "/password/new")
    assert "Alice" in browser.get("/password/new").content.decode()
    chosen = browser.post("/password/new", {"new_password": NEW})
    assert (chosen.status_code, chosen["Location"]) == (303, "/login")
    assert User.objects.get().check_password(NEW)
    assert not Session.objects.filter(ended_at=None).exists()
    assert event_types() == ["password.reset_requested", "link.issued", "password.reset"]


def test_s_106_the_token_leaves_the_address_for_a_cookie(browser: Client, link: str) -> None:
    token = link.rpartition("/")[2]
    response = browser.get(link)
    assert token not in response["Location"]
    cookie = response.cookies[LINK_COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert 0 < int(cookie["max-age"]) <= 1800
    page = browser.get("/password/new")
    assert token not in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"


def test_s_106_looking_at_the_link_does_not_use_it_up(browser: Client, link: str) -> None:
    for _ in range(3):
        assert Client().get(link).status_code == 303
    browser.get(link)
    assert browser.post("/password/new", {"new_password": NEW}).status_code == 303


def dies(link: str, browser: Client) -> bool:
    return browser.get(link).status_code == 410 and Client().get(link).status_code == 410


def test_s_106_a_link_works_once(browser: Client, link: str) -> None:
    browser.get(link)
    other = Client()
    other.get(link)
    browser.post("/password/new", {"new_password": NEW})
    assert other.post("/password/new", {"new_password": NEW + "!"}).status_code == 410
    assert dies(link, browser)


def test_s_106_a_link_dies_after_thirty_minutes(browser: Client, link: str) -> None:
    browser.get(link)
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert browser.post("/password/new", {"new_password": NEW}).status_code == 410
        assert dies(link, browser)


def test_s_106_a_link_dies_with_a_change_of_password(alice: User, browser: Client, link: str) -> None:
    alice.set_password(NEW)
    alice.save()
    assert dies(link, browser)


def test_s_106_a_link_dies_with_a_change_of_address(alice: User, browser: Client, link: str) -> None:
    alice.email = "new@example.com"
    alice.save()
    assert dies(link, browser)


def test_a_link_dies_with_its_person_disabled(alice: User, browser: Client, link: str) -> None:
    lifecycle.disable(alice, actor="test", now=timezone.now())
    assert dies(link, browser)


def test_a_newer_link_takes_the_place_of_an_older(browser: Client, link: str) -> None:
    browser.post("/password/reset", {"username": "alice"})
    assert dies(link, browser)


def test_s_106_a_reset_signs_nobody_in(browser: Client, link: str) -> None:
    browser.get(link)
    browser.post("/password/new", {"new_password": NEW})
    assert browser.get("/account/").status_code == 302
    assert not Session.objects.exists()


def test_s_103_a_link_for_one_thing_does_no_other(alice: User, browser: Client, link: str) -> None:
    browser.get(link)
    for path in ("/login/link", "/unlock", "/setup"):
        assert browser.post(path, {}).status_code == 410
    token = link.rpartition("/")[2]
    for path in ("login/link", "unlock", "setup", "setup/again", "welcome"):
        assert Client().get(f"/{path}/{token}").status_code == 410


def test_s_106_the_cookie_can_not_be_made_by_hand(browser: Client, link: str) -> None:
    browser.cookies[LINK_COOKIE] = "reset:" + link.rpartition("/")[2]
    assert browser.get("/password/new").status_code == 410


def test_the_mail_proves_the_address(browser: Client, alice: User, mails: Any) -> None:
    User.objects.update(email_verified_at=None, email_verified_by="")
    url = lifecycle.send_reset(alice, actor="test", now=timezone.now())
    browser.get(url)
    browser.post("/password/new", {"new_password": NEW})
    after = User.objects.get()
    assert after.email_verified
    assert after.email_verified_by == "mail link"


def test_an_invitation_handed_over_proves_no_address(browser: Client, alice: User, mails: Any) -> None:
    User.objects.update(email_verified_at=None, email_verified_by="")
    url = invitations.send(alice, actor="test", now=timezone.now(), is_shown=True)
    browser.get(url)
    assert "Welcome, Alice" in browser.get("/password/new").content.decode()
    browser.post("/password/new", {"new_password": NEW})
    assert not User.objects.get().email_verified


def test_s_101_the_answer_is_the_same_for_everybody(alice: User, browser: Client, mails: Any) -> None:
    make_user("bob", is_active=False)
    make_user("carol", email="")
    answers = []
    for name in ("alice", "bob", "carol", "nobody", "nobody@example.com", "\u202e"):
        response = browser.post("/password/reset", {"username": name})
        answers.append((response.status_code, response["Location"]))
    assert answers == [(303, "/password/reset-sent")] * 6
    assert [message.to for message in mails()] == [["alice@example.com"]]


def test_s_101_the_answer_does_not_wait_for_the_mail(
    alice: User, browser: Client, mails: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, sent = Event(), []
    monkeypatch.setattr("django.core.mail.EmailMessage.send", lambda _: sent.append(answered.wait(10)))
    assert browser.post("/password/reset", {"username": "alice"}).status_code == 303
    answered.set()
    emails.wait()
    assert sent == [True]


def test_s_102_requests_for_resets_are_throttled_alike(alice: User, browser: Client, mails: Any) -> None:
    for name in ("alice", "nobody"):
        codes = [
            browser.post(
                "/password/reset", {"username": name}, REMOTE_ADDR=f"10.{len(name)}.{n}.1"
            ).status_code
            for n in range(5)
        ]
        assert codes == [303, 303, 303, 429, 429]


def test_s_090_the_address_in_the_mail_is_the_issuers(alice: User, mails: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    Client().post("/password/reset", {"username": "alice"}, headers={"host": "evil.example"})
    assert "evil" not in mails()[0].body
    assert "http://localhost:8000/password/reset/" in mails()[0].body


def test_a_mail_server_that_is_down_harms_nobody(
    alice: User, browser: Client, mails: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-14."""

    def refuse(*_: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    assert browser.post("/password/reset", {"username": "alice"}).status_code == 303
    assert mails() == []


class TestChanging:
    def change(self, browser: Client, current: str = PASSWORD, new: str = NEW) -> Any:
        return browser.post("/account/password", {"current_password": current, "new_password": new})

    def test_ends_the_other_sessions_and_renews_this_one(
        self, alice: User, browser: Client, mails: Any
    ) -> None:
        other = make_session(alice)
        mine = sign_in(browser, alice)
        assert self.change(browser).status_code == 303
        assert User.objects.get().check_password(NEW)
        other.refresh_from_db()
        assert other.end_reason == "password changed"
        assert browser.get("/account/").status_code == 200
        assert Session.objects.get(pk=mine.pk).token_hash != mine.token_hash
        assert event_types() == ["password.changed"]
        assert mails()[0].subject.startswith("Your password was changed")

    def test_needs_the_current_password(self, alice: User, browser: Client) -> None:
        sign_in(browser, alice)
        response = self.change(browser, current="wrong")
        assert "not your current password" in response.content.decode()
        assert User.objects.get().check_password(PASSWORD)
        assert event_types() == ["login.failed", "password.change_failed"]

    def test_s_102_is_throttled_too(self, alice: User, browser: Client) -> None:
        sign_in(browser, alice)
        codes = [self.change(browser, current="wrong").status_code for _ in range(11)]
        assert codes[-1] == 429

    @pytest.mark.parametrize("new", [PASSWORD, "short", "alice liddell", "x" * 5000])
    def test_refuses_a_weak_or_the_same_password(self, alice: User, browser: Client, new: str) -> None:
        sign_in(browser, alice)
        assert self.change(browser, new=new).status_code == 200
        assert User.objects.get().check_password(PASSWORD)

    def test_kills_a_reset_link_on_its_way(self, alice: User, browser: Client, link: str) -> None:
        sign_in(browser, alice)
        self.change(browser)
        assert dies(link, Client())


def test_the_well_known_address_leads_to_the_page(browser: Client, db: None) -> None:
    response = browser.get("/.well-known/change-password")
    assert (response.status_code, response["Location"]) == (302, "/account/password")


def test_links_are_kept_as_digests(alice: User) -> None:
    token = links.issue(links.Purpose.RESET, alice, now=timezone.now())
    assert token not in str(vars(OneTimeLink.objects.get()))


def test_s_146_exactly_one_of_two_redeems(alice: User) -> None:
    now = timezone.now()
    token = links.issue(links.Purpose.RESET, alice, now=now)
    first, second = (links.find(links.Purpose.RESET, token, now=now) for _ in range(2))
    assert first
    assert second
    assert [links.redeem(first, now=now), links.redeem(second, now=now)] == [True, False]


@pytest.mark.parametrize("path", ["/password/reset-sent", "/register/sent"])
def test_where_mail_is_only_printed_the_page_says_so(browser: Client, settings: Any, path: str) -> None:
    settings.SELF_REGISTRATION = True
    assert "terminal" not in browser.get(path).content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "Mail is printed to the terminal here" in browser.get(path).content.decode()
    settings.LOCAL = False  # strangers are not told how the server is set up
    assert "terminal" not in browser.get(path).content.decode()
