"""The tab of who is signed in to an app: what lives, and how one is ended."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import roles, sessions
from accounts.models import AuditEvent, Session, User
from idp.admin.sessions import PER_PAGE
from idp.models import Client, Grant
from tests.factories import make_admin, make_session, make_user, sign_in
from tests.idp.app import App, make_client

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def app() -> App:
    app = App()
    app.sign_in(user_agent=FIREFOX)
    return app


@pytest.fixture
def browser() -> Browser:
    browser = Browser()
    sign_in(browser, make_admin("olga"))
    return browser


def path(client: Client) -> str:
    return reverse("admin:idp_client_sessions", args=[client.pk])


def make_grant(client: Client, user: User, session: Session, **fields: object) -> Grant:
    now = timezone.now()
    fields = {"scope": "openid", "created_at": now, "redeemed_at": now, **fields}
    return Grant.objects.create(
        client=client, user=user, session=session, auth_time=now, code_digest="x", code_expires_at=now,
        expires_at=now + timedelta(days=1), **fields,
    )  # fmt: skip


def test_it_lists_who_is_signed_in_through_what(app: App, browser: Browser) -> None:
    tokens = app.tokens(scope="openid email")
    app.refresh(tokens["refresh_token"])
    page = browser.get(path(app.client)).text
    assert app.user is not None
    assert app.user.username in page
    assert "Firefox on Linux" in page
    assert "openid email" in page
    assert "alive, used 1×, until" in page


def test_nobody_is_signed_in_where_nobody_is(browser: Browser) -> None:
    client = make_client(name="Wiki")
    assert "Nobody is signed in to Wiki" in browser.get(path(client)).text


def test_another_apps_people_are_not_among_them(app: App, browser: Browser) -> None:
    app.tokens()
    other = make_client(name="Other", redirect_uris=["https://o.example/cb"])
    assert "Nobody is signed in" in browser.get(path(other)).text


@pytest.mark.parametrize("case", ["session ended", "grant ended", "expired", "disabled"])
def test_what_is_dead_is_not_listed(app: App, browser: Browser, case: str) -> None:
    tokens, now = app.tokens(scope="openid email"), timezone.now()
    assert app.user is not None
    if case == "session ended":
        sessions.end(Session.objects.get(user=app.user), reason="test", now=now)
    elif case == "grant ended":
        Grant.objects.update(revoked_at=now)
    elif case == "expired":
        Grant.objects.update(expires_at=now)
    else:
        User.objects.filter(pk=app.user.pk).update(is_active=False)
    assert "Nobody is signed in" in browser.get(path(app.client)).text
    assert app.refresh(tokens["refresh_token"]).status_code == 400  # and so it is with what was given


def test_offline_access_outlives_its_session(app: App, browser: Browser) -> None:
    app.tokens(scope="openid offline_access")
    sessions.end(Session.objects.get(user=app.user), reason="test", now=timezone.now())
    page = browser.get(path(app.client)).text
    assert "ended: it outlives it" in page
    assert "alive" in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"redeemed_at": None}, "none: its code was not redeemed"),
        ({"redeemed_at": timezone.now() - timedelta(days=300)}, "expired: not used since"),
    ],
    ids=["no code", "idle"],
)
def test_a_refresh_token_that_does_not_work_says_why(
    app: App, browser: Browser, fields: dict[str, object], words: str
) -> None:
    assert app.user is not None
    make_grant(app.client, app.user, Session.objects.get(user=app.user), **fields)
    assert words in browser.get(path(app.client)).text


def test_ending_one_takes_its_tokens_and_is_on_record(app: App, browser: Browser) -> None:
    tokens = app.tokens()
    grant = Grant.objects.get()
    answer = browser.post(path(app.client), {"grant": grant.pk})
    assert (answer.status_code, answer["Location"]) == (303, path(app.client))
    assert app.userinfo(tokens["access_token"]).status_code == 401
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    event = AuditEvent.objects.get(type="grant.revoked")
    assert (event.subject, event.client_id) == (f"user:{grant.user_id}", app.client.client_id)
    assert event.actor != event.subject
    assert sessions.live(Session.objects.get(user=app.user), timezone.now())
    assert "had ended already" in browser.post(path(app.client), {"grant": grant.pk}, follow=True).text


@pytest.mark.parametrize("grant", ["", "nothing", "a\x01b", "x" * 5000])
def test_s_015_what_is_no_grant_is_not_found(app: App, browser: Browser, grant: str) -> None:
    assert browser.post(path(app.client), {"grant": grant}).status_code == 404


def test_a_grant_at_another_app_is_not_ended_from_here(app: App, browser: Browser) -> None:
    app.tokens()
    other = make_client(name="Other", redirect_uris=["https://o.example/cb"])
    assert browser.post(path(other), {"grant": Grant.objects.get().pk}).status_code == 404
    assert Grant.objects.get().revoked_at is None


def test_s_130_a_viewer_looks_and_ends_nothing(app: App) -> None:
    app.tokens()
    viewer, browser = make_user("victor"), Browser()
    roles.assign(viewer, [roles.VIEWER], actor="test")
    sign_in(browser, User.objects.get(pk=viewer.pk))
    page = browser.get(path(app.client)).text
    assert "Firefox on Linux" in page
    assert 'name="grant"' not in page
    assert browser.post(path(app.client), {"grant": Grant.objects.get().pk}).status_code == 403
    assert Grant.objects.get().revoked_at is None


def test_s_130_who_may_not_see_sessions_sees_no_browser(app: App) -> None:
    app.tokens()
    manager, browser = make_user("mary"), Browser()
    roles.assign(manager, [roles.CLIENTS], actor="test")
    sign_in(browser, User.objects.get(pk=manager.pk))
    page = browser.get(path(app.client)).text
    assert "Firefox on Linux" not in page
    assert 'name="grant"' in page


def test_it_is_paged_and_costs_the_same_for_many(app: App, browser: Browser) -> None:
    counts = []
    for number in (1, PER_PAGE + 1):
        for _ in range(number):
            bob = make_user()
            make_grant(app.client, bob, make_session(bob))
        with CaptureQueriesContext(connection) as found:
            page = browser.get(path(app.client)).text
        counts.append(len(found))
    assert counts[0] == counts[1]
    assert page.count('name="grant"') == PER_PAGE
    assert "Page 1 of 2" in page
    assert browser.get(path(app.client) + "?page=2").text.count('name="grant"') == 2
    for strange in ("0", "999", "x", "-1"):
        assert browser.get(path(app.client) + f"?page={strange}").status_code == 200
