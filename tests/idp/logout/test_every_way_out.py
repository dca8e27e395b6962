"""Every way in which a session ends tells the apps of it (issue 3, section 4)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.test import override_settings
from django.utils import timezone

from accounts import lifecycle
from accounts.models import Session
from idp.models import LogoutNotice
from tests.factories import PASSWORD, make_admin, make_session, make_user, sign_in
from tests.idp.app import App
from tests.idp.logout.conftest import deliver
from tests.idp.logout.receiver import Receiver

ADMIN = f"/{settings.ADMIN_PATH}/accounts"


def other_browser(app: App) -> Browser:
    browser = Browser()
    sign_in(browser, app.user)
    return browser


def admins_browser() -> Browser:
    browser = Browser()
    sign_in(browser, make_admin())
    return browser


def end_on_account_page(which: Callable[[App], str]) -> Callable[[App], Any]:
    return lambda app: app.browser.post("/account/sessions", {"end": which(app)})


def from_another_browser(which: Callable[[App], str]) -> Callable[[App], Any]:
    return lambda app: other_browser(app).post("/account/sessions", {"end": which(app)})


def sid(app: App) -> str:
    return Session.objects.get(grants__isnull=False).sid


def admin_action(path: str, action: str, pk: Callable[[App], object]) -> Callable[[App], Any]:
    return lambda app: admins_browser().post(
        f"{ADMIN}/{path}/", {"action": action, "_selected_action": str(pk(app)), "post": "yes"}
    )


def change_password(app: App) -> None:
    other_browser(app).post(
        "/account/password",
        {
            "current_password": PASSWORD,
            "new_password": "a new and long one",
            "repeated": "a new and long one",
        },
    )


def reset_password(app: App) -> None:
    lifecycle.set_password(
        app.user, "a new and long one", request=None, event="password.reset", now=timezone.now()
    )


def admins_button(app: App) -> None:
    app.user.is_staff = True
    app.user.save()
    app.browser.post(f"/{settings.ADMIN_PATH}/logout/")


def somebody_else(app: App) -> None:
    """Where only one may be signed in at a time."""
    bob = make_user("bob", password=PASSWORD)
    with override_settings(SESSIONS_PER_BROWSER=1):
        app.browser.post("/login?switch=1", {"username": bob.username, "password": PASSWORD})


def by_app(app: App) -> None:
    app.browser.get(f"/oauth2/logout?id_token_hint={app.tokens()['id_token']}")


def user_pk(app: App) -> object:
    return app.user.pk


WAYS: dict[str, Callable[[App], Any]] = {
    "the app, with a hint": by_app,
    "the app, and a yes on our page": lambda app: app.browser.post(
        "/oauth2/logout/confirm", "decision=sign-out", content_type="application/x-www-form-urlencoded"
    ),
    "the button on every page": lambda app: app.browser.post("/logout"),
    "the admin's own button": admins_button,
    "the account page: this session": end_on_account_page(sid),
    "the account page: everywhere": end_on_account_page(lambda app: "everywhere"),
    "the account page: another session": from_another_browser(sid),
    "the account page: all others": from_another_browser(lambda app: "others"),
    "the account page: everywhere, from elsewhere": from_another_browser(lambda app: "everywhere"),
    "an admin: this session": admin_action("session", "end", sid),
    "an admin: all of this person": lambda app: lifecycle.end_sessions(
        app.user, actor="test", now=timezone.now()
    ),
    "a changed password": change_password,
    "a password reset": reset_password,
    "a new password required": lambda app: lifecycle.require_new_password(
        app.user, actor="test", now=timezone.now()
    ),
    "the person disabled": lambda app: lifecycle.disable(app.user, actor="test", now=timezone.now()),
    "the person deleted": lambda app: admins_browser().post(
        f"{ADMIN}/user/{app.user.pk}/delete/", {"post": "yes"}
    ),
    "people deleted": admin_action("user", "delete_selected", user_pk),
    "somebody else in the same browser": somebody_else,
}


@pytest.mark.parametrize("way", WAYS)
def test_s_111_the_app_is_told_however_the_session_ended(
    app: App, receiver: Receiver, cheap_passwords: None, way: str
) -> None:
    app.user.set_password(PASSWORD)
    app.user.save()
    session = Session.objects.get()
    WAYS[way](app)
    left = Session.objects.filter(pk=session.pk).first()
    assert left is None or left.ended_at, "the session did end"
    deliver()
    assert receiver.sids == [session.sid]


def test_a_session_that_goes_on_is_not_told_of(app: App, receiver: Receiver, cheap_passwords: None) -> None:
    """The browser in which a password is changed stays signed in, and so do its apps."""
    app.user.set_password(PASSWORD)
    app.user.save()
    make_session(app.user)
    app.browser.post(
        "/account/password",
        {
            "current_password": PASSWORD,
            "new_password": "a new and long one",
            "repeated": "a new and long one",
        },
    )
    assert Session.objects.filter(ended_at=None).count() == 1
    assert not LogoutNotice.objects.exists()


def test_tokens_without_offline_access_die_and_those_with_it_live_on(
    app: App, receiver: Receiver, cheap_passwords: None
) -> None:
    """Section 2.7."""
    bound = app.tokens(scope="openid")
    offline = app.tokens(scope="openid offline_access")
    app.browser.post("/logout")
    assert app.refresh(bound["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.refresh(offline["refresh_token"]).status_code == 200
