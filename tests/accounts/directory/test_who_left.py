"""Who was shut out of the directory comes in by no other way either, and each of them asks there (S-111)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from accounts import links, sequence
from accounts import pending as pendings
from accounts.directory import connection
from accounts.directory.connection import Unreachable
from accounts.models import AuditEvent, Identity, Session, User
from accounts.models.identity import DIRECTORY
from tests.accounts.test_other_device import ask, finish, number, say
from tests.accounts.test_passkey_sign_in import give_passkey
from tests.accounts.test_passkey_sign_in import use as use_passkey
from tests.factories import add_app, app_code, make_user, sign_in
from tests.live.directory import PASSWORD, Directory

pytestmark = pytest.mark.django_db
WHY = "directory of your organisation does not let you in"


def follow(purpose: links.Purpose, user: User, path: str) -> HttpResponse:
    browser = Browser()
    browser.get(f"{path}/{links.issue(purpose, user, now=timezone.now())}")
    return browser.post(path)


def by_login_link(user: User) -> HttpResponse:
    return follow(links.Purpose.LOGIN, user, "/login/link")


def by_recovery(user: User) -> HttpResponse:
    return follow(links.Purpose.RECOVER, user, "/login/recover")


def by_other_device(user: User) -> HttpResponse:
    screen, phone = Browser(), Browser()
    sign_in(phone, user)
    link = ask(screen)
    say(phone, link, number=str(number()))
    return finish(screen)  # type: ignore[no-any-return]


def by_passkey(user: User) -> HttpResponse:
    return use_passkey(Browser(), give_passkey(user))  # type: ignore[no-any-return]


def by_stepping_up(user: User) -> HttpResponse:
    browser = Browser()
    add_app(user)
    sign_in(browser, user)
    browser.get("/login?needs=mfa&next=/account/")
    return browser.post("/login/second-factor?next=/account/", {"code": app_code()})


WAYS = [by_login_link, by_recovery, by_other_device, by_passkey, by_stepping_up]
Way = Callable[[User], HttpResponse]


@pytest.fixture
def dora(settings: Any) -> User:
    """Of a directory that answers in this process."""
    settings.LDAP_URL = "ldap://directory.example"
    user = make_user("dora")
    Identity.objects.create(user=user, issuer=DIRECTORY, subject="e-1", created_at=timezone.now())
    return user


def answer(monkeypatch: pytest.MonkeyPatch, said: Any) -> None:
    def look_up_known(uid: str, *, now: Any) -> Any:
        assert uid == "e-1"
        if isinstance(said, Exception):
            raise said
        return said

    monkeypatch.setattr(connection, "look_up_known", look_up_known)


class Entry:
    def __init__(self, closed: str) -> None:
        self.closed = closed


def proved() -> list[list[str]]:
    return [session.amr for session in Session.objects.order_by("created_at")]


@pytest.mark.parametrize("said", [None, Entry("disabled"), Unreachable("down")], ids=["gone", "shut", "down"])
@pytest.mark.parametrize("way", WAYS)
def test_s_111_who_left_the_directory_comes_in_by_nothing_else(
    dora: User, monkeypatch: pytest.MonkeyPatch, way: Way, said: Any
) -> None:
    answer(monkeypatch, said)
    response = way(dora)
    assert response["Location"].startswith("/login?")
    assert all(amr == ["pwd"] for amr in proved())
    assert AuditEvent.objects.filter(type="login.failed", subject=f"user:{dora.pk}").count() == 1
    assert not pendings.PendingLogin.objects.exists()


@pytest.mark.parametrize("way", WAYS)
def test_who_is_still_there_comes_in(dora: User, monkeypatch: pytest.MonkeyPatch, way: Way) -> None:
    answer(monkeypatch, Entry(""))
    assert not way(dora)["Location"].startswith("/login")
    assert any(amr != ["pwd"] for amr in proved())


def test_s_111_a_password_of_ours_is_no_word_of_the_directory(
    dora: User, monkeypatch: pytest.MonkeyPatch, rf: Any
) -> None:
    """An invitation or a step of a sign-in may give one; only a password that was judged there spares the question."""
    answer(monkeypatch, None)
    dora.set_password("another good long one")
    pending = pendings.begin(dora, "/", amr=sequence.PASSWORD, used=["password"], now=timezone.now())
    with pytest.raises(pendings.ShutOut):
        pendings.complete(rf.get("/"), pending, lifetime=None, now=timezone.now())


def test_a_password_that_was_just_judged_there_is_not_asked_about_again(
    directory: Directory, log_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "look_up_known", lambda *_, **__: pytest.fail("asked again"))
    assert log_in("dora", PASSWORD).status_code == 303


def test_s_111_a_login_link_asks_the_real_directory(directory: Directory, log_in: Any) -> None:
    log_in("dora", PASSWORD)
    dora, browser = User.objects.get(), Browser()
    directory.change("uid=dora,ou=people", pwdAccountLockedTime="000001010000Z")
    try:
        browser.get(f"/login/link/{links.issue(links.Purpose.LOGIN, dora, now=timezone.now())}")
        page = browser.post("/login/link", follow=True).content.decode()
        assert WHY in page
        assert Session.objects.count() == 1
    finally:
        directory.change("uid=dora,ou=people", pwdAccountLockedTime=None)
    assert by_login_link(dora)["Location"] == "/account/"
