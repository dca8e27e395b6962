"""The modules that the Basic, Implicit and Hybrid plans share, each named as in the suite and run for one flow.

What a module asserts is its docstring, in our own words; what every sign-in has to be is in `Flow.sign_in`.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import jwt as pyjwt
from django.test import Client as Browser
from django.utils import timezone

from idp.models import SavedRequest
from tests.idp.app import VERIFIER, location
from tests.idp.certification.flow import Flow, read_answer

Module = Callable[[Flow], None]

CLAIMS = {
    "profile": {"name", "given_name", "family_name", "preferred_username", "updated_at"},
    "email": {"email", "email_verified"},
    "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
}


def oidcc_server(flow: Flow) -> None:
    """A plain sign-in; everything in it is well formed."""
    flow.sign_in()


def oidcc_response_type_missing(flow: Flow) -> None:
    """An authorization request without response_type is an error."""
    _, answer = read_answer(flow.authorize(response_type=None))
    assert answer["error"] in ("invalid_request", "unsupported_response_type")


def oidcc_idtoken_signature(flow: Flow) -> None:
    """An app that names no algorithm gets RS256, with a kid that the JWKS has; the signature is judged in `judge`."""
    found = flow.sign_in()
    header = pyjwt.get_unverified_header(found.answer.get("id_token") or found.tokens["id_token"])
    published = {key["kid"] for key in Browser().get("/.well-known/jwks.json").json()["keys"]}
    assert header["alg"] == "RS256"
    assert header["kid"] in published


def oidcc_userinfo_get(flow: Flow) -> None:
    """The access token works at userinfo by GET, and sub is the ID token's."""
    found = flow.sign_in()
    if "token" in flow.words or "code" in flow.words:
        assert found.userinfo["sub"] == found.id_token["sub"]


def oidcc_userinfo_post_header(flow: Flow) -> None:
    """The same by POST with the token in the header."""
    found = flow.sign_in()
    if token := found.answer.get("access_token") or found.tokens.get("access_token"):
        response = Browser().post("/oauth2/userinfo", HTTP_AUTHORIZATION=f"Bearer {token}")
        assert response.json()["sub"] == found.userinfo["sub"]


def oidcc_userinfo_post_body(flow: Flow) -> None:
    """The same with the token in the form."""
    found = flow.sign_in()
    if token := found.answer.get("access_token") or found.tokens.get("access_token"):
        response = flow.app.post("/oauth2/userinfo", {"access_token": token}, authenticate=False)
        assert response.json()["sub"] == found.userinfo["sub"]


def _scope(flow: Flow, *names: str) -> None:
    """Claims of a scope come from userinfo, or in the ID token when there is no access token (Core 5.4)."""
    user = flow.app.user
    user.address, user.phone_number = {"locality": "Oxford", "country": "UK"}, "+44 1865 270000"
    user.save()
    found = flow.sign_in(scope=" ".join(("openid", *names)))
    where = found.userinfo or found.id_token
    assert set().union(*(CLAIMS[name] for name in names)) <= set(where)


def oidcc_scope_profile(flow: Flow) -> None:
    _scope(flow, "profile")


def oidcc_scope_email(flow: Flow) -> None:
    _scope(flow, "email")


def oidcc_scope_address(flow: Flow) -> None:
    _scope(flow, "address")


def oidcc_scope_phone(flow: Flow) -> None:
    _scope(flow, "phone")


def oidcc_scope_all(flow: Flow) -> None:
    _scope(flow, *CLAIMS)


def oidcc_alternate_happy_flow(flow: Flow) -> None:
    """The order of scopes, of parameters and of the words of response_type does not matter."""
    flow.sign_in(scope="email profile openid")
    flow.sign_in(response_type=" ".join(reversed(flow.response_type.split())))


def oidcc_display_page(flow: Flow) -> None:
    flow.sign_in(display="page")


def oidcc_display_popup(flow: Flow) -> None:
    flow.sign_in(display="popup")


def oidcc_ui_locales(flow: Flow) -> None:
    flow.sign_in(ui_locales="se")


def oidcc_claims_locales(flow: Flow) -> None:
    flow.sign_in(claims_locales="se")


def oidcc_login_hint(flow: Flow) -> None:
    flow.sign_in(login_hint="bob@example.com")


def oidcc_ensure_request_with_acr_values_succeeds(flow: Flow) -> None:
    """acr_values is a wish: a level that nobody reaches is no error."""
    found = flow.sign_in(acr_values="urn:mace:incommon:iap:silver urn:mace:incommon:iap:bronze")
    if found.id_token:
        assert found.id_token["acr"] == "urn:signet:pwd"


def oidcc_ensure_request_with_unknown_parameter_succeeds(flow: Flow) -> None:
    flow.sign_in(extra="foobar")


def oidcc_prompt_login(flow: Flow) -> None:
    """Somebody signed in has to sign in again; auth_time moves, sub stays."""
    earlier = flow.sign_in()
    assert "again=1" in location(flow.authorize(prompt="login"))
    waiting = SavedRequest.objects.latest("created_at")
    flow.app.sign_in(now=timezone.now() + timedelta(seconds=2))
    _, answer = read_answer(flow.app.browser.get(f"/oauth2/authorize/{waiting.pk}"))
    assert "error" not in answer
    if "id_token" in answer:
        claims = flow.judge(answer, flow.app.request())
        assert claims["auth_time"] > earlier.id_token["auth_time"]
        assert claims["sub"] == earlier.id_token["sub"]


def oidcc_prompt_none_not_logged_in(flow: Flow) -> None:
    """An error comes back by redirect, without a page."""
    query = urlencode(flow.app.request(**flow.params(prompt="none")))
    mode, answer = read_answer(Browser().get(f"/oauth2/authorize?{query}"))
    assert (mode, answer["error"]) == (flow.mode, "login_required")


def oidcc_prompt_none_logged_in(flow: Flow) -> None:
    """Success without a page; sub and auth_time as before."""
    first, second = flow.sign_in(), flow.sign_in(prompt="none")
    if first.id_token:
        assert [first.id_token[name] for name in ("sub", "auth_time")] == [
            second.id_token[name] for name in ("sub", "auth_time")
        ]


def oidcc_max_age_1(flow: Flow) -> None:
    """After a pause sign-in is asked again."""
    flow.app.sign_in(now=timezone.now() - timedelta(seconds=2))
    assert "again=1" in location(flow.authorize(max_age="1"))


def oidcc_max_age_10000(flow: Flow) -> None:
    """No new sign-in; auth_time in the ID token is the old one."""
    first, second = flow.sign_in(), flow.sign_in(max_age="10000")
    if first.id_token:
        assert first.id_token["auth_time"] == second.id_token["auth_time"]


def oidcc_id_token_hint(flow: Flow) -> None:
    """prompt=none with the hint of whoever is signed in succeeds."""
    found = flow.sign_in()
    hint = found.answer.get("id_token") or found.tokens["id_token"]
    flow.sign_in(prompt="none", id_token_hint=hint)


def oidcc_ensure_registered_redirect_uri(flow: Flow) -> None:
    """An address that is not registered ends on an error page."""
    response = flow.authorize(redirect_uri="https://app.example/other")
    assert response.status_code == 400


def oidcc_claims_essential(flow: Flow) -> None:
    """Essential `name` asked for by the claims parameter comes."""
    member = "id_token" if flow.words == {"id_token"} else "userinfo"
    found = flow.sign_in(scope="openid", claims=json.dumps({member: {"name": {"essential": True}}}))
    assert (found.userinfo or found.id_token)["name"] == "Alice Liddell"


def _unsigned(flow: Flow, **claims: str) -> str:
    return pyjwt.encode({"client_id": flow.app.client.client_id, **claims}, None, algorithm="none")


def oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(flow: Flow) -> None:
    """An unsigned object by value is honoured, or `request_not_supported`."""
    answer = flow.ask(request=_unsigned(flow, state="inside"))
    assert answer["error"] in ("request_not_supported", "invalid_request_object")


def oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(flow: Flow) -> None:
    """The same by an address."""
    answer = flow.ask(request_uri="https://app.example/request.jwt")
    assert answer["error"] in ("request_uri_not_supported", "invalid_request_uri", "invalid_request_object")


def oidcc_ensure_request_object_with_redirect_uri(flow: Flow) -> None:
    """redirect_uri both in and outside of the object: the inner one wins, or an error, and no strange address."""
    mode, answer = read_answer(
        flow.authorize(request=_unsigned(flow, redirect_uri="https://app.example/other"))
    )
    assert (mode, "error" in answer) == (flow.mode, True)


def oidcc_ensure_request_without_nonce_fails(flow: Flow) -> None:
    """An ID token through the browser needs a nonce."""
    assert flow.ask(nonce=None)["error"] == "invalid_request"


def oidcc_ensure_request_without_nonce_succeeds_for_code_flow(flow: Flow) -> None:
    flow.sign_in(nonce=None)


def oidcc_ensure_post_request_succeeds(flow: Flow) -> None:
    """The authorization request by POST works."""
    page = flow.app.post("/oauth2/authorize", flow.app.request(**flow.params()), authenticate=False)
    mode, answer = read_answer(flow.app.browser.get(location(page)))
    assert mode == flow.mode
    assert flow.expected() <= set(answer)


def oidcc_server_client_secret_post(flow: Flow) -> None:
    """client_secret_post works."""
    fields = {"token_endpoint_auth_method": "client_secret_post"}
    other = Flow(flow.response_type, form_post=flow.form_post, fields=fields)
    redemption = {
        "grant_type": "authorization_code",
        "code": other.ask()["code"],
        "redirect_uri": other.app.client.redirect_uris[0],
        "code_verifier": VERIFIER,
        "client_id": other.app.client.client_id,
        "client_secret": other.app.secret,
    }
    assert other.app.post("/oauth2/token", redemption, authenticate=False).json()["id_token"]


def oidcc_refresh_token(flow: Flow) -> None:
    """The refresh token works, the new ID token fits the old one, and another client's use is refused."""
    found = flow.sign_in(scope="openid offline_access")
    stranger = Flow(flow.response_type)
    assert stranger.app.refresh(found.tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert flow.app.refresh(found.tokens["refresh_token"]).json()["id_token"]


def oidcc_ensure_request_with_valid_pkce_succeeds(flow: Flow) -> None:
    found = flow.ask()
    assert flow.app.redeem(found["code"], code_verifier="w" * 43).json()["error"] == "invalid_grant"
    flow.sign_in()


SHARED: tuple[Module, ...] = (
    oidcc_server,
    oidcc_response_type_missing,
    oidcc_idtoken_signature,
    oidcc_userinfo_get,
    oidcc_userinfo_post_header,
    oidcc_userinfo_post_body,
    oidcc_scope_profile,
    oidcc_scope_email,
    oidcc_scope_address,
    oidcc_scope_phone,
    oidcc_scope_all,
    oidcc_alternate_happy_flow,
    oidcc_display_page,
    oidcc_display_popup,
    oidcc_ui_locales,
    oidcc_claims_locales,
    oidcc_login_hint,
    oidcc_ensure_request_with_acr_values_succeeds,
    oidcc_ensure_request_with_unknown_parameter_succeeds,
    oidcc_prompt_login,
    oidcc_prompt_none_not_logged_in,
    oidcc_prompt_none_logged_in,
    oidcc_max_age_1,
    oidcc_max_age_10000,
    oidcc_id_token_hint,
    oidcc_ensure_registered_redirect_uri,
    oidcc_claims_essential,
    oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported,
    oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported,
    oidcc_ensure_request_object_with_redirect_uri,
)
CODE: tuple[Module, ...] = (
    oidcc_ensure_post_request_succeeds,
    oidcc_server_client_secret_post,
    oidcc_refresh_token,
    oidcc_ensure_request_with_valid_pkce_succeeds,
)


def modules_of(response_type: str) -> tuple[Module, ...]:
    """The modules that a plan runs with this response type."""
    words = set(response_type.split())
    nonce = (
        oidcc_ensure_request_without_nonce_fails
        if "id_token" in words
        else oidcc_ensure_request_without_nonce_succeeds_for_code_flow
    )
    return (*SHARED, nonce, *(CODE if "code" in words else ()))
