"""What an old session proved never counts as proved just now, whatever else its person does (S-103, S-108)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import links
from accounts.models import Session, Terms, Totp, User
from accounts.pending import COOKIE
from accounts.sequence import TOTP
from tests.factories import PASSWORD, add_app, app_code, make_user, recovery_codes, sign_in

NEW = "a whole other battery of words"
MFA = ["pwd", "otp", "mfa"]


@pytest.fixture
def app(alice: User) -> Totp:
    return add_app(alice)


@pytest.fixture
def old(alice: User, browser: Client, app: Totp) -> Session:
    """Signed in five hours ago, by both factors: what a thief of a cookie has."""
    return sign_in(browser, alice, auth_time=timezone.now() - timedelta(hours=5), amr=MFA)


@pytest.fixture
def cannot_remove(browser: Client, app: Totp) -> Callable[[], bool]:
    def tried() -> bool:
        response = browser.post("/account/security", {"do": "remove-app", "app": str(app.pk)})
        return response["Location"].startswith("/login?") and Totp.objects.exists()

    return tried


def test_s_103_s_108_a_changed_password_makes_nothing_fresh(
    old: Session, browser: Client, cannot_remove: Callable[[], bool]
) -> None:
    cookie = browser.cookies[settings.SESSION_COOKIE_NAME].value
    browser.post("/account/password", {"current_password": PASSWORD, "new_password": NEW})
    assert User.objects.get().check_password(NEW)
    now = Session.objects.get()
    assert (now.sid, now.auth_time, now.amr) == (old.sid, old.auth_time, MFA)
    assert browser.cookies[settings.SESSION_COOKIE_NAME].value != cookie
    assert browser.get("/account/").status_code == 200
    assert cannot_remove()


def test_s_103_s_108_nor_does_a_password_that_had_to_be_changed(
    alice: User, old: Session, browser: Client, cannot_remove: Callable[[], bool]
) -> None:
    User.objects.filter(pk=alice.pk).update(must_change_password=True)
    asked = browser.post("/login?again=1&next=/account/", {"password": PASSWORD})
    assert asked["Location"].startswith("/login/second-factor")
    browser.post("/password/new?next=/account/", {"new_password": NEW})
    assert User.objects.get().check_password(PASSWORD)
    assert Session.objects.get().auth_time == old.auth_time
    assert cannot_remove()


def test_s_103_s_108_nor_does_a_confirmed_address(
    alice: User, old: Session, browser: Client, cannot_remove: Callable[[], bool]
) -> None:
    token = links.issue(links.Purpose.EMAIL, alice, now=timezone.now(), address="new@example.org")
    browser.get(f"/account/email/confirm/{token}")
    assert browser.post("/account/email/confirm")["Location"] == "/account/profile"
    assert User.objects.get().email == "new@example.org"
    assert Session.objects.get().auth_time == old.auth_time
    assert cannot_remove()


@pytest.mark.parametrize("by", ["totp", "recovery"])
def test_s_108_a_code_alone_makes_the_password_no_fresher(
    alice: User, app: Totp, browser: Client, cannot_remove: Callable[[], bool], by: str
) -> None:
    codes = {"totp": [app_code()], "recovery": recovery_codes(alice)}
    before = sign_in(browser, alice, auth_time=timezone.now() - timedelta(hours=5))
    browser.get("/login?needs=mfa&next=/account/")
    browser.post(f"/login/second-factor?by={by}&next=/account/", {"code": codes[by][0]})
    session = Session.objects.get()
    assert "mfa" in session.amr
    assert session.auth_time == before.auth_time
    assert cannot_remove()


def test_s_108_one_more_app_makes_the_sign_in_no_fresher(
    alice: User, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sign_in(browser, alice, auth_time=timezone.now() - timedelta(minutes=9))
    monkeypatch.setattr("accounts.views.enrolling.app_from", lambda *_, **__: (add_app(alice), b"seed"))
    assert browser.post("/account/security/app/new", {"code": "000000"}).status_code == 200
    session = Session.objects.get()
    assert set(TOTP) <= set(session.amr)
    assert session.auth_time == before.auth_time


def test_s_103_s_108_a_new_sign_in_takes_over_no_factor_of_the_one_before(
    old: Session, browser: Client, cannot_remove: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A remembered device and terms to accept: the password is new, the second factor is not."""
    monkeypatch.setattr("accounts.trust.is_trusted", lambda *_, **__: True)
    Terms.objects.create(version="2", text="Be kind.", published_at=timezone.now())
    asked = browser.post("/login?again=1&next=/account/", {"password": PASSWORD})
    assert asked["Location"].startswith("/login/terms")
    browser.post("/login/terms?next=/account/", {"accept": "2"})
    session = Session.objects.get()
    assert session.auth_time > old.auth_time
    assert session.amr == ["pwd"]
    assert cannot_remove()


@pytest.mark.parametrize("is_there", [True, False], ids=["somebody else is there", "nobody is there"])
def test_s_103_more_is_proved_in_the_session_that_it_was_asked_of_and_in_no_other(
    alice: User, app: Totp, browser: Client, is_there: bool
) -> None:
    sign_in(browser, alice)
    asked = browser.get("/login?needs=mfa&next=/account/sessions")
    assert asked["Location"].startswith("/login/second-factor")
    browser.cookies.pop(settings.SESSION_COOKIE_NAME)
    if is_there:
        sign_in(browser, make_user("bob"))
    answer = browser.post("/login/second-factor", {"code": app_code()})
    assert answer["Location"] == "/account/sessions", "for whoever is there it is judged anew"
    assert answer.cookies[COOKIE].value == ""
    assert all(session.amr == ["pwd"] for session in Session.objects.all())
    assert Session.objects.count() == 1 + is_there
