"""Userinfo, introspection and revocation: what a token opens, for whom, and how it is refused."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone

from accounts import sessions
from idp.models import RevokedToken
from tests.idp.app import ALL_SCOPES, App, make_client

ADDRESS = {"street_address": "1 Rabbit Hole", "locality": "Oxford", "country": "GB"}


def flip(token: str, part: int) -> str:
    """`token` with one character in the middle of that part changed."""
    parts = token.split(".")
    middle = len(parts[part]) // 2
    other = "A" if parts[part][middle] != "A" else "B"
    parts[part] = parts[part][:middle] + other + parts[part][middle + 1 :]
    return ".".join(parts)


# --- Userinfo ------------------------------------------------------------------------------------------


def test_userinfo_gives_what_the_scope_asked_for_and_no_empty_claims(make_app: Callable[..., App]) -> None:
    app = make_app(make_client(scopes=ALL_SCOPES.split()))
    app.sign_in()
    app.user.address, app.user.phone_number = ADDRESS, "+44 1865 270000"
    app.user.save()
    claims = app.userinfo(
        app.tokens(scope="openid profile email address phone groups")["access_token"]
    ).json()
    assert claims["sub"] == str(app.user.pk)
    assert claims["address"] == ADDRESS
    assert claims["phone_number"] == "+44 1865 270000"
    assert claims["phone_number_verified"] is False
    assert claims["email_verified"] is True
    assert claims["groups"] == []
    assert "middle_name" not in claims


def test_userinfo_shows_what_is_true_now(app: App) -> None:
    token = app.tokens()["access_token"]
    app.user.name = "Alice Hargreaves"
    app.user.save()
    assert app.userinfo(token).json()["name"] == "Alice Hargreaves"


def test_userinfo_takes_the_token_by_get_by_post_and_in_a_form(app: App) -> None:
    """INTEROP 23; the scheme in any case."""
    token = app.tokens()["access_token"]
    form = {"content_type": "application/x-www-form-urlencoded"}
    for response in (
        Browser().get("/oauth2/userinfo", HTTP_AUTHORIZATION=f"Bearer {token}"),
        Browser().get("/oauth2/userinfo", HTTP_AUTHORIZATION=f"bearer {token}"),
        Browser().post("/oauth2/userinfo", "", HTTP_AUTHORIZATION=f"Bearer {token}", **form),
        Browser().post("/oauth2/userinfo", f"access_token={token}", **form),
    ):
        assert response.status_code == 200
        assert response["Cache-Control"] == "no-store"
        assert response["Access-Control-Allow-Origin"] == "*"


def test_s_061_a_token_in_the_query_or_in_two_places_is_refused(app: App) -> None:
    token = app.tokens()["access_token"]
    in_query = Browser().get(f"/oauth2/userinfo?access_token={token}")
    assert in_query.status_code == 400
    twice = Browser().post(
        "/oauth2/userinfo",
        f"access_token={token}",
        content_type="application/x-www-form-urlencoded",
        HTTP_AUTHORIZATION=f"Bearer {token}",
    )
    assert twice.status_code == 400
    for response in (in_query, twice):  # RFC 6750 section 3: a challenge that names the error
        assert response["WWW-Authenticate"].startswith(f'Bearer realm="{settings.ISSUER}"')
        assert 'error="invalid_request"' in response["WWW-Authenticate"]


def test_without_a_token_there_is_a_challenge_without_an_error(app: App) -> None:
    response = Browser().get("/oauth2/userinfo")
    assert response.status_code == 401
    described = f"{settings.ISSUER}/.well-known/oauth-protected-resource/oauth2/userinfo"
    assert response["WWW-Authenticate"] == (
        f'Bearer realm="{settings.ISSUER}", resource_metadata="{described}"'
    )


@pytest.mark.parametrize("spoil", ["x", "a.b.c", "", "é", "x" * 70000, "eyJhbGciOiJub25lIn0.e30."])
def test_a_token_that_is_none_is_invalid_token(app: App, spoil: str) -> None:
    response = Browser().get("/oauth2/userinfo", HTTP_AUTHORIZATION=f"Bearer {spoil}")
    assert response.status_code == 401
    if spoil:
        assert 'error="invalid_token"' in response["WWW-Authenticate"]


@pytest.mark.parametrize("part", [0, 1, 2])
def test_one_changed_character_and_the_token_is_refused_everywhere(app: App, part: int) -> None:
    token = flip(app.tokens()["access_token"], part)
    response = app.userinfo(token)
    assert response.status_code == 401
    assert 'error="invalid_token"' in response["WWW-Authenticate"]
    assert app.introspect(token) == {"active": False}


def test_s_058_an_id_token_opens_nothing(app: App) -> None:
    token = app.tokens()["id_token"]
    assert app.userinfo(token).status_code == 401
    assert app.introspect(token) == {"active": False}


def test_an_expired_token_is_refused_to_the_second(app: App) -> None:
    token = app.tokens()["access_token"]
    with time_machine.travel(timezone.now() + timedelta(seconds=598), tick=False):
        assert app.userinfo(token).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(seconds=601), tick=False):
        assert app.userinfo(token).status_code == 401


def test_a_token_without_openid_is_not_enough(app: App) -> None:
    response = app.userinfo(app.tokens(scope="profile")["access_token"])
    assert response.status_code == 403
    assert 'error="insufficient_scope"' in response["WWW-Authenticate"]


def test_s_111_an_ended_session_ends_its_access_tokens_at_once(app: App) -> None:
    token = app.tokens()["access_token"]
    sessions.end_all(app.user, reason="test", now=timezone.now())
    assert app.userinfo(token).status_code == 401


# --- Introspection -------------------------------------------------------------------------------------


def test_introspection_tells_the_app_itself(app: App) -> None:
    found = app.introspect(app.tokens()["access_token"])
    assert found["active"] is True
    assert found["client_id"] == app.client.client_id
    assert found["sub"] == str(app.user.pk)
    assert {"scope", "aud", "exp", "iat", "iss", "jti"} <= set(found)


def test_introspection_tells_about_a_refresh_token_that_is_current(app: App) -> None:
    first = app.tokens()["refresh_token"]
    assert app.introspect(first)["active"] is True
    successor = app.refresh(first).json()["refresh_token"]
    assert app.introspect(first) == {"active": False}
    assert app.introspect(successor)["active"] is True


def test_s_062_a_stranger_learns_nothing_and_the_named_audience_does(
    app: App, make_app: Callable[..., App]
) -> None:
    api = make_app(make_client(name="API", grant_types=["client_credentials"]))
    token = app.tokens()["access_token"]
    assert api.introspect(token) == {"active": False}
    app.client.audiences = [api.client.client_id]
    app.client.save()
    meant_for_it = app.tokens()
    assert api.introspect(meant_for_it["access_token"])["active"] is True
    assert api.introspect(meant_for_it["refresh_token"]) == {"active": False}


def test_s_062_introspection_needs_post_and_a_secret(app: App, make_app: Callable[..., App]) -> None:
    assert Browser().get("/oauth2/introspect").status_code == 405
    assert app.post("/oauth2/introspect", {"token": "x"}, authenticate=False).status_code == 401
    public = make_app(make_client(token_endpoint_auth_method="none"))
    assert public.post("/oauth2/introspect", {"token": "x"}).status_code == 401


def test_s_062_unknown_tokens_are_exactly_inactive(app: App) -> None:
    response = app.post("/oauth2/introspect", {"token": "nonsense"})
    assert (response.status_code, response.json()) == (200, {"active": False})


# --- Revocation ----------------------------------------------------------------------------------------


def test_s_060_a_revoked_access_token_is_dead_alone(app: App) -> None:
    tokens = app.tokens()
    assert app.introspect(tokens["access_token"])["active"] is True
    assert app.post("/oauth2/revoke", {"token": tokens["access_token"]}).status_code == 200
    assert app.userinfo(tokens["access_token"]).status_code == 401
    assert app.introspect(tokens["access_token"]) == {"active": False}
    assert RevokedToken.objects.get().expires_at > timezone.now()  # remembered until it expires
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_s_060_a_revoked_refresh_token_takes_its_access_tokens_along(app: App) -> None:
    tokens = app.tokens()
    assert app.post("/oauth2/revoke", {"token": tokens["refresh_token"]}).status_code == 200
    assert app.userinfo(tokens["access_token"]).status_code == 401
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_s_060_a_revoked_machine_token_is_inactive(make_app: Callable[..., App]) -> None:
    machine = make_app(make_client(grant_types=["client_credentials"], scopes=["a"]))
    token = machine.token(grant_type="client_credentials").json()["access_token"]
    assert machine.introspect(token)["active"] is True
    machine.post("/oauth2/revoke", {"token": token})
    assert machine.introspect(token) == {"active": False}


def test_revoking_nonsense_or_twice_is_no_error(app: App) -> None:
    tokens = app.tokens()
    for _ in range(2):
        for token in (*tokens.values(), "nonsense", "a.b.c"):
            assert app.post("/oauth2/revoke", {"token": str(token)}).status_code == 200


def test_another_client_can_not_revoke(app: App, make_app: Callable[..., App]) -> None:
    tokens, other = app.tokens(), make_app(make_client(name="Other"))
    for name in ("access_token", "refresh_token"):
        assert other.post("/oauth2/revoke", {"token": tokens[name]}).status_code == 200
    assert app.userinfo(tokens["access_token"]).status_code == 200
    assert not RevokedToken.objects.exists()
