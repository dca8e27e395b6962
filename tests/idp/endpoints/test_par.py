"""Pushed authorization requests: from the push to the code, and each that is refused (RFC 9126)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from accounts.throttling import Limit
from idp.authorization import keeping
from idp.clients import remote_keys
from idp.models import PushedRequest, SavedRequest
from tests.idp.app import VERIFIER, App, answer, make_client
from tests.idp.proofs import Holder
from tests.idp.signing_app import SigningApp, make_signing_client, sign

pytestmark = pytest.mark.django_db
PATH = "/oauth2/par"


@pytest.fixture(autouse=True)
def fresh(signing_keys: None) -> None:
    remote_keys.forget()


@pytest.fixture
def app() -> App:
    app = App(make_client())
    app.sign_in()
    return app


@pytest.fixture
def signing() -> SigningApp:
    app = SigningApp(make_signing_client(), secret="-")
    app.sign_in()
    return app


def push(app: App, **changes: Any) -> HttpResponse:
    return app.post(PATH, app.request(**changes))


def pushed(app: App, **changes: Any) -> str:
    response = push(app, **changes)
    assert response.status_code == 201, response.content
    uri: str = response.json()["request_uri"]
    return uri


def follow(app: App, request_uri: str, **outside: Any) -> HttpResponse:
    return app.browser.get(
        "/oauth2/authorize", {"client_id": app.client.client_id, "request_uri": request_uri, **outside}
    )


def test_a_pushed_request_ends_with_a_code_that_is_good(app: App) -> None:
    """par-without-duplicate-parameters: client_id and request_uri alone are enough."""
    found = answer(follow(app, pushed(app)))
    assert found["state"] == app.request()["state"]
    assert app.redeem(found["code"]).status_code == 200


def test_discovery_says_where_and_whether_one_has_to() -> None:
    document = Browser().get("/.well-known/openid-configuration").json()
    assert document["pushed_authorization_request_endpoint"] == f"{settings.ISSUER}{PATH}"
    assert document["require_pushed_authorization_requests"] is False


def test_the_answer_is_that_of_rfc_9126(app: App) -> None:
    response = push(app)
    body = response.json()
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    assert body["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert len(body["request_uri"].rpartition(":")[2]) == 43
    assert 5 <= body["expires_in"] <= 600


def test_what_is_sent_beside_the_request_uri_does_not_count(app: App) -> None:
    found = answer(
        follow(app, pushed(app), state="outside", redirect_uri="https://mallory.example/", prompt="login")
    )
    assert found["state"] == app.request()["state"]
    assert "code" in found


def test_a_public_app_pushes_too() -> None:
    app = App(make_client(token_endpoint_auth_method="none"))
    app.sign_in()
    assert app.redeem(answer(follow(app, pushed(app)))["code"]).status_code == 200


def test_an_app_that_signs_its_assertion_pushes_too(signing: SigningApp) -> None:
    assert signing.redeem(answer(follow(signing, pushed(signing)))["code"]).status_code == 200
    kept = pushed(signing).rpartition(":")[2]
    assert not [name for name in PushedRequest.objects.get(pk=kept).params if name.startswith("client_a")]


def test_a_parameter_that_may_repeat_may_repeat_here(app: App) -> None:
    response = push(app, resource=["https://api.example/one", "https://api.example/two"])
    assert response.json()["error"] == "invalid_target"


def test_the_proof_at_the_push_binds_the_code_to_its_key() -> None:
    """ensure-dpopproof-at-par-endpoint-binding-success, ensure-mismatched-dpop-jkt-fails (RFC 9449 section 10.1)."""
    app = App(make_client())
    app.sign_in()
    key, uri = Holder(), f"{settings.ISSUER}{PATH}"
    request_uri = app.post(PATH, app.request(), HTTP_DPOP=key.proof(uri)).json()["request_uri"]
    code = answer(follow(app, request_uri))["code"]
    exchange = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": app.client.redirect_uris[0],
        "code_verifier": VERIFIER,
    }
    assert app.post("/oauth2/token", exchange).status_code == 400
    assert app.post("/oauth2/token", exchange, HTTP_DPOP=Holder().proof()).status_code == 400
    assert app.post("/oauth2/token", exchange, HTTP_DPOP=key.proof()).status_code == 200
    other = app.post(PATH, app.request(dpop_jkt="x" * 43), HTTP_DPOP=key.proof(uri))
    assert other.json()["error"] == "invalid_dpop_proof"


def test_no_secret_is_kept_with_the_request(app: App) -> None:
    app.client.token_endpoint_auth_method = "client_secret_post"
    app.client.save()
    body = {**app.request(), "client_secret": app.secret}
    assert app.post(PATH, body, authenticate=False).status_code == 201
    assert app.secret not in str(PushedRequest.objects.get().params)


def test_a_signed_request_may_be_pushed(signing: SigningApp) -> None:
    response = signing.post(PATH, {"request": signing.request_object(), "state": "outside", "scope": "email"})
    found = answer(follow(signing, response.json()["request_uri"]))
    assert found["state"] == signing.request()["state"]


# How long it lives (INTEROP 29).


def test_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds() -> None:
    app = App(make_client())
    uri = pushed(app)
    first, again = follow(app, uri), follow(app, uri)
    assert (first.status_code, again.status_code) == (303, 303)
    app.sign_in()
    one, two = SavedRequest.objects.all()
    assert "code" in answer(app.browser.get(f"/oauth2/authorize/{one.pk}"))
    assert app.browser.get(f"/oauth2/authorize/{two.pk}").status_code == 410


def test_par_attempt_reuse_request_uri(app: App) -> None:
    uri = pushed(app)
    assert "code" in answer(follow(app, uri))
    assert follow(app, uri).status_code == 410


def test_an_error_is_the_end_of_it_too(app: App) -> None:
    uri = pushed(app, prompt="none", max_age="0")
    assert answer(follow(app, uri))["error"] == "login_required"
    assert follow(app, uri).status_code == 410


def test_par_attempt_to_use_expired_request_uri(app: App) -> None:
    uri = pushed(app)
    with time_machine.travel(timezone.now() + timedelta(seconds=91)):
        app.sign_in()
        assert follow(app, uri).status_code == 410


def test_who_has_opened_it_in_time_may_take_longer_to_sign_in() -> None:
    app = App(make_client())
    follow(app, pushed(app))
    with time_machine.travel(timezone.now() + timedelta(minutes=30)):
        app.sign_in()
        assert "code" in answer(app.browser.get(f"/oauth2/authorize/{SavedRequest.objects.get().pk}"))


def test_par_attempt_to_use_request_uri_for_different_client(app: App) -> None:
    uri = pushed(app)
    other = App(make_client(), user=app.user, browser=app.browser)
    assert follow(other, uri).status_code == 410
    sent_back = answer(follow(other, uri, redirect_uri=other.client.redirect_uris[0]))
    assert sent_back["error"] == "invalid_request_uri"
    assert "code" in answer(follow(app, uri))


@pytest.mark.parametrize("uri", ["urn:ietf:params:oauth:request_uri:", "urn:ietf:params:oauth:request_uri:x"])
def test_an_unknown_request_uri_ends_on_our_page(uri: str, app: App) -> None:
    assert follow(app, uri).status_code == 410


# What is refused at the push, as JSON.


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"redirect_uri": "https://mallory.example/cb"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "unheard"}, "invalid_scope"),
        ({"client_id": "another"}, "invalid_request"),
        ({"request": "a.b.c"}, "request_not_supported"),
        ({"state": ["a", "b"]}, "invalid_request"),
    ],
    ids=str,
)
def test_a_push_is_refused_with(changes: dict[str, Any], error: str, app: App) -> None:
    """par-authorization-request-containing-request_uri-form-param, par-ensure-pkce-required, par-plain-pkce-rejected,
    ensure-registered-redirect-uri, ensure-response-type-code-idtoken-fails, -token-fails."""
    response = push(app, **changes)
    found = response.json()["error"]
    if changes.get(
        "client_id"
    ):  # the Authorization header names the app, so this is a second proof of who it is
        assert (response.status_code, found) == (401, "invalid_client")
    elif error == "unsupported_response_type":
        assert found in (error, "unauthorized_client")
    else:
        assert (response.status_code, found) == (400, error)
    assert not PushedRequest.objects.exists()


def test_par_attempt_invalid_http_method(app: App) -> None:
    response = Browser().get(PATH, app.request())
    assert response.status_code == 405
    assert "POST" in response["Allow"]


def test_a_push_needs_the_apps_proof(app: App, signing: SigningApp) -> None:
    bare = app.post(PATH, app.request(), authenticate=False)
    assert (bare.status_code, bare.json()["error"]) == (401, "invalid_client")
    again = sign(signing.claims())
    assert signing.post(PATH, {**signing.request(), **signing.proof(again)}).status_code == 201
    assert (
        signing.post(PATH, {**signing.request(), **signing.proof(again)}).json()["error"] == "invalid_client"
    )


def test_a_bad_request_object_is_refused_at_the_push(signing: SigningApp) -> None:
    response = signing.post(PATH, {"request": signing.request_object(aud="https://mallory.example")})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request_object")


# Who has to push.


def test_ensure_unsigned_authorization_request_without_using_par_fails(app: App) -> None:
    app.client.require_pushed_authorization_requests = True
    app.client.save()
    assert answer(app.authorize())["error"] == "invalid_request"
    assert "code" in answer(follow(app, pushed(app)))


def test_a_signed_request_is_no_pushed_one(signing: SigningApp) -> None:
    signing.client.require_pushed_authorization_requests = True
    signing.client.save()
    by_value = {"client_id": signing.client.client_id, "request": signing.request_object()}
    assert answer(signing.browser.get("/oauth2/authorize", by_value))["error"] == "invalid_request"


def test_the_operator_may_want_it_of_all_apps(app: App, settings: Any) -> None:
    settings.REQUIRE_PUSHED_REQUESTS = True
    assert answer(app.authorize())["error"] == "invalid_request"
    assert "code" in answer(follow(app, pushed(app)))


def test_ensure_unsigned_request_at_par_endpoint_fails(signing: SigningApp) -> None:
    signing.client.require_signed_request_object = True
    signing.client.save()
    assert push(signing).json()["error"] == "invalid_request"
    response = signing.post(PATH, {"request": signing.request_object()})
    assert "code" in answer(follow(signing, response.json()["request_uri"]))


def test_a_push_is_forgotten_when_no_one_can_come_back_to_it(app: App) -> None:
    pushed(app)
    with time_machine.travel(timezone.now() + timedelta(minutes=30)):
        call_command("purge", verbosity=0)
        assert PushedRequest.objects.exists()
    with time_machine.travel(timezone.now() + timedelta(minutes=62)):
        call_command("purge", verbosity=0)
        assert not PushedRequest.objects.exists()


def test_s_014_a_public_app_keeps_only_what_is_read_and_is_counted_by_block(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M7: a public app proves nothing, so anybody may push in its name."""
    public = App(make_client(token_endpoint_auth_method="none"), user=app.user)
    monkeypatch.setattr(keeping._throttle, "subject_limit", Limit(free=3, step=60, longest=60))
    answers = [public.post(PATH, {**public.request(), "pad": "x" * 200_000}) for _ in range(10)]
    assert answers[0].status_code == 201
    assert answers[-1].status_code == 429
    assert "Retry-After" in answers[-1]
    assert PushedRequest.objects.count() <= 4
    assert "pad" not in PushedRequest.objects.first().params
    assert push(app).status_code == 201  # whoever proves who they are is not counted


def test_s_014_what_is_pushed_is_bounded_in_all(app: App) -> None:
    refused = push(app, login_hint="x" * 17_000)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
