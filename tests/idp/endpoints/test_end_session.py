"""RP-initiated logout: only a valid hint ends a session unasked, and only registered addresses are followed."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.http import HttpResponse
from django.test import Client as Browser

from accounts.models import AuditEvent, Session
from tests.factories import make_user, sign_in
from tests.idp.app import App, answer, location, make_client

AFTER = "https://app.example/bye"


@pytest.fixture
def app(make_app: Callable[..., App]) -> App:
    made = make_app(make_client(post_logout_redirect_uris=[AFTER]))
    made.sign_in()
    return made


def logout(browser: Browser, **params: Any) -> HttpResponse:
    return browser.get(
        "/oauth2/logout?" + "&".join(f"{name}={quote(value)}" for name, value in params.items())
    )


def confirm(browser: Browser, params: dict[str, str]) -> HttpResponse:
    form = "application/x-www-form-urlencoded"
    return browser.post(
        "/oauth2/logout/confirm", urlencode({"decision": "sign-out", **params}), content_type=form
    )


def is_signed_in(app: App) -> bool:
    return "code" in answer(app.authorize(prompt="none"))


def test_a_valid_hint_signs_out_and_returns_with_the_state(app: App) -> None:
    hint = app.tokens()["id_token"]
    response = logout(app.browser, id_token_hint=hint, post_logout_redirect_uri=AFTER, state="ä&b")
    assert response.status_code == 303
    assert response["Location"] == f"{AFTER}?state=%C3%A4%26b"
    assert not is_signed_in(app)
    assert Session.objects.get().ended_at is not None
    assert AuditEvent.objects.filter(type="session.ended").exists()


def test_without_a_state_none_is_invented(app: App) -> None:
    hint = app.tokens()["id_token"]
    assert logout(app.browser, id_token_hint=hint, post_logout_redirect_uri=AFTER)["Location"] == AFTER


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"state": "x"},
        {"post_logout_redirect_uri": AFTER},
        {"id_token_hint": "eyJhbGciOiJub25lIn0.e30."},
        {"id_token_hint": "nonsense", "post_logout_redirect_uri": AFTER},
    ],
)
def test_s_112_without_a_valid_hint_the_person_is_asked(app: App, params: dict[str, str]) -> None:
    response = logout(app.browser, **params)
    assert response.status_code == 200
    assert b"<form" in response.content
    assert is_signed_in(app)
    done = confirm(app.browser, params)
    assert done.status_code == 200  # our own page, no redirect
    assert not is_signed_in(app)


@pytest.mark.parametrize(
    "uri", [f"{AFTER}?x=1", f"{AFTER}/", "https://mallory.example/", "javascript:alert(1)"]
)
def test_s_006_an_unregistered_address_is_never_followed(app: App, uri: str) -> None:
    hint = app.tokens()["id_token"]
    response = logout(app.browser, id_token_hint=hint, post_logout_redirect_uri=uri)
    assert response.status_code == 200
    assert not is_signed_in(app)


def test_s_006_client_id_and_a_yes_are_enough_to_return(app: App) -> None:
    """INTEROP 17 asks for a page here; with client_id its registered address may be followed after the yes."""
    params = {"client_id": app.client.client_id, "post_logout_redirect_uri": AFTER}
    assert logout(app.browser, **params).status_code == 200
    done = confirm(app.browser, params)
    assert done["Location"] == AFTER


def test_s_006_the_hint_has_to_be_the_clients_own(app: App, make_app: Callable[..., App]) -> None:
    other = make_app(make_client(name="Other"), user=app.user, browser=app.browser)
    hint = other.tokens()["id_token"]
    params = {"id_token_hint": hint, "client_id": app.client.client_id, "post_logout_redirect_uri": AFTER}
    assert logout(app.browser, **params).status_code == 200
    assert is_signed_in(app)


def test_a_hint_for_a_session_already_gone_still_returns(app: App) -> None:
    """INTEROP 18."""
    hint = app.tokens()["id_token"]
    response = logout(Browser(), id_token_hint=hint, post_logout_redirect_uri=AFTER)
    assert response["Location"] == AFTER


def test_a_hint_for_somebody_else_asks(app: App) -> None:
    hint = app.tokens()["id_token"]
    sign_in(app.browser, make_user())
    assert b"<form" in logout(app.browser, id_token_hint=hint, post_logout_redirect_uri=AFTER).content


def test_a_post_from_another_site_goes_on_as_a_get(app: App) -> None:
    hint = app.tokens()["id_token"]
    browser = Browser(enforce_csrf_checks=True)
    body = f"id_token_hint={hint}&post_logout_redirect_uri={quote(AFTER)}"
    response = browser.post("/oauth2/logout", body, content_type="application/x-www-form-urlencoded")
    assert app.browser.get(location(response))["Location"] == AFTER


def test_s_082_the_yes_needs_our_csrf_token(app: App) -> None:
    strict = Browser(enforce_csrf_checks=True)
    sign_in(strict, app.user)
    assert confirm(strict, {}).status_code == 403


def test_after_logout_the_tokens_of_the_session_are_dead(app: App) -> None:
    tokens = app.tokens()
    logout(app.browser, id_token_hint=tokens["id_token"])
    assert app.userinfo(tokens["access_token"]).status_code == 401
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_s_010_repeated_parameters_end_on_a_page(app: App) -> None:
    assert app.browser.get("/oauth2/logout?state=a&state=b").status_code == 400


@pytest.mark.parametrize("is_signed_in_still", [True, False])
@pytest.mark.parametrize(
    ("params", "reason", "received"),
    [
        (
            {"post_logout_redirect_uri": f"{AFTER}/"},
            "post_logout_redirect_uri is not registered",
            f"{AFTER}/",
        ),
        ({"id_token_hint": "nonsense"}, "unreadable", ""),
    ],
)
def test_the_developer_reads_what_was_not_taken(
    app: App, params: dict[str, str], reason: str, received: str, is_signed_in_still: bool, settings: Any
) -> None:
    browser = app.browser if is_signed_in_still else Browser()
    asked = {"client_id": app.client.client_id, **params}
    page = logout(browser, **asked)
    text = page.content.decode()
    assert page.status_code == 200
    assert reason in text
    assert received in text
    assert f"<code>{page['X-Request-Id']}</code>" in text
    settings.LOCAL = False
    assert AFTER + "<" not in logout(browser, **asked).content.decode(), (
        "what is registered is not for strangers"
    )


def test_the_developer_reads_it_where_a_valid_hint_ended_the_session(app: App) -> None:
    hint = app.tokens()["id_token"]
    text = logout(app.browser, id_token_hint=hint, post_logout_redirect_uri=f"{AFTER}/").content.decode()
    assert "You are signed out" in text
    assert "post_logout_redirect_uri is not registered" in text
    assert "For the app's developer" not in confirm(app.browser, {}).content.decode()
