"""A sign-in of somebody with a second factor: asked for, and passed by no way (S-102, S-103, S-106)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import lifecycle, links
from accounts.models import PendingLogin, RecoveryCode, Session, TrustedDevice, User
from accounts.pending import COOKIE
from tests.factories import PASSWORD, add_app, app_code, make_user, recovery_codes, sign_in

from .conftest import event_types

STEP = "/login/second-factor?next=/account/sessions"
NEXT = "/login?next=/account/sessions"


@pytest.fixture(autouse=True)
def app(alice: User) -> None:
    add_app(alice)


@pytest.fixture
def half_in(log_in: Any) -> Any:
    """The password was right; the answer to it."""
    return log_in("alice", path=NEXT)


def test_the_password_leads_to_the_second_factor_and_opens_nothing(half_in: Any, browser: Client) -> None:
    assert half_in["Location"] == "/login/second-factor?next=%2Faccount%2Fsessions"
    assert not Session.objects.exists()
    assert browser.get("/account/").status_code == 302
    page = browser.get(STEP).content.decode()
    assert "authenticator app" in page
    assert 'autocomplete="one-time-code"' in page
    assert "Sign out" not in page


def test_the_code_lets_in_and_leads_on(half_in: Any, browser: Client) -> None:
    response = browser.post(STEP, {"code": app_code()})
    assert (response.status_code, response["Location"]) == (303, "/account/sessions")
    assert Session.objects.get().amr == ["pwd", "otp", "mfa"]
    assert not PendingLogin.objects.exists()
    assert event_types() == ["login.succeeded"]
    assert browser.cookies[COOKIE].value == ""


def test_a_code_may_be_typed_in_groups(half_in: Any, browser: Client) -> None:
    code = app_code()
    assert browser.post(STEP, {"code": f" {code[:3]} {code[3:]} "}).status_code == 303


TRICKS: dict[str, tuple[str, dict[str, str]]] = {
    "an empty form": ("/login/second-factor", {}),
    "an empty code": ("/login/second-factor", {"code": ""}),
    "a wrong code": ("/login/second-factor", {"code": "000000"}),
    "a code that is no text": ("/login/second-factor", {"code": "\0" * 6}),
    "only the wish to be remembered": ("/login/second-factor", {"trust": "30"}),
    "a mailed code that was never sent": ("/login/second-factor?by=mail", {"code": ""}),
    "another code that was never sent": ("/login/second-factor?by=mail", {"code": "00000000"}),
    "a recovery code that there is not": ("/login/second-factor?by=recovery", {"code": "AAAAAAAAAAAAAAAA"}),
    "a passkey that there is not": ("/login/second-factor?by=passkey", {"credential": "{}"}),
    "enrolment put off": ("/login/enrol", {"later": "1"}),
    "enrolment of another app": ("/login/enrol", {"code": "000000", "draft": "x"}),
    "a new password": ("/password/new", {"new_password": "another good long one"}),
    "another new password": ("/password/new?next=/account/", {"new_password": "another good long one"}),
    "no passkey": ("/login/passkey", {"credential": ""}),
    "confirming again": ("/login?again=1", {"password": PASSWORD}),
    "only what is missing": ("/login?needs=mfa", {"password": PASSWORD}),
    "a step up": ("/login?again=1&needs=otp", {}),
    "the password once more": ("/login", {"username": "alice", "password": PASSWORD}),
}


@pytest.mark.parametrize(("path", "data"), TRICKS.values(), ids=TRICKS.keys())
def test_s_103_no_form_passes_by_the_second_factor(
    half_in: Any, browser: Client, path: str, data: dict[str, str]
) -> None:
    assert browser.post(path, data).status_code < 500
    browser.get(path)
    assert not Session.objects.exists()
    assert browser.get("/account/").status_code == 302
    assert User.objects.get(username="alice").check_password(PASSWORD)


@pytest.mark.parametrize(
    "path",
    ["/login/enrol", "/password/new?next=/account/", "/login/second-factor?by=none", "/login/second-factor"],
)
def test_s_103_every_page_leads_to_the_step_that_is_next(half_in: Any, browser: Client, path: str) -> None:
    page = browser.get(path, follow=True)
    assert "authenticator app" in page.content.decode()


def test_s_103_the_half_of_a_sign_in_is_of_one_browser(half_in: Any) -> None:
    other = Client()
    assert other.post(STEP, {"code": app_code()}).status_code == 410
    assert not Session.objects.exists()


@pytest.mark.parametrize("minutes", [15, 60])
def test_an_old_page_says_so_and_still_leads_to_the_app(half_in: Any, browser: Client, minutes: int) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        response = browser.post(STEP, {"code": app_code()})
    assert response.status_code == 410
    assert "/login?next=%2Faccount%2Fsessions" in response.content.decode()
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"password": "!"}, {"email": "mallory@example.com"}]
)
def test_s_111_a_change_of_the_account_ends_the_sign_in(
    half_in: Any, browser: Client, change: dict[str, Any]
) -> None:
    User.objects.filter(username="alice").update(**change)
    assert browser.post(STEP, {"code": app_code()}).status_code == 410
    assert not Session.objects.exists()


def test_a_page_of_another_sign_in_is_not_taken_for_this_one(
    half_in: Any, browser: Client, log_in: Any
) -> None:
    """Two tabs: in the other one somebody else has begun."""
    first = PendingLogin.objects.get()
    add_app(make_user("bob", password=PASSWORD))
    log_in("bob")
    response = browser.post(STEP, {"code": app_code(), "login": first.pk})
    assert response["Location"].startswith("/login/second-factor")
    assert event_types() == []
    assert not Session.objects.exists()


def test_a_tab_that_is_too_late_goes_on_with_the_session_of_the_other(half_in: Any, browser: Client) -> None:
    browser.post(STEP, {"code": app_code()})
    response = browser.post(STEP, {"code": app_code()})
    assert (response.status_code, response["Location"]) == (303, "/account/sessions")
    assert Session.objects.count() == 1


def test_who_is_somebody_else_begins_anew(half_in: Any, browser: Client) -> None:
    response = browser.post(STEP, {"stop": "1"})
    assert response["Location"] == "/login?next=%2Faccount%2Fsessions&switch=1"
    assert not PendingLogin.objects.exists()


def test_s_105_a_code_opens_one_session(half_in: Any, browser: Client, log_in: Any) -> None:
    code = app_code()
    browser.post(STEP, {"code": code})
    browser.cookies.clear()
    log_in("alice")
    browser.post(STEP, {"code": code})
    assert Session.objects.count() == 1


class TestRecoveryCodes:
    PATH = "/login/second-factor?by=recovery&next=/account/sessions"

    def test_one_stands_in_and_is_counted_down(
        self, alice: User, half_in: Any, browser: Client, mails: Any
    ) -> None:
        codes = recovery_codes(alice)
        assert browser.post(self.PATH, {"code": codes[0].lower()}).status_code == 303
        assert Session.objects.get().amr == ["pwd", "otp", "mfa"]
        assert RecoveryCode.objects.filter(used_at=None).count() == 9
        assert event_types() == ["recovery.code_used", "login.succeeded"]
        assert "9 are left" in mails()[0].body

    def test_s_105_once(self, alice: User, half_in: Any, browser: Client, log_in: Any) -> None:
        codes = recovery_codes(alice)
        browser.post(self.PATH, {"code": codes[0]})
        browser.cookies.clear()
        log_in("alice")
        assert browser.post(self.PATH, {"code": codes[0]}).status_code == 200
        assert Session.objects.count() == 1


class TestMailedCodes:
    PATH = "/login/second-factor?by=mail&next=/account/sessions"

    def code(self, browser: Client, mails: Callable[[], list[Any]]) -> str:
        browser.post(self.PATH, {"send": "1"})
        found = re.search(r"^\d{8}$", mails()[-1].body, re.MULTILINE)
        assert found
        return found[0]

    def test_one_lets_in_and_does_not_call_itself_a_second_factor(
        self, half_in: Any, browser: Client, mails: Any
    ) -> None:
        assert browser.post(self.PATH, {"code": self.code(browser, mails)}).status_code == 303
        assert Session.objects.get().amr == ["pwd", "mca"]

    def test_it_works_once_and_for_the_sign_in_that_asked(
        self, half_in: Any, browser: Client, log_in: Any, mails: Any
    ) -> None:
        code = self.code(browser, mails)
        other = Client()
        other.post("/login", {"username": "alice", "password": PASSWORD})
        other.post(self.PATH, {"code": code})
        assert not Session.objects.exists()
        browser.post(self.PATH, {"code": code})
        assert Session.objects.count() == 1

    def test_it_grows_old(self, half_in: Any, browser: Client, mails: Any) -> None:
        code = self.code(browser, mails)
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            assert browser.post(self.PATH, {"code": code}).status_code == 200

    def test_s_106_never_to_the_mailbox_that_gave_the_password(
        self, half_in: Any, browser: Client, mails: Any
    ) -> None:
        User.objects.filter(username="alice").update(password_by_mail=True)
        assert "by=mail" not in browser.get(STEP).content.decode()
        browser.post(self.PATH, {"send": "1"})
        assert mails() == []

    def test_an_admin_can_switch_it_off(
        self, half_in: Any, browser: Client, mails: Any, settings: Any
    ) -> None:
        settings.MAIL_CODES = False
        assert "by=mail" not in browser.get(STEP).content.decode()
        browser.post(self.PATH, {"send": "1"})
        assert mails() == []

    def test_s_102_only_so_many_are_sent(self, half_in: Any, browser: Client, mails: Any) -> None:
        answers = [browser.post(self.PATH, {"send": "1"}).status_code for _ in range(5)]
        assert answers == [303, 303, 303, 429, 429]
        assert len(mails()) == 3


class TestTheThrottle:
    def test_s_102_ten_wrong_codes_and_one_waits(self, half_in: Any, browser: Client) -> None:
        answers = [browser.post(STEP, {"code": "000000"}).status_code for _ in range(11)]
        assert answers == [200] * 10 + [429]
        assert browser.post(STEP, {"code": app_code()}).status_code == 429
        assert not Session.objects.exists()

    def test_s_102_all_codes_share_one_budget(self, alice: User, half_in: Any, browser: Client) -> None:
        recovery_codes(alice)
        for number in range(10):
            by = ("totp", "recovery", "mail")[number % 3]
            browser.post(f"/login/second-factor?by={by}", {"code": "wrong"})
        assert browser.post("/login/second-factor?by=recovery", {"code": "x"}).status_code == 429

    def test_s_102_a_new_sign_in_is_no_new_budget(self, half_in: Any, browser: Client, log_in: Any) -> None:
        for _ in range(10):
            browser.post(STEP, {"code": "000000"})
        browser.cookies.clear()
        log_in("alice")
        assert browser.post(STEP, {"code": app_code()}).status_code == 429

    def test_s_102_a_known_device_keeps_its_own(self, alice: User, half_in: Any, browser: Client) -> None:
        owner = Client()
        sign_in(owner, alice)
        owner.post("/login?again=1", {"password": PASSWORD})
        owner.post(STEP, {"code": app_code()})  # from now on known
        with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
            for _ in range(11):
                browser.post(STEP, {"code": "000000"})
            assert browser.post(STEP, {"code": app_code()}).status_code == 429
            owner.post("/login?again=1", {"password": PASSWORD})
            assert owner.post(STEP, {"code": app_code()}).status_code == 303
        assert Session.objects.get(user=alice).amr == ["pwd", "otp", "mfa"]

    def test_an_admin_lifts_it(self, alice: User, half_in: Any, browser: Client) -> None:
        for _ in range(11):
            browser.post(STEP, {"code": "000000"})
        lifecycle.enable(alice, actor="command")
        elsewhere = {"REMOTE_ADDR": "10.9.9.9"}  # what the address did stays
        assert browser.post(STEP, {"code": app_code()}, **elsewhere).status_code == 303

    def test_s_102_after_a_hundred_a_mail_says_how_to_go_on(
        self, half_in: Any, browser: Client, mails: Any, log_in: Any
    ) -> None:
        moment = timezone.now()
        for number in range(100):
            moment += timedelta(minutes=6)
            with time_machine.travel(moment, tick=False):
                if number % 2 == 0:
                    browser.cookies.clear()
                    log_in("alice", path=NEXT)
                browser.post(STEP, {"code": "000000"})
        assert [mail.subject for mail in mails()] == [
            "Someone tried many wrong passwords or codes for your account · localhost:8000"
        ]


class TestARememberedDevice:
    @pytest.fixture
    def remembered(self, half_in: Any, browser: Client) -> None:
        browser.post(STEP, {"code": app_code(), "trust": "7"})
        browser.post("/logout")

    def test_is_not_asked_again_and_its_sign_in_says_what_it_is(self, remembered: None, log_in: Any) -> None:
        assert log_in("alice")["Location"] == "/account/"
        assert Session.objects.get(ended_at=None).amr == ["pwd"]

    def test_s_103_is_remembered_for_one_person(self, remembered: None, log_in: Any, browser: Client) -> None:
        """Also where the other one has signed in in this browser before, and is known to it."""
        add_app(make_user("bob", password=PASSWORD))
        log_in("bob")
        browser.post(STEP, {"code": app_code()})
        browser.post("/logout")
        assert log_in("bob")["Location"].startswith("/login/second-factor")

    def test_s_103_is_one_browser(self, remembered: None) -> None:
        answer = Client().post("/login", {"username": "alice", "password": PASSWORD})
        assert answer["Location"].startswith("/login/second-factor")

    def test_is_forgotten_in_time(self, remembered: None, log_in: Any) -> None:
        with time_machine.travel(timezone.now() + timedelta(days=8)):
            assert log_in("alice")["Location"].startswith("/login/second-factor")

    def test_is_forgotten_when_the_admin_says_never(
        self, remembered: None, log_in: Any, settings: Any
    ) -> None:
        settings.TRUSTED_DEVICE = timedelta(0)
        assert log_in("alice")["Location"].startswith("/login/second-factor")

    def test_s_106_is_forgotten_with_the_password(
        self, remembered: None, alice: User, browser: Client
    ) -> None:
        token = links.issue(links.Purpose.RESET, alice, now=timezone.now())
        browser.get(f"/password/reset/{token}")
        browser.post("/password/new", {"new_password": "another good long one"})
        answer = browser.post("/login", {"username": "alice", "password": "another good long one"})
        assert answer["Location"].startswith("/login/second-factor")
        assert not TrustedDevice.objects.exists()

    @pytest.mark.parametrize("days", ["", "0", "5", "99999999", "-1", "٣", "7 "])
    def test_is_remembered_for_an_offered_time_only(self, half_in: Any, browser: Client, days: str) -> None:
        browser.post(STEP, {"code": app_code(), "trust": days})
        assert not TrustedDevice.objects.exists()


def test_s_106_a_reset_does_not_sign_in_past_the_second_factor(alice: User, browser: Client) -> None:
    token = links.issue(links.Purpose.RESET, alice, now=timezone.now())
    browser.get(f"/password/reset/{token}")
    answer = browser.post("/password/new", {"new_password": "another good long one"})
    assert answer["Location"] == "/login"
    assert not Session.objects.exists()
    answer = browser.post("/login", {"username": "alice", "password": "another good long one"})
    assert answer["Location"].startswith("/login/second-factor")
    assert "by=mail" not in browser.get(STEP).content.decode()


def test_s_103_a_sign_in_link_does_not_pass_by_the_second_factor(alice: User, browser: Client) -> None:
    token = links.issue(links.Purpose.LOGIN, alice, now=timezone.now())
    browser.get(f"/login/link/{token}")
    assert browser.post("/login/link")["Location"].startswith("/login/second-factor")
    assert not Session.objects.exists()
    browser.post(STEP, {"code": app_code()})
    assert Session.objects.get().amr == ["link", "otp", "mfa"]


def test_s_103_a_required_password_comes_after_the_second_factor(
    alice: User, browser: Client, log_in: Any
) -> None:
    User.objects.filter(pk=alice.pk).update(must_change_password=True)
    assert log_in("alice", path=NEXT)["Location"].startswith("/login/second-factor")
    assert browser.post(STEP, {"code": app_code()})["Location"].startswith("/password/new")
    assert not Session.objects.exists()
    answer = browser.post("/password/new?next=/account/sessions", {"new_password": "another good long one"})
    assert answer["Location"] == "/account/sessions"
    assert Session.objects.get().amr == ["pwd", "otp", "mfa"]


@pytest.mark.parametrize("path", ["/login/second-factor", "/login/enrol", "/login/passkey", "/login/recover"])
def test_s_082_forms_need_the_csrf_token(half_in: Any, browser: Client, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    assert strict.post(path, {"code": app_code()}).status_code == 403


@pytest.mark.parametrize("path", ["/login/second-factor", "/login/enrol", "/login/recover", "/login/not-me"])
def test_a_page_that_belongs_to_nothing_says_so(db: None, browser: Client, path: str) -> None:
    assert browser.get(path).status_code == 410
