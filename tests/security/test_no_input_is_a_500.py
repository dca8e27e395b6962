"""S-015, S-041: whatever is sent, the answer is a plain refusal or a page of ours; never a 5xx, no strange redirect.

Django's test client raises what a view lets through, so an unexpected exception fails these tests by itself.
"""

from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.models import Grant
from tests.idp.app import CALLBACK, CHALLENGE, App

NAMES = st.sampled_from(
    [
        "client_id",
        "client_secret",
        "redirect_uri",
        "response_type",
        "response_mode",
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "login_hint",
        "id_token_hint",
        "code",
        "code_verifier",
        "code_challenge",
        "code_challenge_method",
        "grant_type",
        "refresh_token",
        "token",
        "token_type_hint",
        "access_token",
        "post_logout_redirect_uri",
        "ui_locales",
        "acr_values",
        "claims",
        "request",
        "request_uri",
        "client_assertion",
        "client_assertion_type",
        "username",
        "password",
        "assertion",
        "device_code",
        "user_code",
        "dpop_jkt",
    ]
)
NASTY = st.sampled_from(
    [
        "", " ", "\0", "%00", "é", "\u202e", "a" * 300, "-1", "1e999", "NaN", "none", "none login", "code", "openid",
        "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:request_uri:x",
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",
        "S256", "plain", CALLBACK, CHALLENGE, "https://mallory.example/", "//mallory.example", "javascript:alert(1)",
        "https://[x]/", "eyJhbGciOiJub25lIn0.e30.", "a.b.c", "a.0.b", "..", ".", "a.99999999999999999999.b", "{}",
        "[" * 2000, "' OR 1=1 --", "<script>alert(1)</script>", "\r\nSet-Cookie: a=b", "authorization_code",
        "refresh_token", "client_credentials", "form_post", "fragment", "e\u0301" * 30, "\ud7ff", "\U0001f600",
    ]
)  # fmt: skip
VALUES = NASTY | st.text(max_size=60)
PARAMS = st.lists(st.tuples(NAMES, VALUES), max_size=12)

fuzz = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def encoded(params: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in params)


def check(response: HttpResponse) -> None:
    assert response.status_code < 500
    target = urlsplit(response.get("Location", ""))
    if target.netloc:
        assert response["Location"].startswith(CALLBACK)
    assert "Set-Cookie: a=b" not in str(response.headers)
    assert b"<script>alert(1)" not in response.content


def post(path: str, body: str | bytes, **extra: Any) -> HttpResponse:
    return Browser().post(path, body, content_type="application/x-www-form-urlencoded", **extra)


@fuzz
@given(params=PARAMS, valid=st.booleans())
def test_authorize(app: App, params: list[tuple[str, str]], valid: bool) -> None:
    base = {name: value for name, value in app.request().items() if name not in dict(params)} if valid else {}
    query = encoded([*base.items(), *params])
    check(app.browser.get(f"/oauth2/authorize?{query}"))
    check(app.browser.post("/oauth2/authorize", query, content_type="application/x-www-form-urlencoded"))


@fuzz
@given(
    params=PARAMS,
    path=st.sampled_from(["token", "introspect", "revoke", "device_authorization", "par"]),
    basic=st.booleans(),
)
def test_the_machine_endpoints(app: App, params: list[tuple[str, str]], path: str, basic: bool) -> None:
    extra = {"HTTP_AUTHORIZATION": app.basic()} if basic else {}
    response = post(f"/oauth2/{path}", encoded(params), **extra)
    check(response)
    assert response["Content-Type"] == "application/json"


@fuzz
@given(typed=VALUES, decision=VALUES | st.just("allow"), sid=VALUES)
def test_the_page_for_devices(app: App, typed: str, decision: str, sid: str) -> None:
    check(app.browser.get(f"/device?user_code={quote(typed)}"))
    form = encoded([("user_code", typed), ("decision", decision), ("sid", sid)])
    check(app.browser.post("/device", form, content_type="application/x-www-form-urlencoded"))


@fuzz
@given(params=PARAMS)
def test_logout(app: App, params: list[tuple[str, str]]) -> None:
    check(app.browser.get(f"/oauth2/logout?{encoded(params)}"))
    check(post("/oauth2/logout", encoded(params)))


@fuzz
@given(query=st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_raw_query_strings(app: App, query: str) -> None:
    for path in ("/oauth2/authorize", "/oauth2/logout", "/oauth2/userinfo"):
        check(app.browser.get(path, QUERY_STRING=query))


@fuzz
@given(
    body=st.binary(max_size=300),
    path=st.sampled_from(["token", "introspect", "revoke", "userinfo", "authorize", "par"]),
)
def test_raw_bodies(app: App, body: bytes, path: str) -> None:
    check(post(f"/oauth2/{path}", body))


@fuzz
@given(
    header=st.text(st.characters(max_codepoint=255), max_size=100),
    scheme=st.sampled_from(["Basic", "Bearer", "DPoP", ""]),
)
def test_authorization_headers(app: App, header: str, scheme: str) -> None:
    for response in (
        post("/oauth2/token", "grant_type=client_credentials", HTTP_AUTHORIZATION=f"{scheme} {header}"),
        Browser().get("/oauth2/userinfo", HTTP_AUTHORIZATION=f"{scheme} {header}"),
    ):
        check(response)
        assert response.status_code in (400, 401, 429)
        if response.status_code == 401:
            assert "WWW-Authenticate" in response


@fuzz
@given(token=st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{0,22}\.[0-9]{0,30}\.[A-Za-z0-9_-]{0,43}"))
def test_tokens(app: App, token: str) -> None:
    for path in ("introspect", "revoke"):
        check(app.post(f"/oauth2/{path}", {"token": token}))
    for params in (
        {"grant_type": "refresh_token", "refresh_token": token},
        {"grant_type": "authorization_code", "code": token},
    ):
        response = app.token(**params)
        check(response)
        assert response.status_code == 400
    assert not Grant.objects.exists()


@fuzz
@given(path=st.text(max_size=80))
def test_s_007_unknown_paths_never_lead_to_another_host(app: App, path: str) -> None:
    response = app.browser.get("/" + quote(path))
    check(response)


@pytest.mark.parametrize(
    "path", ["//mallory.example", "/\\mallory.example", "/%2f%2fmallory.example", "///mallory.example/%2e%2e"]
)
def test_s_007_double_slashes_are_not_completed(app: App, path: str) -> None:
    response = app.browser.get("/", PATH_INFO=path)
    assert response.status_code == 404
    assert "Location" not in response
