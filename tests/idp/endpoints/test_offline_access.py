"""offline_access: asked for by scope, agreed to by the person, and only then good after the visit (OIDC Core 11)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts import sessions
from idp.models import Client, Consent, Grant
from tests.idp.app import App, answer, decoded, location, make_client

OFFLINE = "openid offline_access"


def end_session(app: App) -> None:
    for session in app.user.sessions.all():  # type: ignore[union-attr]
        sessions.end(session, reason="test", now=timezone.now())


def test_who_has_not_agreed_is_asked(make_app: Callable[..., App]) -> None:
    app = make_app(consented="")
    app.sign_in()
    assert "/oauth2/consent/" in location(app.authorize(scope=OFFLINE))
    assert answer(app.authorize(scope=OFFLINE, prompt="none"))["error"] == "consent_required"


def test_who_agreed_to_less_is_asked_for_this(make_app: Callable[..., App]) -> None:
    """A saved consent is enough only where it was to this very thing."""
    app = make_app(consented="openid profile email")
    app.sign_in()
    page = app.browser.get(location(app.authorize(scope=OFFLINE))).content.decode()
    assert "while you are away" in page.lower()
    assert "code" in answer(app.authorize(scope="openid"))


def test_prompt_consent_asks_again_though_it_was_given(app: App) -> None:
    assert "/oauth2/consent/" in location(app.authorize(scope=OFFLINE, prompt="consent"))


@pytest.mark.parametrize("kind", ["id_token", "id_token token"])
def test_without_a_code_it_is_passed_over(make_app: Callable[..., App], kind: str) -> None:
    app = make_app(make_client(response_types=[kind], grant_types=["implicit"]))
    app.sign_in()
    no_pkce = {"code_challenge": None, "code_challenge_method": None}
    found = answer(app.authorize(scope=OFFLINE, response_type=kind, **no_pkce))
    assert "error" not in found
    assert "refresh_token" not in found
    assert not Grant.objects.get(client=app.client).is_offline


def test_with_it_a_refresh_outlives_the_session_and_without_it_dies(app: App) -> None:
    offline = app.tokens(scope=OFFLINE)["refresh_token"]
    online = app.tokens(scope="openid")["refresh_token"]
    end_session(app)
    assert app.refresh(offline).status_code == 200
    assert app.refresh(online).json()["error"] == "invalid_grant"


def test_it_dies_when_the_person_takes_the_consent_back(app: App) -> None:
    tokens = app.tokens(scope=OFFLINE)
    Consent.objects.all().delete()
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_an_app_that_may_not_have_it_gets_the_rest(make_app: Callable[..., App]) -> None:
    app = make_app(make_client(scopes=["openid"]))
    app.sign_in()
    tokens = app.tokens(scope=OFFLINE)
    assert tokens["scope"] == "openid"
    end_session(app)
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_the_id_token_of_a_refresh_is_of_the_same_sign_in(app: App) -> None:
    """OIDC Core section 12.2: the same iss, sub, aud and auth_time, a new iat, and no nonce."""
    first = app.tokens(scope=OFFLINE)
    before, after = (
        decoded(tokens["id_token"]) for tokens in (first, app.refresh(first["refresh_token"]).json())
    )
    assert before["nonce"]
    assert "nonce" not in after
    for name in ("iss", "sub", "aud", "auth_time", "sid", "amr"):
        assert after[name] == before[name], name
    assert after["iat"] >= before["iat"]


def test_a_first_party_app_needs_no_consent_for_it(make_app: Callable[..., App]) -> None:
    """Its admin agreed for everybody, when it was made one of their own."""
    client: Client = make_client(first_party=True)
    app: Any = make_app(client, consented="")
    app.sign_in()
    tokens = app.tokens(scope=OFFLINE)
    end_session(app)
    assert app.refresh(tokens["refresh_token"]).status_code == 200
