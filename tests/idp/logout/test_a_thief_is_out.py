"""What puts a thief out takes offline access too; what only ends sessions leaves it (S-111, OIDC Core section 11)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.test import RequestFactory
from django.utils import timezone

from accounts import lifecycle, links, newcomers
from accounts.factors import keeping
from accounts.models import Session, User
from idp.models import Consent
from tests.factories import make_session
from tests.idp.app import App, location

OFFLINE = "openid email offline_access"


@pytest.fixture
def tokens(app: App) -> dict[str, Any]:
    return app.tokens(scope=OFFLINE)


@pytest.fixture
def lives_on(app: App, tokens: dict[str, Any]) -> Callable[[], bool]:
    """Whether either token still opens anything; they must agree."""

    def asked() -> bool:
        userinfo = app.userinfo(tokens["access_token"]).status_code
        refresh = app.refresh(tokens["refresh_token"]).status_code
        assert (userinfo, refresh) in {(200, 200), (401, 400)}
        return refresh == 200

    return asked


def person(app: App) -> User:
    return User.objects.get(pk=app.user.pk)  # type: ignore[union-attr]


def begun_anew(app: App) -> None:
    newcomers.begin_anew(person(app), by="test", request=RequestFactory().get("/"), now=timezone.now())


def recovered(app: App) -> None:
    lifecycle.begin_recovery(person(app), request=RequestFactory().get("/"), now=timezone.now())


def factors_reset(app: App) -> None:
    keeping.reset(person(app), actor="test", now=timezone.now())


def not_me(app: App, session: Session | None = None) -> None:
    session = session or Session.objects.get()
    token = links.issue(links.Purpose.END, person(app), session=session, now=timezone.now())
    browser = Browser()
    browser.get(f"/login/not-me/{token}")
    assert browser.post("/login/not-me")["Location"] == "/password/reset"


@pytest.mark.parametrize("way", [begun_anew, recovered, factors_reset, not_me])
def test_s_111_whoever_puts_a_thief_out_ends_offline_access(
    app: App, lives_on: Callable[[], bool], way: Callable[[App], None]
) -> None:
    way(app)
    assert not Session.objects.filter(ended_at=None).exists()
    assert not lives_on()


def test_s_111_an_account_that_is_begun_anew_has_agreed_to_nothing(app: App, tokens: dict[str, Any]) -> None:
    begun_anew(app)
    assert not Consent.objects.exists()
    app.sign_in()
    assert "/oauth2/consent/" in location(app.authorize(scope=OFFLINE))


def test_s_111_a_sign_in_that_was_not_theirs_costs_the_others_nothing(
    app: App, lives_on: Callable[[], bool]
) -> None:
    not_me(app, make_session(person(app)))
    assert lives_on()
    assert Consent.objects.exists()


def changed(app: App) -> None:
    lifecycle.set_password(
        person(app), "a new and long one", request=None, event="password.changed", now=timezone.now()
    )


def reset_by_mail(app: App) -> None:
    lifecycle.set_password(
        person(app),
        "a new and long one",
        request=None,
        event="password.reset",
        now=timezone.now(),
        by_mail=True,
    )


def ended_by_an_admin(app: App) -> None:
    lifecycle.end_sessions(person(app), actor="test", now=timezone.now())


@pytest.mark.parametrize("way", [changed, reset_by_mail, ended_by_an_admin])
def test_s_106_s_111_what_only_ends_sessions_leaves_offline_access(
    app: App, lives_on: Callable[[], bool], cheap_passwords: None, way: Callable[[App], None]
) -> None:
    way(app)
    assert not Session.objects.filter(ended_at=None).exists()
    assert lives_on()
