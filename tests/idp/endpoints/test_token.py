"""The token endpoint: codes, refresh tokens and machines; what each is given, and each refusal."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.utils import timezone

from accounts import sessions
from accounts.models import AuditEvent
from idp.models import Client, Consent, Grant
from tests.idp.app import CALLBACK, CHALLENGE, VERIFIER, App, decoded, make_client, verified


def later(seconds: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=False)


# --- Codes ---------------------------------------------------------------------------------------------


def test_a_code_becomes_tokens(app: App) -> None:
    response = app.redeem(app.code())
    body = response.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 600
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Type"] == "application/json"


def test_the_id_token_says_who_signed_in_when_and_how(app: App) -> None:
    session = app.user.sessions.get()
    claims = verified(app.tokens(nonce="n-1")["id_token"], audience=app.client.client_id)
    assert claims["sub"] == str(app.user.pk)
    assert claims["nonce"] == "n-1"
    assert claims["auth_time"] == int(session.auth_time.timestamp())
    assert claims["amr"] == ["pwd"]
    assert claims["sid"] == session.sid
    assert claims["exp"] - claims["iat"] == 600
    assert claims["email"] == app.user.email
    assert claims["email_verified"] is True
    assert claims["preferred_username"] == app.user.username
    assert isinstance(claims["updated_at"], int)
    assert "nbf" not in claims
    assert "groups" not in claims


def test_a_lean_id_token_leaves_claims_to_userinfo(make_app: Callable[..., App]) -> None:
    app = make_app(make_client(lean_id_token=True))
    app.sign_in()
    tokens = app.tokens()
    assert "email" not in decoded(tokens["id_token"])
    assert app.userinfo(tokens["access_token"]).json()["email"] == app.user.email


def test_the_access_token_is_that_of_rfc_9068(app: App) -> None:
    import jwt

    token = app.tokens()["access_token"]
    claims = verified(token, audience=settings.ISSUER)
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"
    assert {"iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope"} <= set(claims)
    assert claims["client_id"] == app.client.client_id


def test_s_063_no_token_holds_what_is_not_asked_for(app: App) -> None:
    app.user.set_password("a password of some length")
    app.user.save()
    tokens = app.tokens(scope="openid")
    allowed = {"iss", "sub", "aud", "exp", "iat", "auth_time", "amr", "sid", "at_hash", "nonce"}
    assert set(decoded(tokens["id_token"])) == allowed
    everything = str(decoded(tokens["id_token"])) + str(decoded(tokens["access_token"]))
    assert app.user.password not in everything
    assert app.user.email not in everything


def test_without_openid_there_is_no_id_token(app: App) -> None:
    assert "id_token" not in app.tokens(scope="profile")


def test_groups_are_an_array_of_strings_also_when_empty(app: App) -> None:
    assert decoded(app.tokens(scope="openid groups")["id_token"])["groups"] == []
    app.user.groups.add(Group.objects.create(name="ops"), Group.objects.create(name="dev"))
    assert decoded(app.tokens(scope="openid groups")["id_token"])["groups"] == ["dev", "ops"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code": "nonsense"}, "invalid_grant"),
        ({"code": "a.b"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"code": ["one", "two"]}, "invalid_request"),
        ({"redirect_uri": "https://mallory.example/cb"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"code_verifier": CHALLENGE}, "invalid_grant"),
        ({"code_verifier": VERIFIER[:-1]}, "invalid_grant"),
        ({"code_verifier": VERIFIER * 30}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
    ],
)
def test_s_017_s_021_a_code_is_refused_when(app: App, change: dict[str, Any], error: str) -> None:
    code = app.code()
    response = app.redeem(code, **change)
    assert response.status_code == 400
    assert response.json()["error"] == error
    assert app.redeem(code).status_code == 200  # a refusal spends nothing


def test_s_021_a_verifier_without_a_challenge_is_refused(make_app: Callable[..., App]) -> None:
    app = make_app(make_client(require_pkce=False))
    app.sign_in()
    code = app.code(code_challenge=None, code_challenge_method=None)
    assert app.redeem(code).json()["error"] == "invalid_grant"
    assert app.redeem(code, code_verifier=None).status_code == 200


def test_s_020_a_public_app_can_not_be_freed_of_pkce() -> None:
    public = Client(
        name="SPA", redirect_uris=[CALLBACK], token_endpoint_auth_method="none", require_pkce=False
    )
    public.clean()
    assert public.require_pkce


def test_s_022_a_code_dies_after_60_seconds(app: App) -> None:
    code = app.code()
    with later(61):
        assert app.redeem(code).json()["error"] == "invalid_grant"


def test_s_022_a_code_is_stored_only_as_a_digest(app: App) -> None:
    secret = app.code().partition(".")[2]
    assert len(secret) >= 43
    assert secret not in str(Grant.objects.values().get())


def test_s_022_another_client_can_not_redeem(app: App, make_app: Callable[..., App]) -> None:
    other = make_app(make_client(name="Other"))
    code = app.code()
    assert other.redeem(code).json()["error"] == "invalid_grant"
    assert app.redeem(code).status_code == 200


def test_s_024_a_second_redemption_ends_all_that_came_of_the_first(app: App) -> None:
    code = app.code()
    tokens = app.redeem(code).json()
    assert app.redeem(code).json()["error"] == "invalid_grant"
    assert app.userinfo(tokens["access_token"]).status_code == 401
    assert app.introspect(tokens["access_token"]) == {"active": False}
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert AuditEvent.objects.filter(type="grant.code_replayed").count() == 1


def test_s_025_a_failed_client_authentication_does_not_spend_the_code(app: App) -> None:
    code, right = app.code(), app.secret
    app.secret = "wrong"
    assert app.redeem(code).status_code == 401
    app.secret = right
    assert app.redeem(code).status_code == 200


def test_a_code_of_an_ended_session_is_refused(app: App) -> None:
    code = app.code()
    sessions.end(app.user.sessions.get(), reason="test", now=timezone.now())
    assert app.redeem(code).json()["error"] == "invalid_grant"


# --- Refresh tokens ------------------------------------------------------------------------------------


def test_a_refresh_gives_a_new_pair_and_an_id_token_of_the_same_sign_in(app: App) -> None:
    first = app.tokens(nonce="n-1")
    with later(60):
        second = app.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    before, after = decoded(first["id_token"]), decoded(second["id_token"])
    for name in ("iss", "sub", "aud", "auth_time", "sid", "amr"):
        assert before[name] == after[name]  # OIDC Core section 12.2
    assert "nonce" not in after
    assert after["iat"] > before["iat"]


def test_nothing_of_a_refresh_token_is_stored(app: App) -> None:
    mac = app.tokens()["refresh_token"].rpartition(".")[2]
    assert mac not in str(Grant.objects.values().get())


def test_s_030_a_retry_within_the_grace_window_gets_the_same_successor(app: App) -> None:
    first = app.tokens()["refresh_token"]
    successor = app.refresh(first).json()["refresh_token"]
    assert app.refresh(first).json()["refresh_token"] == successor
    assert app.refresh(successor).status_code == 200


def test_s_030_never_after_the_successor_was_used(app: App) -> None:
    first = app.tokens()["refresh_token"]
    successor = app.refresh(first).json()["refresh_token"]
    newest = app.refresh(successor).json()
    assert app.refresh(first).json()["error"] == "invalid_grant"
    assert app.refresh(newest["refresh_token"]).json()["error"] == "invalid_grant"


def test_s_031_reuse_after_the_window_ends_the_family(app: App) -> None:
    first = app.tokens()["refresh_token"]
    newest = app.refresh(first).json()
    with later(11):
        assert app.refresh(first).json()["error"] == "invalid_grant"
        assert app.refresh(newest["refresh_token"]).json()["error"] == "invalid_grant"
        assert app.userinfo(newest["access_token"]).status_code == 401
    event = AuditEvent.objects.get(type="grant.refresh_reused")
    assert event.subject == f"user:{app.user.pk}"


def test_an_app_that_can_not_store_a_new_one_keeps_its_own(make_app: Callable[..., App]) -> None:
    app = make_app(make_client(rotate_refresh_tokens=False))
    app.sign_in()
    first = app.tokens()["refresh_token"]
    assert app.refresh(first).json()["refresh_token"] == first
    with later(60):
        assert app.refresh(first).json()["refresh_token"] == first


def _disable_person(app: App) -> None:
    app.user.is_active = False
    app.user.save()


def _disable_client(app: App) -> None:
    app.client.enabled = False
    app.client.save()


def _restrict(app: App) -> None:
    app.client.groups.add(Group.objects.create(name="others"))


def _end_session(app: App) -> None:
    sessions.end(app.user.sessions.get(), reason="test", now=timezone.now())


def _withdraw(app: App) -> None:
    Consent.objects.all().delete()


def _shrink_scopes(app: App) -> None:
    app.client.scopes = ["openid"]
    app.client.save()


@pytest.mark.parametrize("change", [_disable_person, _restrict, _end_session, _withdraw, _shrink_scopes])
def test_s_032_every_refresh_checks_again(app: App, change: Callable[[App], None]) -> None:
    tokens = app.tokens()
    change(app)
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.userinfo(tokens["access_token"]).status_code == 401


def _ask_for_more(app: App) -> None:
    app.client.required_acr = "urn:signet:mfa"
    app.client.save()


@pytest.mark.parametrize("change", [_disable_person, _restrict, _withdraw, _shrink_scopes, _ask_for_more])
def test_s_032_offline_access_is_checked_again_too(app: App, change: Callable[[App], None]) -> None:
    """L14 among them. No session ends here, by which the others would die in any case."""
    tokens = app.tokens(scope="openid offline_access")
    change(app)
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.userinfo(tokens["access_token"]).status_code == 401


def test_s_032_a_sign_in_of_the_level_that_is_asked_for_goes_on(app: App) -> None:
    app.sign_in(amr=["pwd", "otp", "mfa"])
    tokens = app.tokens(scope="openid offline_access")
    _ask_for_more(app)
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_s_032_a_disabled_app_is_nobody(app: App) -> None:
    tokens = app.tokens()
    _disable_client(app)
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_client"
    assert app.userinfo(tokens["access_token"]).status_code == 401


def test_offline_access_outlives_the_session(app: App) -> None:
    tokens = app.tokens(scope="openid offline_access")
    _end_session(app)
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_s_033_a_refresh_token_dies_idle_and_in_the_end(app: App) -> None:
    token = app.tokens(scope="openid offline_access")["refresh_token"]
    with later(31 * 86400):
        assert app.refresh(token).json()["error"] == "invalid_grant"
    for day in range(20, 180, 20):
        with later(day * 86400):
            token = app.refresh(token).json()["refresh_token"]
    with later(181 * 86400):
        assert app.refresh(token).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: t[:-1],
        lambda t: t + "A",
        lambda t: t.swapcase(),
        lambda t: t.replace(".0.", ".1."),
        lambda t: ("B" if t[0] == "A" else "A") + t[1:],
        lambda t: "",
        lambda t: "..",
        lambda t: "a.b.c",
        lambda t: "é.0.x",
        lambda t: t * 10,
    ],
)
def test_s_034_a_refresh_token_that_was_touched_is_refused(app: App, spoil: Callable[[str], str]) -> None:
    token = app.tokens()["refresh_token"]
    spoiled = spoil(token)
    error = app.refresh(spoiled).json()["error"]
    assert error == ("invalid_grant" if spoiled else "invalid_request")
    assert app.refresh(token).status_code == 200


def test_s_034_scope_only_shrinks_and_a_refusal_spends_nothing(app: App) -> None:
    token = app.tokens(scope="openid profile")["refresh_token"]
    assert app.refresh(token, scope="openid profile email").json()["error"] == "invalid_scope"
    narrower = app.refresh(token, scope="openid").json()
    assert narrower["scope"] == "openid"
    assert "name" not in decoded(narrower["id_token"])
    assert app.refresh(narrower["refresh_token"]).json()["scope"] == "openid profile"


def test_s_034_another_client_can_not_refresh(app: App, make_app: Callable[..., App]) -> None:
    token = app.tokens()["refresh_token"]
    assert make_app(make_client(name="Other")).refresh(token).json()["error"] == "invalid_grant"
    assert app.refresh(token).status_code == 200


def test_a_code_is_no_refresh_token_and_the_other_way_round(app: App) -> None:
    code = app.code()
    assert app.refresh(code).json()["error"] == "invalid_grant"
    assert app.redeem(app.tokens()["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_grant_that_was_never_redeemed_has_no_refresh_token(app: App) -> None:
    from idp.tokens import refresh

    app.code()
    assert app.refresh(refresh.token(Grant.objects.get(), 0)).json()["error"] == "invalid_grant"


def test_an_app_without_the_grant_type_gets_no_refresh_token(make_app: Callable[..., App]) -> None:
    app = make_app(make_client(grant_types=["authorization_code"]))
    app.sign_in()
    assert "refresh_token" not in app.tokens()


# --- Machines ------------------------------------------------------------------------------------------


@pytest.fixture
def machine(make_app: Callable[..., App]) -> App:
    return make_app(
        make_client(grant_types=["client_credentials"], scopes=["openid", "reports:read", "reports:write"])
    )


def test_s_043_a_machine_gets_an_access_token_for_itself_and_nothing_else(machine: App) -> None:
    before = Grant.objects.count(), AuditEvent.objects.count()
    body = machine.token(grant_type="client_credentials").json()
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    claims = verified(body["access_token"], audience=settings.ISSUER)
    assert claims["sub"] == claims["client_id"] == machine.client.client_id
    assert claims["scope"] == "reports:read reports:write"
    assert (Grant.objects.count(), AuditEvent.objects.count()) == before
    assert machine.userinfo(body["access_token"]).status_code == 403


def test_a_machine_may_ask_for_less_and_not_for_more(machine: App) -> None:
    asked = machine.token(grant_type="client_credentials", scope="reports:read").json()
    assert asked["scope"] == "reports:read"
    refused = machine.token(grant_type="client_credentials", scope="openid admin")
    assert refused.json()["error"] == "invalid_scope"


# --- Client authentication ------------------------------------------------------------------------------


def test_s_040_the_registered_method_and_no_other(make_app: Callable[..., App]) -> None:
    app = make_app(make_client(token_endpoint_auth_method="client_secret_post"))
    app.sign_in()
    code = app.code()
    by_basic = app.redeem(code)
    assert by_basic.status_code == 401
    assert "client_secret_post" in by_basic.json()["error_description"]
    form = {"client_id": app.client.client_id, "client_secret": app.secret}
    good = app.post(
        "/oauth2/token",
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **form,
        },
        authenticate=False,
    )
    assert good.status_code == 200


def test_s_040_two_methods_at_once_are_refused(app: App) -> None:
    code = app.code()
    response = app.redeem(code, client_id=app.client.client_id, client_secret=app.secret)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Basic ")
    assert app.redeem(code, client_id=app.client.client_id).status_code == 200


def test_s_040_a_confidential_app_does_not_get_by_without_its_secret(app: App) -> None:
    params = {"grant_type": "authorization_code", "code": app.code(), "client_id": app.client.client_id}
    response = app.post("/oauth2/token", params, authenticate=False)
    assert response.status_code == 401


def test_a_public_app_needs_no_secret_but_pkce(make_app: Callable[..., App]) -> None:
    app = make_app(make_client(token_endpoint_auth_method="none"))
    app.sign_in()
    code = app.code()
    assert app.redeem(code, code_verifier=None).json()["error"] == "invalid_grant"
    assert app.redeem(code).status_code == 200


def test_a_secret_with_odd_characters_arrives_by_its_url_encoding(app: App) -> None:
    """INTEROP 7, RFC 6749 section 2.3.1."""
    from idp.clients.authentication import SECRET
    from idp.protocol import secrets

    app.secret = "p:ä+%20 &="
    app.client.secrets.update(digest=secrets.digest(app.secret, SECRET))
    app.client.touch()
    assert app.redeem(app.code()).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic YQ==",
        "Basic Og==",
        "Basic OmE=",
        "Basic /////w==",
        "Basic YTolRkY=",
        "Basic YTolMDA=",
        "Bearer abc",
        "Negotiate",
        "Basic " + "A" * 5000,
    ],
)
def test_s_041_malformed_basic_is_401(app: App, header: str) -> None:
    response = app.post("/oauth2/token", {"grant_type": "authorization_code"}, HTTP_AUTHORIZATION=header)
    assert response.status_code == 401
    assert response.json()["error"] == "invalid_client"


def test_s_041_an_unknown_client_and_a_wrong_secret_get_the_same_answer(app: App) -> None:
    app.secret = "wrong"
    wrong = app.token(grant_type="authorization_code")
    app.client.client_id = "nobody"
    unknown = app.token(grant_type="authorization_code")
    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content)
    assert wrong["WWW-Authenticate"] == unknown["WWW-Authenticate"]


def test_s_042_two_secrets_live_side_by_side(app: App) -> None:
    from idp.clients import secrets

    first = app.secret
    second = secrets.issue(app.client, timezone.now())
    for app.secret in (first, second):
        assert app.redeem(app.code()).status_code == 200


def test_s_102_wrong_secrets_are_slowed_down_and_the_right_one_still_works(app: App) -> None:
    code, right = app.code(), app.secret
    app.secret = "wrong"
    statuses = [app.token(grant_type="authorization_code").status_code for _ in range(15)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    slowed = app.token(grant_type="authorization_code")
    assert int(slowed["Retry-After"]) > 0
    app.secret = right
    assert app.redeem(code).status_code == 200


# --- The endpoint --------------------------------------------------------------------------------------


def test_get_is_405_with_allow(app: App) -> None:
    response = Browser().get("/oauth2/token")
    assert response.status_code == 405
    assert "POST" in response["Allow"]


def test_parameters_in_the_query_do_not_count(app: App) -> None:
    response = app.post(f"/oauth2/token?grant_type=authorization_code&code={app.code()}", {})
    assert response.json()["error"] == "invalid_request"


def test_only_a_form_is_read(app: App) -> None:
    response = Browser().post("/oauth2/token", {"grant_type": "x"}, content_type="application/json")
    assert response.json()["error"] == "invalid_request"


def test_errors_can_be_read_from_a_page_of_another_origin(app: App) -> None:
    """INTEROP 5."""
    refused = app.post("/oauth2/token", {"grant_type": "nonsense"}, HTTP_ORIGIN="https://spa.example")
    assert refused["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in refused
    preflight = Browser().options("/oauth2/token", HTTP_ORIGIN="https://spa.example")
    assert preflight.status_code == 204
    assert "Authorization" in preflight["Access-Control-Allow-Headers"]


def test_the_token_endpoint_needs_no_csrf_token_and_sets_no_cookie(app: App) -> None:
    browser = Browser(enforce_csrf_checks=True)
    response = browser.post("/oauth2/token", "grant_type=x", content_type="application/x-www-form-urlencoded")
    assert response.status_code == 401
    assert not response.cookies
