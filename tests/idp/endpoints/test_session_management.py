"""OIDC Session Management 1.0: off by default; session_state in every answer, the frame, and the cookie it reads."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.test import override_settings
from django.utils import timezone

from accounts import browser_state, sessions
from idp.models import Client
from tests.factories import PASSWORD, make_user
from tests.idp.app import CALLBACK, App, answer, make_client, verified
from tests.idp.flow import read_answer

pytestmark = pytest.mark.usefixtures("signing_keys")
FRAME = "/oauth2/check-session"


@pytest.fixture
def on() -> Iterator[None]:
    with override_settings(SESSION_MANAGEMENT=True):
        yield


def state_of(browser: Browser) -> str:
    """What the frame's script reads in this browser."""
    return browser.cookies["browser-state"].value


def computed(client: Client, origin: str, state: str, session_state: str) -> str:
    """Section 3.2, by other code than ours."""
    salt = session_state.partition(".")[2]
    return hashlib.sha256(f"{client.client_id} {origin} {state} {salt}".encode()).hexdigest() + "." + salt


def test_by_default_there_is_nothing_of_it(app: App) -> None:
    assert "session_state" not in answer(app.authorize())
    assert "browser-state" not in app.browser.cookies
    assert Browser().get(FRAME).status_code == 404
    assert "check_session_iframe" not in Browser().get("/.well-known/openid-configuration").json()


def test_switched_on_the_metadata_names_the_frame(on: None) -> None:
    document = Browser().get("/.well-known/openid-configuration").json()
    assert document["check_session_iframe"] == settings.ISSUER + FRAME


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_an_answer_has_what_the_frame_will_compute(on: None, app: App, mode: str) -> None:
    _, found = read_answer(app.authorize(response_mode=mode))
    known = found["session_state"]
    assert " " not in known
    assert known == computed(app.client, "https://app.example", state_of(app.browser), known)


def test_a_signed_answer_has_it_inside(on: None, app: App) -> None:
    _, found = read_answer(app.authorize(response_mode="jwt"))
    assert set(found) == {"response"}
    known = verified(found["response"], app.client.client_id)["session_state"]
    assert known == computed(app.client, "https://app.example", state_of(app.browser), known)


def test_an_error_for_nobody_has_the_state_of_nobody(on: None, make_app: Callable[..., App]) -> None:
    found = answer((app := make_app()).authorize(prompt="none"))
    assert found["error"] == "login_required"
    known = found["session_state"]
    assert known == computed(app.client, "https://app.example", browser_state.NOBODY, known)


def test_each_answer_is_salted_anew(on: None, app: App) -> None:
    assert answer(app.authorize())["session_state"] != answer(app.authorize())["session_state"]


@pytest.mark.parametrize(
    ("uri", "origin"),
    [
        ("https://App.Example:443/callback", "https://app.example"),
        ("https://app.example:8443/callback", "https://app.example:8443"),
    ],
)
def test_the_origin_is_spelled_as_a_browser_does(
    on: None, make_app: Callable[..., App], uri: str, origin: str
) -> None:
    app = make_app(make_client(redirect_uris=[uri]))
    app.sign_in()
    known = answer(app.authorize())["session_state"]
    assert known == computed(app.client, origin, state_of(app.browser), known)


def test_an_app_of_its_own_scheme_has_no_page_and_gets_none(on: None, make_app: Callable[..., App]) -> None:
    app = make_app(make_client(application_type="native", redirect_uris=["com.example.app:/callback"]))
    app.sign_in()
    assert "session_state" not in answer(app.authorize())


# The cookie.


def test_it_changes_at_sign_in_and_at_sign_out(on: None, cheap_passwords: None) -> None:
    alice, browser = make_user("alice", password=PASSWORD), Browser()
    browser.post("/login", {"username": alice.username, "password": PASSWORD})
    signed_in = state_of(browser)
    browser.get("/account/")
    assert state_of(browser) == signed_in
    browser.post("/logout")
    assert state_of(browser) == browser_state.NOBODY != signed_in
    browser.post("/login", {"username": alice.username, "password": PASSWORD})
    assert state_of(browser) not in (signed_in, browser_state.NOBODY)


def test_the_next_page_tells_of_a_session_that_ended_elsewhere(on: None, app: App) -> None:
    session = app.sign_in()
    app.browser.get("/account/")
    assert state_of(app.browser) == browser_state.of(session)
    sessions.end(session, reason="ended by an admin", now=timezone.now())
    app.browser.get("/account/")
    assert state_of(app.browser) == browser_state.NOBODY


def test_a_frame_without_the_sessions_cookie_changes_nothing(on: None, make_app: Callable[..., App]) -> None:
    """Inside another site's page the session's cookie stays behind: that is no sign-out."""
    app = make_app()
    app.browser.cookies["browser-state"] = "known"
    app.authorize(prompt="none")
    assert state_of(app.browser) == "known"


def test_it_is_for_scripts_holds_nothing_of_the_session_and_lives_as_long(on: None, app: App) -> None:
    session = app.sign_in()
    app.browser.get("/account/")
    cookie = app.browser.cookies["browser-state"]
    assert not cookie["httponly"]
    assert cookie["max-age"] == int(timedelta(days=7).total_seconds())
    assert session.sid not in cookie.value
    assert app.browser.cookies[settings.SESSION_COOKIE_NAME].value not in cookie.value


@pytest.mark.parametrize(("https", "same_site"), [(True, "None"), (False, "Lax")])
def test_over_https_it_is_read_inside_pages_of_other_sites(
    on: None, app: App, https: bool, same_site: str
) -> None:
    with override_settings(HTTPS=https):
        app.browser.get("/account/")
    cookie = app.browser.cookies["browser-state"]
    assert (cookie["samesite"], bool(cookie["secure"])) == (same_site, https)
    assert app.browser.cookies[settings.SESSION_COOKIE_NAME]["samesite"] in ("", "Lax")


# The frame.


def framed_by(referer: str | None) -> Any:
    return Browser().get(FRAME, **({} if referer is None else {"HTTP_REFERER": referer}))


def test_an_apps_page_may_frame_it(on: None) -> None:
    make_client()
    response = framed_by("https://app.example/some/page")
    assert "frame-ancestors https://app.example;" in response["Content-Security-Policy"]
    assert "X-Frame-Options" not in response
    assert "Referer" in response["Vary"]
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    "referer",
    [
        None,
        "",
        "https://mallory.example/",
        "https://app.example.mallory.example/",
        "https://pp.example/",
        "https://app.exam/",
        "https://named-in-a-query.example/",
        "http://app.example/",
        "https://app.example:8443/",
        "https://off.example/",
        "https://%/",
        "https://app.example; frame-src *",
        "https://[/",
        "javascript:alert(1)",
    ],
)
def test_s_081_nobody_else_may_frame_it(on: None, referer: str | None) -> None:
    make_client(redirect_uris=[CALLBACK, f"{CALLBACK}?from=https://named-in-a-query.example/"])
    make_client(name="Off", redirect_uris=["https://off.example/callback"], enabled=False)
    response = framed_by(referer)
    assert response.status_code == 200
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/login", "/signed-out", "/oauth2/logout", "/keys"])
def test_s_081_no_other_page_may_be_framed_by_an_app(on: None, path: str) -> None:
    make_client()
    response = Browser().get(path, HTTP_REFERER=CALLBACK)
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"


def test_s_081_its_script_is_a_file_of_ours(on: None) -> None:
    page = framed_by("https://app.example/").content.decode()
    assert page.count("<script") == 1
    assert 'src="/static/signet/check_session.js"' in page
    assert 'data-cookie="browser-state"' in page


def test_it_looks_nobody_up(on: None, app: App, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):  # whose page the Referer is
        app.browser.get(FRAME, HTTP_REFERER="https://app.example/")
