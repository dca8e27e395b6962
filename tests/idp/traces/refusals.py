"""Every kind of refusal, each with the check that its trace has to name and the facts that show the true cause.

A row is a request that is refused at one place of the code; `test_every_refusal` asks for a row for each place.
"""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import time_machine
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from accounts import sessions
from idp.authorization import keeping, request_object
from idp.authorization.steps import Wishes
from idp.endpoints import device_authorization, registration
from idp.models import Api, Client, Consent, DeviceAuthorization, Grant, SavedRequest
from idp.outbound import Fetched, Unreachable
from idp.protocol import resources as resource_rules
from idp.tokens import refresh
from tests.idp.app import CALLBACK, CHALLENGE, App
from tests.idp.endpoints import test_device as devices
from tests.idp.endpoints import test_registration as registering
from tests.idp.proofs import Holder
from tests.idp.signing_app import key_set, sign
from tests.idp.traces.world import FORM, MAIL, WIKI, World

ANY = object()  # a fact that is there, whatever it says
Run = Callable[[World], HttpResponse]


@dataclass
class Case:
    """`check` None is for what leaves no trace: a step on the way."""

    name: str
    endpoint: str
    check: str | None
    run: Run
    facts: dict[str, Any] = field(default_factory=dict)


CASES: list[Case] = []


def case(endpoint: str, check: str | None, **facts: Any) -> Callable[[Run], Run]:
    def add(run: Run) -> Run:
        CASES.append(Case(run.__name__, endpoint, check, run, facts))
        return run

    return add


def later(seconds: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=False)


# --- The authorization request, by one parameter that is changed ------------------------------------

CHANGES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("no client_id", {"client_id": None}, "client", {}),
    ("an app that is not known", {"client_id": "nobody"}, "client", {"received": "nobody"}),
    ("no redirect_uri", {"redirect_uri": None}, "redirect-uri", {"expected": [CALLBACK]}),
    (
        "another redirect_uri",
        {"redirect_uri": f"{CALLBACK}/"},
        "redirect-uri",
        {"expected": [CALLBACK], "received": f"{CALLBACK}/"},
    ),
    ("request and request_uri", {"request": "e30.e30.", "request_uri": "urn:x"}, "request-source", {}),
    ("no response_type", {"response_type": None}, "parameter-missing", {"parameter": "response_type"}),
    ("a response_type", {"response_type": "token"}, "response-type", {"expected": ["code"], "received": "token"}),
    ("a response_mode", {"response_mode": "pigeon"}, "response-mode", {"received": "pigeon"}),
    ("a scope that is malformed", {"scope": 'a"b'}, "scope", {}),
    ("a scope that is not allowed", {"scope": "admin"}, "scope", {"expected": ANY, "received": ["admin"]}),
    ("claims that are no JSON", {"claims": "{"}, "claims", {}),
    ("claims with a number for sub", {"claims": '{"id_token": {"sub": {"value": 1}}}'}, "claims", {}),
    ("a display", {"display": "wall"}, "display", {}),
    ("languages", {"ui_locales": "de,en"}, "display", {"parameter": "ui_locales"}),
    ("a resource that is no address", {"resource": "wiki"}, "resource", {"received": "wiki"}),
    ("too many resources", {"resource": " ".join(f"https://{n}.example/" for n in range(11))}, "resource", {
        "expected": resource_rules.MAX_RESOURCES, "received": 11,
    }),
    ("a resource that is not known", {"resource": WIKI}, "resource-known", {"expected": [], "received": [WIKI]}),
    (
        "a level that is not on the ladder",
        {"claims": '{"id_token": {"acr": {"essential": true, "values": ["gold"]}}}'},
        "acr",
        {"received": ["gold"], "expected": ANY},
    ),
    ("no challenge", {"code_challenge": None, "code_challenge_method": None}, "pkce-challenge", {}),
    ("a method without a challenge", {"code_challenge": None}, "pkce-challenge", {"received": "S256"}),
    ("PKCE by plain", {"code_challenge_method": "plain"}, "pkce-challenge", {"received": "plain"}),
    ("a short challenge", {"code_challenge": "short"}, "pkce-challenge", {"received": "5 characters"}),
    ("a thumbprint", {"dpop_jkt": "short"}, "dpop-jkt", {}),
    ("a prompt", {"prompt": "please"}, "prompt", {"received": ["please"]}),
    ("none and another prompt", {"prompt": "none login"}, "prompt", {"received": ["login", "none"]}),
    ("max_age", {"max_age": "1h"}, "max-age", {"received": "1h"}),
    ("a hint that is no token", {"id_token_hint": "x"}, "id-token-hint", {}),
    ("a hint that is encrypted", {"id_token_hint": "a.b.c.d.e"}, "id-token-hint", {}),
    ("a state that is too long", {"state": "x" * 2049}, "parameter-length", {
        "parameter": "state", "expected": 2048, "received": 2049,
    }),
    ("a request_uri", {"request_uri": "https://app.example/r"}, "request-uri", {
        "expected": [], "received": "https://app.example/r",
    }),
]  # fmt: skip


def _changed(name: str, changes: dict[str, Any], check: str, facts: dict[str, Any]) -> None:
    CASES.append(Case(name, "authorize", check, lambda w: w.app().authorize(**changes), facts))


for row in CHANGES:
    _changed(*row)


@case("authorize", "parameter-repeated", parameter="client_id")
def client_id_twice(w: World) -> HttpResponse:
    return Browser().get("/oauth2/authorize?client_id=one&client_id=two")


@case("authorize", "parameters")
def a_control_character(w: World) -> HttpResponse:
    return Browser().get("/oauth2/authorize?client_id=%00")


@case("authorize", "parameters", most=200)
def no_utf_8(w: World) -> HttpResponse:
    return Browser().get("/oauth2/authorize?client_id=%ff")


@case("authorize", "response-mode", received="query")
def a_token_in_the_query(w: World) -> HttpResponse:
    app = w.app(response_types=["code", "code id_token"])
    return app.authorize(response_type="code id_token", response_mode="query")


@case("authorize", "parameter-missing", parameter="nonce")
def no_nonce(w: World) -> HttpResponse:
    return w.app(response_types=["code id_token"]).authorize(response_type="code id_token", nonce=None)


@case("authorize", "scope", expected="openid", received=["email"])
def an_id_token_without_openid(w: World) -> HttpResponse:
    return w.app(response_types=["code id_token"]).authorize(response_type="code id_token", scope="email")


@case("authorize", "response-type", expected="code", received="code token")
def a_bound_token_through_the_browser(w: World) -> HttpResponse:
    app = w.app(response_types=["code token"])
    Client.objects.filter(pk=app.client.pk).update(dpop_bound_access_tokens=True)
    return app.authorize(response_type="code token")


@case("authorize", "grant-allowed", expected="authorization_code", received=["client_credentials"])
def an_app_for_machines(w: World) -> HttpResponse:
    return w.app(grant_types=["client_credentials"]).authorize()


@case("authorize", "app-key")
def a_secret_that_cannot_sign(w: World) -> HttpResponse:
    app = w.app(response_types=["code id_token"])
    Client.objects.filter(pk=app.client.pk).update(id_token_signed_response_alg="HS256", revision="x")
    return app.authorize(response_type="code id_token")


@case("authorize", "app-key")
def no_key_to_encrypt_to(w: World) -> HttpResponse:
    app = w.app(response_types=["code id_token"], jwks=key_set())
    alg = {"id_token_encrypted_response_alg": "RSA-OAEP-256", "id_token_encrypted_response_enc": "A256GCM"}
    Client.objects.filter(pk=app.client.pk).update(**alg, revision="x")
    return app.authorize(response_type="code id_token")


@case("authorize", "resource-known", received=[WIKI, MAIL])
def resources_of_different_signatures(w: World) -> HttpResponse:
    app = w.with_apis()
    Api.objects.filter(identifier=MAIL).update(access_token_signed_response_alg="ES256")
    return w.for_resources(app, WIKI, MAIL)


@case("authorize", "request-pushed")
def a_plain_request_where_pushed_ones_are_wanted(w: World) -> HttpResponse:
    return w.app(require_pushed_authorization_requests=True).authorize()


@case("authorize", "request-signed")
def a_plain_request_where_signed_ones_are_wanted(w: World) -> HttpResponse:
    return w.signer(require_signed_request_object=True).authorize()


@case("authorize", "request-waiting", lives_for_seconds=ANY)
def a_pushed_request_that_is_gone(w: World) -> HttpResponse:
    app = w.app()
    gone = {"client_id": app.client.client_id, "request_uri": "urn:ietf:params:oauth:request_uri:gone"}
    return app.browser.get("/oauth2/authorize", gone)


@case("authorize", "request-waiting")
def a_sign_in_that_is_over(w: World) -> HttpResponse:
    return w.app().browser.get("/oauth2/authorize/long-gone")


@case("authorize", "request-object", alg="none", alg_allowed=ANY)
def a_request_that_nobody_signed(w: World) -> HttpResponse:
    return w.object(w.app(), "eyJhbGciOiJub25lIn0.e30.")


@case("authorize", "request-object", alg="ES256", kid="two", alg_allowed=ANY)
def a_request_by_another_key(w: World) -> HttpResponse:
    app = w.signer()
    return w.object(app, app.request_object(header={"name": "two"}))


@case("authorize", "request-object", seconds_late=100)
def a_request_that_expired(w: World) -> HttpResponse:
    app, now = w.signer(), int(time.time())
    with time_machine.travel(now, tick=False):
        return w.object(app, app.request_object(exp=now - 100))


@case("authorize", "request-object-contents")
def a_request_in_a_request(w: World) -> HttpResponse:
    app = w.signer()
    return w.object(app, app.request_object(request_uri="urn:x"))


@case("authorize", "request-object-contents", received="other")
def a_request_object_of_another_app(w: World) -> HttpResponse:
    app = w.signer()
    return w.object(app, app.request_object(client_id="other"))


@case("authorize", "request-object-contents", outside="code", inside="id_token")
def two_response_types(w: World) -> HttpResponse:
    app = w.signer()
    return w.object(app, app.request_object(response_type="id_token"))


@case("authorize", "request-object-contents", parameter="state")
def a_list_in_a_request_object(w: World) -> HttpResponse:
    app = w.signer()
    return w.object(app, app.request_object(state=["a", "b"]))


REQUEST_URI = "https://app.example/request.jwt"


def fetched(w: World, found: Fetched | Exception) -> HttpResponse:
    def fetch(uri: str) -> Fetched:
        if isinstance(found, Exception):
            raise found
        return found

    request_object.forget()
    w.monkeypatch.setattr(request_object.outbound, "fetch_for_strangers", fetch)
    app = w.signer(request_uris=[REQUEST_URI])
    params = {"client_id": app.client.client_id, "request_uri": REQUEST_URI}
    return app.browser.get("/oauth2/authorize", {**app.request(), **params})


@case("authorize", "request-uri-fetched")
def an_address_that_does_not_answer(w: World) -> HttpResponse:
    return fetched(w, Unreachable("too slow"))


@case("authorize", "request-uri-fetched")
def an_address_where_nothing_is(w: World) -> HttpResponse:
    return fetched(w, Fetched(404, "text/html", b""))


@case("authorize", "request-uri-fetched", most_in_a_minute=0)
def an_address_that_is_fetched_too_often(w: World) -> HttpResponse:
    w.monkeypatch.setattr(request_object, "MOST_FETCHES", 0)
    w.monkeypatch.setattr(request_object.Share, "take", lambda self, now: self._taken.maxlen != 0)
    return fetched(w, Unreachable("never asked"))


# --- The person -------------------------------------------------------------------------------------


@case("authorize", "sign-in", somebody_is_signed_in=False, the_hint_names_somebody=False)
def nobody_is_here(w: World) -> HttpResponse:
    app = w.app()
    app.browser = Browser()
    return app.authorize(prompt="none")


@case("authorize", "account-choice")
def a_choice_in_silence(w: World) -> HttpResponse:
    app = w.app()
    w.monkeypatch.setattr("idp.endpoints.authorize.wishes_of", _choosing)
    return app.authorize(prompt="none")


def _choosing(asked: Any, asked_at: Any) -> Any:
    """No request that passes asks for both; the decision has an answer all the same."""
    return Wishes(frozenset({"none", "select_account"}), None, "", asked_at)


@case("authorize", "sign-in-fresh", max_age=60, seconds_since_sign_in=ANY)
def a_sign_in_that_is_too_old(w: World) -> HttpResponse:
    app = w.app()
    app.sign_in(now=timezone.now() - timedelta(hours=1))
    return app.authorize(prompt="none", max_age="60")


def demanding(w: World) -> App:
    w.settings.ACR_LADDER = {"low": frozenset({"pwd"}), "high": frozenset({"pwd", "otp"})}
    app = w.app()
    Client.objects.filter(pk=app.client.pk).update(required_acr="high", revision="x")
    return app


@case("authorize", "sign-in-fresh", received=["low"])
def a_sign_in_that_is_too_weak(w: World) -> HttpResponse:
    app = demanding(w)
    w.monkeypatch.setattr("idp.endpoints.authorize._could_prove", lambda session: {"pwd", "otp"})
    return app.authorize(prompt="none")


@case("authorize", "acr-reached", expected=["high"], received=["low"])
def a_level_that_the_person_can_not_reach(w: World) -> HttpResponse:
    app = demanding(w)
    with time_machine.travel(timezone.now() - timedelta(minutes=1)):
        app.browser.generic("POST", "/oauth2/authorize", urlencode(app.request()), content_type=FORM)
    app.sign_in()
    return app.browser.get(f"/oauth2/authorize/{SavedRequest.objects.latest('created_at').pk}")


@case("authorize", "consent")
def consent_in_silence(w: World) -> HttpResponse:
    app = w.app()
    Consent.objects.all().delete()
    return app.authorize(prompt="none")


@case("authorize", "groups", expected=["engineering", "staff"])
def a_person_in_none_of_the_groups(w: World) -> HttpResponse:
    app = w.app()
    app.client.groups.set(Group.objects.create(name=name) for name in ("engineering", "staff"))
    app.client.save()
    return app.authorize()


@case("authorize", "consent-given")
def a_person_who_says_no(w: World) -> HttpResponse:
    app = w.app()
    Consent.objects.all().delete()
    page = app.authorize()["Location"]
    sid = app.user.sessions.get().sid
    return app.browser.post(page, {"sid": sid, "decision": "deny"})


# --- Pushing ----------------------------------------------------------------------------------------


@case("par", "request-source")
def a_request_uri_that_is_pushed(w: World) -> HttpResponse:
    return w.push(w.app(), request_uri="urn:x")


@case("par", "rate", seconds_to_wait=9)
def too_many_pushes(w: World) -> HttpResponse:
    w.monkeypatch.setattr(keeping._throttle, "of_block", lambda *_: 9)
    return w.push(w.app(token_endpoint_auth_method="none"))


@case("authorize", "rate", seconds_to_wait=9)
def too_many_requests_that_wait(w: World) -> HttpResponse:
    w.monkeypatch.setattr(keeping._throttle, "of_block", lambda *_: 9)
    return Browser().get("/oauth2/authorize", w.app().request())


@case("authorize", "parameter-length", expected=16384, received=ANY)
def a_request_that_is_too_long_to_wait(w: World) -> HttpResponse:
    return w.raw("/oauth2/authorize", urlencode(w.app().request(login_hint="x" * 17_000)))


@case("par", "client", received="other")
def a_push_in_the_name_of_another(w: World) -> HttpResponse:
    """Authentication has seen to it before; the rule of RFC 9126 stands all the same."""
    app = w.app()
    w.monkeypatch.setattr("idp.endpoints.par.authenticate", lambda *_, **__: app.client)
    return w.push(app, client_id="other")


@case("par", "redirect-uri", expected=[CALLBACK], received="https://mallory.example/cb")
def a_pushed_redirect_uri(w: World) -> HttpResponse:
    return w.push(w.app(), redirect_uri="https://mallory.example/cb")


@case("par", "key-binding", key_proven=ANY, key_named="A" * 43)
def a_pushed_thumbprint_of_another_key(w: World) -> HttpResponse:
    proof = Holder().proof(f"{w.settings.ISSUER}/oauth2/par")
    return w.push(w.app(), dpop_jkt="A" * 43, HTTP_DPOP=proof)


# --- Who the app is ---------------------------------------------------------------------------------


def as_basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


@case("token", "method", expected=["POST"], received="GET")
def another_method(w: World) -> HttpResponse:
    return Browser().get("/oauth2/token")


@case("token", "content-type", received="application/json")
def json_at_the_token_endpoint(w: World) -> HttpResponse:
    return w.raw("/oauth2/token", "{}", content_type="application/json")


@case("token", "parameters")
def bytes_that_are_no_text(w: World) -> HttpResponse:
    return w.raw("/oauth2/token", b"a=\xff")


@case("token", "parameters")
def a_body_that_is_too_large(w: World) -> HttpResponse:
    w.monkeypatch.setattr("idp.middleware.UPLOADS", {"/oauth2/token": 10**9})
    w.settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    return w.raw("/oauth2/token", b"a=" + b"b" * 2000)


@case("token", "parameter-repeated", parameter="scope")
def a_scope_twice(w: World) -> HttpResponse:
    return w.app().token(grant_type="client_credentials", scope=["a", "b"])


@case("token", "credentials")
def no_credentials(w: World) -> HttpResponse:
    return w.app().post("/oauth2/token", {"grant_type": "x"}, authenticate=False)


@case("token", "credentials")
def a_secret_and_an_assertion(w: World) -> HttpResponse:
    return w.app().token(client_assertion="x")


@case("token", "credentials")
def a_secret_twice(w: World) -> HttpResponse:
    return w.app().token(client_secret="x")


@case("token", "credentials")
def basic_that_can_not_be_read(w: World) -> HttpResponse:
    return w.raw("/oauth2/token", "a=b", HTTP_AUTHORIZATION="Basic %%%")


@case("token", "credentials", expected=ANY, received="saml")
def another_kind_of_assertion(w: World) -> HttpResponse:
    return w.signer().token(client_assertion_type="saml")


@case("token", "credentials")
def an_assertion_that_is_no_jwt(w: World) -> HttpResponse:
    return w.signer().token(client_assertion="x")


@case("token", "credentials", client_id="other", sub=ANY)
def an_assertion_about_another(w: World) -> HttpResponse:
    return w.signer().token(client_id="other")


@case("token", "authentication", method_used="client_secret_basic", fault=ANY, client_id="nobody")
def an_app_that_is_not_known(w: World) -> HttpResponse:
    return w.raw("/oauth2/token", "grant_type=x", HTTP_AUTHORIZATION=as_basic("nobody", "x"))


@case(
    "token",
    "authentication",
    method_used="client_secret_basic",
    method_registered="client_secret_basic",
    fault="the secret is none of the app's",
    live_secrets=1,
)
def a_wrong_secret(w: World) -> HttpResponse:
    app = w.app()
    app.secret = "wrong"
    return app.token(grant_type="x")


@case(
    "token",
    "authentication-method",
    method_used="client_secret_post",
    method_registered="client_secret_basic",
)
def the_secret_by_another_door(w: World) -> HttpResponse:
    app = w.app()
    params = {"client_id": app.client.client_id, "client_secret": app.secret, "grant_type": "x"}
    return app.post("/oauth2/token", params, authenticate=False)


@case("token", "authentication", fault="expired", seconds_late=100, alg="ES256", kid="one")
def an_assertion_that_expired(w: World) -> HttpResponse:
    app, now = w.signer(), int(time.time())
    with time_machine.travel(now, tick=False):
        return app.token(grant_type="x", client_assertion=sign(app.claims(exp=now - 100, iat=now - 200)))


@case("token", "authentication", fault="iat is in the future", seconds_early=100)
def an_assertion_of_a_clock_that_is_ahead(w: World) -> HttpResponse:
    app, now = w.signer(), int(time.time())
    with time_machine.travel(now, tick=False):
        return app.token(grant_type="x", client_assertion=sign(app.claims(iat=now + 100, exp=now + 200)))


@case("token", "authentication", fault="unknown key", kid="two", alg_allowed=ANY)
def an_assertion_by_another_key(w: World) -> HttpResponse:
    app = w.signer()
    return app.token(grant_type="x", client_assertion=sign(app.claims(), name="two"))


@case("token", "authentication", fault="wrong aud", expected=ANY, received=["https://other.example"])
def an_assertion_for_another_provider(w: World) -> HttpResponse:
    app = w.signer()
    return app.token(grant_type="x", client_assertion=sign(app.claims(aud="https://other.example")))


@case("token", "attempts", seconds_to_wait=ANY)
def many_wrong_secrets(w: World) -> HttpResponse:
    app = w.app()
    app.secret = "wrong"
    for _ in range(15):
        response = app.token(grant_type="x")
    return response


# --- The token request ------------------------------------------------------------------------------


@case("token", "parameter-missing", parameter="grant_type")
def no_grant_type(w: World) -> HttpResponse:
    return w.app().token(code="x")


@case("token", "grant-type", received="password")
def a_grant_type(w: World) -> HttpResponse:
    return w.app().token(grant_type="password")


@case(
    "token", "grant-allowed", expected=["authorization_code", "refresh_token"], received="client_credentials"
)
def a_grant_type_of_others(w: World) -> HttpResponse:
    return w.app().token(grant_type="client_credentials")


@case("token", "parameter-missing", parameter="code")
def no_code(w: World) -> HttpResponse:
    return w.app().token(grant_type="authorization_code")


@case("token", "code", fault=ANY)
def a_code_of_nobody(w: World) -> HttpResponse:
    return w.app().redeem("x.y")


@case("token", "code-once", state="code used before", seconds_since_first_use=ANY)
def a_code_twice(w: World) -> HttpResponse:
    app = w.app()
    code = app.code()
    app.redeem(code)
    return app.redeem(code)


@case("token", "code-app")
def a_code_of_another_app(w: World) -> HttpResponse:
    return w.app().redeem(w.app().code())


@case("token", "code-redirect-uri", expected=CALLBACK, received=f"{CALLBACK}?x=…")
def another_redirect_uri_at_the_exchange(w: World) -> HttpResponse:
    app = w.app()
    return app.redeem(app.code(), redirect_uri=f"{CALLBACK}?x=y")


@case(
    "token", "pkce", method="S256", challenge_expected=CHALLENGE, challenge_computed=ANY, verifier_length=43
)
def another_verifier(w: World) -> HttpResponse:
    app = w.app()
    return app.redeem(app.code(), code_verifier="w" * 43)


@case("token", "pkce", challenge_expected=CHALLENGE)
def no_verifier(w: World) -> HttpResponse:
    app = w.app()
    return app.redeem(app.code(), code_verifier=None)


@case("token", "pkce")
def a_verifier_of_nothing(w: World) -> HttpResponse:
    app = w.app(require_pkce=False)
    return app.redeem(app.code(code_challenge=None, code_challenge_method=None))


@case("token", "key-binding", key_expected="A" * 43, key_proven="none: there was no proof")
def a_bound_code_without_its_key(w: World) -> HttpResponse:
    app = w.app()
    return app.redeem(app.code(dpop_jkt="A" * 43))


@case("token", "code-age", seconds_late=10, lives_for_seconds=60)
def a_code_that_is_too_old(w: World) -> HttpResponse:
    app, now = w.app(), timezone.now()
    with time_machine.travel(now, tick=False):
        code = app.code()
    with time_machine.travel(now + timedelta(seconds=70), tick=False):
        return app.redeem(code)


@case("token", "grant-alive", state="the person is disabled")
def a_code_of_somebody_disabled(w: World) -> HttpResponse:
    app = w.app()
    code = app.code()
    app.user.is_active = False
    app.user.save()
    return app.redeem(code)


@case("token", "grant-alive", state="the session has ended")
def a_code_of_a_session_that_ended(w: World) -> HttpResponse:
    app = w.app()
    code = app.code()
    sessions.end_all(app.user, reason="test", now=timezone.now())
    return app.redeem(code)


@case("token", "resource-granted", expected=[WIKI], received=[MAIL])
def a_resource_that_was_not_asked_for(w: World) -> HttpResponse:
    app = w.with_apis()
    return app.redeem(w.code_for(app, WIKI), resource=MAIL)


@case("token", "refresh-token")
def a_refresh_token_of_nobody(w: World) -> HttpResponse:
    return w.app().refresh("x.0.y")


@case("token", "refresh-token-app", state="it is another app's")
def a_refresh_token_of_another_app(w: World) -> HttpResponse:
    return w.app().refresh(w.app().tokens()["refresh_token"])


@case("token", "refresh-token")
def a_refresh_token_before_its_code(w: World) -> HttpResponse:
    app = w.app()
    app.code()
    return app.refresh(refresh.token(Grant.objects.get(), 0))


@case("token", "grant-alive", state="the person's consent was withdrawn")
def a_refresh_without_consent(w: World) -> HttpResponse:
    app = w.app()
    token = app.tokens()["refresh_token"]
    Consent.objects.all().delete()
    return app.refresh(token)


@case("token", "refresh-token-age", unused_for_too_long=True, seconds_late=ANY)
def a_refresh_token_that_is_too_old(w: World) -> HttpResponse:
    app = w.app()
    token = app.tokens(scope="openid offline_access")["refresh_token"]
    with later(31 * 86400):
        return app.refresh(token)


@case("token", "refresh-token-once", rotations_behind=2, seconds_since_rotation=ANY, grace_seconds=10)
def a_refresh_token_that_was_rotated(w: World) -> HttpResponse:
    app = w.app()
    first = app.tokens()["refresh_token"]
    app.refresh(app.refresh(first).json()["refresh_token"])
    return app.refresh(first)


@case("token", "scope-granted", expected=["openid"], received=["openid", "email"])
def a_wider_scope_at_the_refresh(w: World) -> HttpResponse:
    app = w.app()
    return app.refresh(app.tokens(scope="openid")["refresh_token"], scope="openid email")


@case("token", "scope-machine", expected=["a"], received=["openid"])
def a_machine_that_asks_for_a_person(w: World) -> HttpResponse:
    app = w.app(grant_types=["client_credentials"], scopes=["a"])
    return app.token(grant_type="client_credentials", scope="openid")


@case("token", "dpop-sent")
def no_proof_where_one_is_wanted(w: World) -> HttpResponse:
    app = w.app(dpop_bound_access_tokens=True)
    return app.redeem(app.code())


@case("token", None)
def a_proof_without_the_nonce(w: World) -> HttpResponse:
    return w.app(require_dpop_nonce=True).post(
        "/oauth2/token", {"grant_type": "authorization_code"}, HTTP_DPOP=Holder().proof()
    )


@case(
    "token", "dpop-proof", fault="htu is another address", received="https://evil.example/?x=…", expected=ANY
)
def a_proof_for_another_address(w: World) -> HttpResponse:
    proof = Holder().proof("https://evil.example/?x=y")
    return w.app().post("/oauth2/token", {"grant_type": "authorization_code"}, HTTP_DPOP=proof)


@case("token", "dpop-proof", fault="iat is more than a minute ago", seconds_late=100)
def a_proof_that_is_too_old(w: World) -> HttpResponse:
    now = int(time.time())
    with time_machine.travel(now, tick=False):
        proof = Holder().proof(iat=now - 100)
        return w.app().post("/oauth2/token", {"grant_type": "authorization_code"}, HTTP_DPOP=proof)


# --- Devices ----------------------------------------------------------------------------------------


@case("device_authorization", "grant-allowed", expected=devices.DEVICE, received=ANY)
def an_app_that_is_no_device(w: World) -> HttpResponse:
    return w.app().post("/oauth2/device_authorization", {"scope": "openid"})


@case("device_authorization", "rate", seconds_to_wait=9)
def too_many_devices(w: World) -> HttpResponse:
    w.monkeypatch.setattr(device_authorization._throttle, "of_block", lambda *_: 9)
    return w.tv().post("/oauth2/device_authorization", {"scope": "openid"})


@case("device", "rate", seconds_to_wait=9)
def too_many_codes_typed(w: World) -> HttpResponse:
    w.monkeypatch.setattr("idp.endpoints.device._throttle.attempt", lambda *_: 9)
    return w.tv().browser.post("/device", {"user_code": "WDJBMJHT"})


@case("device", "user-code")
def a_user_code_of_no_device(w: World) -> HttpResponse:
    return w.tv().browser.post("/device", {"user_code": "WDJBMJHT"})


@case("token", None)
def a_poll_before_the_decision(w: World) -> HttpResponse:
    tv = w.tv()
    return devices.poll(tv, devices.ask(tv)["device_code"])


@case("token", "device-pace", expected="5 seconds between polls", received="0 seconds")
def a_device_in_haste(w: World) -> HttpResponse:
    tv = w.tv()
    code = devices.ask(tv)["device_code"]
    devices.poll(tv, code)
    return devices.poll(tv, code)


@case("token", "device-code")
def a_device_code_of_no_device(w: World) -> HttpResponse:
    return devices.poll(w.tv(), "x.y")


@case("token", "device-code-app")
def a_device_code_of_another_app(w: World) -> HttpResponse:
    code = devices.ask(w.tv())["device_code"]
    return devices.poll(w.tv(name="Radio"), code)


@case("token", "device-code-age", seconds_late=ANY, lives_for_seconds=600)
def a_device_code_that_is_too_old(w: World) -> HttpResponse:
    tv = w.tv()
    code = devices.ask(tv)["device_code"]
    devices.age(code, timedelta(seconds=700))
    return devices.poll(tv, code)


@case("token", "device-allowed")
def a_device_that_is_not_let_in(w: World) -> HttpResponse:
    tv = w.tv()
    asked = devices.ask(tv)
    devices.answer(tv, asked["user_code"], "deny")
    return devices.poll(tv, asked["device_code"])


@case("token", "grant-alive", state="the session has ended")
def a_device_of_a_session_that_ended(w: World) -> HttpResponse:
    tv = w.tv()
    asked = devices.ask(tv)
    devices.answer(tv, asked["user_code"])
    sessions.end_all(tv.user, reason="test", now=timezone.now())
    return devices.poll(tv, asked["device_code"])


@case("token", "device-code-once")
def a_device_code_twice(w: World) -> HttpResponse:
    tv = w.tv()
    asked = devices.ask(tv)
    devices.answer(tv, asked["user_code"])
    devices.poll(tv, asked["device_code"])
    DeviceAuthorization.objects.update(polled_at=None)
    return devices.poll(tv, asked["device_code"])


# --- Userinfo ---------------------------------------------------------------------------------------


@case("userinfo", "access-token-sent")
def no_access_token(w: World) -> HttpResponse:
    return w.at_userinfo()


@case("userinfo", "access-token-place")
def an_access_token_in_the_address(w: World) -> HttpResponse:
    return Browser().get("/oauth2/userinfo?access_token=x")


@case("userinfo", "access-token-place")
def an_access_token_twice(w: World) -> HttpResponse:
    return w.raw("/oauth2/userinfo", "access_token=x", HTTP_AUTHORIZATION="Bearer x")


@case("userinfo", "access-token", fault="expired", seconds_late=ANY, typ="at+jwt")
def an_access_token_that_expired(w: World) -> HttpResponse:
    app = w.app()
    token = app.tokens()["access_token"]
    with later(700):
        return app.userinfo(token)


@case("userinfo", "access-token", fault="wrong typ", typ="JWT", expected=["at+jwt"])
def an_id_token_as_access_token(w: World) -> HttpResponse:
    app = w.app()
    return app.userinfo(app.tokens()["id_token"])


@case("userinfo", "access-token-alive")
def an_access_token_of_an_app_that_is_off(w: World) -> HttpResponse:
    app = w.app()
    token = app.tokens()["access_token"]
    Client.objects.filter(pk=app.client.pk).update(enabled=False)
    return app.userinfo(token)


@case("userinfo", "access-token-alive", state="this token was revoked")
def an_access_token_of_a_machine_that_was_revoked(w: World) -> HttpResponse:
    app = w.app(grant_types=["client_credentials"], scopes=["a"])
    token = app.token(grant_type="client_credentials").json()["access_token"]
    app.post("/oauth2/revoke", {"token": token})
    return app.userinfo(token)


@case("userinfo", "access-token-alive", state="the session has ended")
def an_access_token_of_a_session_that_ended(w: World) -> HttpResponse:
    app = w.app()
    token = app.tokens()["access_token"]
    sessions.end_all(app.user, reason="test", now=timezone.now())
    return app.userinfo(token)


@case("userinfo", "access-token-binding", expected="dpop", received="bearer")
def a_bound_token_as_bearer(w: World) -> HttpResponse:
    app = w.app()
    return app.userinfo(w.bound(app, Holder())["access_token"])


@case("userinfo", "access-token-binding", expected="bearer", received="dpop")
def an_unbound_token_as_dpop(w: World) -> HttpResponse:
    return w.at_userinfo(HTTP_AUTHORIZATION=f"DPoP {w.app().tokens()['access_token']}")


@case("userinfo", "dpop-sent")
def a_bound_token_without_a_proof(w: World) -> HttpResponse:
    token = w.bound(w.app(), Holder())["access_token"]
    return w.at_userinfo(HTTP_AUTHORIZATION=f"DPoP {token}")


@case("userinfo", "key-binding", key_expected=ANY, key_proven=ANY)
def a_bound_token_with_another_key(w: World) -> HttpResponse:
    token = w.bound(w.app(), Holder())["access_token"]
    return w.at_userinfo(**Holder().at_userinfo(token))


@case("userinfo", "access-token-audience", received=[WIKI], expected=ANY)
def an_access_token_for_an_api(w: World) -> HttpResponse:
    app = w.with_apis()
    return app.userinfo(app.redeem(w.code_for(app, WIKI)).json()["access_token"])


@case("userinfo", "access-token-scope", expected="openid", received=["email"], of_a_person=True)
def an_access_token_without_openid(w: World) -> HttpResponse:
    app = w.app()
    return app.userinfo(app.tokens(scope="email")["access_token"])


@case("userinfo", "sign-in-strength", level_expected=["high"], level_reached=["low"])
def a_sign_in_too_weak_for_userinfo(w: World) -> HttpResponse:
    w.settings.ACR_LADDER = {"low": frozenset({"pwd"}), "high": frozenset({"pwd", "otp"})}
    app = w.app(userinfo_acr_values=["high"])
    return app.userinfo(app.tokens()["access_token"])


# --- Introspection, revocation ----------------------------------------------------------------------


@case("introspect", "introspection-app")
def a_public_app_that_introspects(w: World) -> HttpResponse:
    return w.app(token_endpoint_auth_method="none").post("/oauth2/introspect", {"token": "x"})


@case("introspect", "introspection-audience", expected=ANY, received=ANY)
def a_token_of_others(w: World) -> HttpResponse:
    return w.app().post("/oauth2/introspect", {"token": w.app().tokens()["access_token"]})


@case("introspect", "refresh-token-once", rotations_behind=1)
def a_rotated_refresh_token_that_is_introspected(w: World) -> HttpResponse:
    app = w.app()
    token = app.tokens()["refresh_token"]
    app.refresh(token)
    return app.post("/oauth2/introspect", {"token": token})


@case("revoke", "parameter-missing", parameter="token")
def nothing_to_revoke(w: World) -> HttpResponse:
    return w.app().post("/oauth2/revoke", {"token_type_hint": "access_token"})


# --- Registration -----------------------------------------------------------------------------------


@case("register", "registration-open")
def registration_that_is_closed(w: World) -> HttpResponse:
    return registering.register()


@case("register", "access-token-sent")
def basic_in_place_of_a_token(w: World) -> HttpResponse:
    w.settings.REGISTRATION = "token"
    return registering.send("POST", registering.PATH, {}, HTTP_AUTHORIZATION="DPoP x")


@case("register", "registration-token")
def a_registration_token_of_nobody(w: World) -> HttpResponse:
    w.settings.REGISTRATION = "token"
    return registering.register("x")


@case("register", "registration-token")
def a_registration_token_that_others_used_up(w: World) -> HttpResponse:
    w.settings.REGISTRATION = "token"
    token, value = registering.made(uses=1)
    w.monkeypatch.setattr("idp.clients.registration_tokens.find", lambda *_, **__: token)
    registering.register(value)
    return registering.register(value)


@case("register", "rate", seconds_to_wait=9)
def too_many_registrations(w: World) -> HttpResponse:
    w.settings.REGISTRATION = "open"
    w.monkeypatch.setattr(registration._throttle, "of_block", lambda *_: 9)
    return registering.register()


@case("register", "content-type", expected="application/json")
def a_form_at_registration(w: World) -> HttpResponse:
    w.settings.REGISTRATION = "open"
    return w.raw(registering.PATH, "a=b")


@case("register", "client-metadata")
def a_document_that_is_too_large(w: World) -> HttpResponse:
    w.settings.REGISTRATION = "open"
    w.monkeypatch.setattr("idp.middleware.UPLOADS", {registering.PATH: 10**9})
    w.settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    return registering.send("POST", registering.PATH, {"client_name": "x" * 2000})


DOCUMENTS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("a name that is a number", {"client_name": 1}, "client-metadata", {"parameter": "client_name"}),
    ("redirect URIs that are no list", {"redirect_uris": 1}, "redirect-uri-form", {"parameter": "redirect_uris"}),
    ("no response type", {"response_types": []}, "client-metadata", {}),
    ("no grant type", {"grant_types": []}, "client-metadata", {}),
    ("grants that do not fit", {"grant_types": ["refresh_token"], "response_types": ["code"]}, "client-metadata", {}),
    ("a malformed scope", {"scope": 'a"b'}, "client-metadata", {}),
    ("a sector", {"sector_identifier_uri": "https://sector.example/x"}, "client-metadata", {}),
    ("client credentials", {"grant_types": ["client_credentials"], "response_types": []}, "registration-bounds", {}),
]  # fmt: skip
ADDRESSES = {
    "no ASCII": "https://é.example/",
    "a space": "not a url at all",
    "no address": "https://[/",
    "a bad scheme": "javascript:alert(1)",
    "a fragment": "https://app.example/#x",
    "a wildcard": "https://*.example/",
    "a scheme of its own": "com.example.app:/x",
    "a user": "https://u@app.example/",
    "a host of dots": "https://./",
    "plain http": "http://app.example/",
}


def _document(name: str, changes: dict[str, Any], check: str, facts: dict[str, Any]) -> None:
    def run(w: World) -> HttpResponse:
        w.settings.REGISTRATION = "open"
        return registering.register(**changes)

    CASES.append(Case(f"registration: {name}", "register", check, run, facts))


for row in DOCUMENTS:
    _document(*row)
for words, uri in ADDRESSES.items():
    found = {"parameter": "redirect_uris", **({} if words == "no ASCII" else {"received": ANY})}
    _document(words, {"redirect_uris": [uri]}, "redirect-uri-form", found)


@case("register", "client-metadata")
def a_document_that_is_no_json(w: World) -> HttpResponse:
    w.settings.REGISTRATION = "open"
    return registering.send("POST", registering.PATH, "{")


def registered(w: World) -> dict[str, Any]:
    w.settings.REGISTRATION = "open"
    return registering.register(grant_types=["authorization_code"]).json()


@case("register", "registration-token", fault=ANY)
def another_management_token(w: World) -> HttpResponse:
    return registering.manage("GET", registered(w), token="x")


UPDATES: list[tuple[str, dict[str, Any], str]] = [
    ("another client_id", {"client_id": "other"}, "registration-identity"),
    ("its own tokens", {"registration_client_uri": "x"}, "registration-identity"),
    ("another secret", {"client_secret": "x"}, "registration-identity"),
    ("more grants", {"grant_types": ["authorization_code", "refresh_token"]}, "registration-bounds"),
    ("HS256", {"id_token_signed_response_alg": "HS256"}, "registration-bounds"),
    ("no secret any more", {"token_endpoint_auth_method": "none"}, "registration-bounds"),
]


def _update(name: str, changes: dict[str, Any], check: str) -> None:
    def run(w: World) -> HttpResponse:
        app = registered(w)
        said = registering.document(**{"client_id": app["client_id"], **changes})
        return registering.manage("PUT", app, said)

    CASES.append(Case(f"update: {name}", "register", check, run))


for update in UPDATES:
    _update(*update)


@case("register", "registration-bounds")
def more_response_types(w: World) -> HttpResponse:
    app = registered(w)
    grants = ["authorization_code", "implicit"]
    Client.objects.filter(client_id=app["client_id"]).update(grant_types=grants)
    changes = {"grant_types": grants, "response_types": ["code", "code id_token"]}
    return registering.manage("PUT", app, registering.document(client_id=app["client_id"], **changes))


# --- Logout -----------------------------------------------------------------------------------------


@case(
    "logout", "logout-redirect-uri", expected=["https://app.example/bye"], received="https://app.example/bye/"
)
def an_address_that_is_not_registered_at_the_logout(w: World) -> HttpResponse:
    app = w.app(post_logout_redirect_uris=["https://app.example/bye"])
    params = {"client_id": app.client.client_id, "post_logout_redirect_uri": "https://app.example/bye/"}
    return app.browser.get("/oauth2/logout", params)


@case("logout", "logout-hint")
def a_hint_of_others_at_the_logout(w: World) -> HttpResponse:
    return w.app().browser.get("/oauth2/logout", {"id_token_hint": "x"})


@case("logout", "parameter-repeated", parameter="state")
def a_state_twice_at_the_logout(w: World) -> HttpResponse:
    return Browser().get("/oauth2/logout?state=a&state=b")
