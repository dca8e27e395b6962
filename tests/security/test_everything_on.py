"""S-001, S-015, S-104, S-121: with every feature on, in one app, whatever is sent.

No 5xx, nobody is led to an address that is not registered, by redirect, form or frame, and no secret comes back or is
logged. What is sent is near to what works, since nonsense is refused before it gets anywhere.
"""

import ipaddress
import json
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as st

from idp.clients import metadata
from idp.grants import GRANTS
from idp.models import Api, Client
from idp.protocol import response_types
from tests.idp.app import CALLBACK, CHALLENGE, VERIFIER, App, make_client
from tests.idp.proofs import Holder
from tests.idp.signing_app import key_set, sign
from tests.security.test_any_answer import _CLAIMS as CLAIMS
from tests.security.test_no_input_is_a_500 import VALUES, encoded, fuzz, post

API, AFTER, FRAME = "https://api.example", "https://app.example/bye", "https://app.example/signed-out"
REQUEST_URI = "https://127.0.0.1/request"  # loopback: the server refuses to fetch it, as it should
ALLOWED = {"https://app.example", ""}
LEADING = re.compile(r"""(?:action|src|href|url)=["']?([a-z][a-z0-9+.-]*:[^"' >]*)""", re.IGNORECASE)
HOLDER = Holder()
FORM = "application/x-www-form-urlencoded"


@dataclass
class World:
    """The app with everything on, and what nobody but their owners may ever read."""

    app: App
    tokens: dict[str, str]
    code: str
    secrets: dict[str, str]


@pytest.fixture
def world(signing_keys: None, settings: Any) -> World:
    settings.REGISTRATION, settings.SESSION_MANAGEMENT, settings.SELF_REGISTRATION = "open", True, True
    settings.THROTTLE_EXEMPT = [ipaddress.ip_network("127.0.0.0/8")]
    Api.objects.create(identifier=API, name="API", scopes=["read"], open_to_all=True)
    app = App(
        make_client(
            response_types=list(response_types.NAMES),
            grant_types=[*GRANTS, "implicit"],
            scopes=["openid", "profile", "email", "address", "phone", "groups", "offline_access", "read"],
            jwks=key_set(),
            request_uris=[REQUEST_URI],
            post_logout_redirect_uris=[AFTER],
            frontchannel_logout_uri=FRAME,
            backchannel_logout_uri="https://127.0.0.1/back",
            initiate_login_uri="https://app.example/start",
            resources=[API],
            require_pkce=False,
            userinfo_max_age=3600,
        )
    )
    app.sign_in()
    tokens, code = app.tokens(scope="openid offline_access"), ""
    return World(
        app,
        tokens,
        code,
        {
            "the app's secret": app.secret,
            "the session": app.browser.cookies[django_settings.SESSION_COOKIE_NAME].value,
            "the refresh token": tokens["refresh_token"],
            "the key of the server": django_settings.SECRET_KEY,
        },
    )


def check(world: World, response: HttpResponse, *, own: str = "") -> None:
    """`own` names the secret that this very answer is allowed to hold."""
    assert response.status_code < 500
    text = response.content.decode("utf-8", "replace")
    for target in [response.get("Location", ""), *LEADING.findall(text.replace("&amp;", "&"))]:
        if target.startswith(("data:", django_settings.ISSUER)):
            continue
        parts = urlsplit(target)
        origin = f"{parts.scheme}://{parts.netloc}" if parts.scheme or parts.netloc else ""
        assert origin in ALLOWED, target
    everything = f"{response.headers} {text}"
    for name, secret in world.secrets.items():
        assert name == own or secret not in everything, name


NASTY = VALUES
OPTIONAL = st.none()


def few(table: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Three of them at most: of a request that is good otherwise, so that it gets far."""
    names = st.lists(st.sampled_from(list(table)), max_size=3, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: table[name] for name in chosen}))


AUTHORIZE: dict[str, st.SearchStrategy[Any]] = {
    "response_type": st.sampled_from(response_types.NAMES) | NASTY,
    "response_mode": OPTIONAL | st.sampled_from(response_types.MODES) | NASTY,
    "redirect_uri": st.just(CALLBACK) | OPTIONAL | NASTY,
    "scope": st.sampled_from(["openid", "openid read", "openid offline_access groups"]) | NASTY,
    "resource": OPTIONAL | st.sampled_from([API, f"{API} {django_settings.ISSUER}"]) | NASTY,
    "claims": OPTIONAL | CLAIMS | NASTY,
    "prompt": OPTIONAL | st.sampled_from(["none", "login", "create", "consent select_account"]) | NASTY,
    "max_age": OPTIONAL | st.sampled_from(["0", "1", "3600", "9" * 12]) | NASTY,
    "acr_values": OPTIONAL | st.just("urn:signet:pwd") | NASTY,
    "id_token_hint": OPTIONAL | st.sampled_from(["@id", "@access"]) | NASTY,
    "login_hint": OPTIONAL | NASTY,
    "ui_locales": OPTIONAL | NASTY,
    "display": OPTIONAL | st.sampled_from(["page", "popup"]) | NASTY,
    "nonce": OPTIONAL | NASTY,
    "state": OPTIONAL | NASTY,
    "code_challenge": st.sampled_from([CHALLENGE, None]) | NASTY,
    "code_challenge_method": st.sampled_from(["S256", None]) | NASTY,
    "dpop_jkt": OPTIONAL | st.just(HOLDER.jkt) | NASTY,
    "request_uri": OPTIONAL | OPTIONAL | st.just(REQUEST_URI) | NASTY,
    "client_secret": OPTIONAL | st.just("@secret"),
}
WAYS = st.sampled_from(["query", "form", "signed", "pushed", "signed and pushed"])


def meant(world: World, params: dict[str, Any]) -> list[tuple[str, str]]:
    """The parameters that are there, with what stands for a value of this world."""
    values = {
        "@id": world.tokens["id_token"],
        "@access": world.tokens["access_token"],
        "@refresh": world.tokens["refresh_token"],
        "@secret": world.app.secret,
        "@code": world.code,
    }
    return [(name, values.get(value, value)) for name, value in params.items() if value is not None]


def asked(world: World, way: str, changed: dict[str, Any]) -> HttpResponse:
    """An authorization request with these parameters, come by this way."""
    app, client_id = world.app, world.app.client.client_id
    good = {
        name: value for name, value in app.request().items() if name not in changed and name != "client_id"
    }
    params = [*good.items(), *meant(world, changed)]
    base = [("client_id", client_id)]
    if "signed" in way:
        claims = {**dict(params), "iss": client_id, "aud": django_settings.ISSUER, "client_id": client_id}
        params = [("request", sign({**claims, "exp": int(time.time()) + 300}))]
    if "pushed" in way:
        pushed = post("/oauth2/par", encoded(params), HTTP_AUTHORIZATION=app.basic())
        check(world, pushed)
        if pushed.status_code != 201:
            return pushed
        params = [("request_uri", pushed.json()["request_uri"])]
    if way == "form":
        return app.browser.post("/oauth2/authorize", encoded([*base, *params]), content_type=FORM)
    return app.browser.get(f"/oauth2/authorize?{encoded([*base, *params])}")


@fuzz
@given(params=few(AUTHORIZE), way=WAYS)
def test_authorization(world: World, caplog: Any, params: dict[str, Any], way: str) -> None:
    caplog.clear()
    response = asked(world, way, params)
    check(world, response)
    for _ in range(3):  # on to the page that is missing
        target = response.get("Location", "")
        if not target.startswith("/"):
            break
        response = world.app.browser.get(target)
        check(world, response)
    assert not [name for name, secret in world.secrets.items() if secret in caplog.text]


TOKEN: dict[str, st.SearchStrategy[Any]] = {
    "grant_type": st.sampled_from(list(GRANTS)) | NASTY,
    "code": OPTIONAL | st.sampled_from(["@code", "@refresh"]) | NASTY,
    "redirect_uri": OPTIONAL | st.just(CALLBACK) | NASTY,
    "code_verifier": OPTIONAL | st.just(VERIFIER) | NASTY,
    "refresh_token": OPTIONAL | st.sampled_from(["@refresh", "@code", "@access"]) | NASTY,
    "device_code": OPTIONAL | st.just("@refresh") | NASTY,
    "scope": OPTIONAL | st.sampled_from(["openid", "read", "openid read"]) | NASTY,
    "resource": OPTIONAL | st.just(API) | NASTY,
    "token": OPTIONAL | st.sampled_from(["@refresh", "@access", "@id"]) | NASTY,
    "client_secret": OPTIONAL | OPTIONAL | st.just("@secret"),
    "client_assertion": OPTIONAL | OPTIONAL | st.just("@id") | NASTY,
    "client_assertion_type": OPTIONAL | NASTY,
    "password": OPTIONAL | st.just("@secret"),
}
HEADERS = st.sampled_from(["", "Bearer @access", "DPoP @access", "Basic x", "Bearer @refresh"])
PATHS = st.sampled_from(
    ["token", "token", "introspect", "revoke", "par", "device_authorization", "userinfo", "register"]
)


GOOD: list[dict[str, str]] = [
    {
        "grant_type": "authorization_code",
        "code": "@code",
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    },
    {"grant_type": "refresh_token", "refresh_token": "@refresh"},
    {"grant_type": "client_credentials", "scope": "read"},
    {"token": "@access"},
    {"token": "@refresh"},
    {"scope": "openid"},
]


@fuzz
@given(
    good=st.sampled_from(GOOD),
    params=few(TOKEN),
    path=PATHS,
    basic=st.booleans(),
    header=HEADERS,
    proof=st.sampled_from(["", "", "good", "bad"]) | NASTY,
)
def test_the_machine_endpoints(
    world: World,
    caplog: Any,
    good: dict[str, str],
    params: dict[str, Any],
    path: str,
    basic: bool,
    header: str,
    proof: str,
) -> None:
    caplog.clear()
    params = {**good, **params}
    world.code = world.app.code()
    extra: dict[str, str] = {}
    if basic or header:
        [(_, said)] = meant(world, {"": header.partition(" ")[2]}) if header else [("", "")]
        given_header = f"{header.partition(' ')[0]} {said}"
        extra["HTTP_AUTHORIZATION"] = world.app.basic() if basic else given_header
    if proof:
        uri = f"{django_settings.ISSUER}/oauth2/{path}"
        made = {"good": HOLDER.proof(uri), "bad": HOLDER.proof("https://mallory.example/")}
        extra["HTTP_DPOP"] = made.get(proof, proof)
    response = post(f"/oauth2/{path}", encoded(meant(world, params)), **extra)
    # Within the grace of a rotation a retry gets the same successor, as it should.
    check(world, response, own="the refresh token" if path == "token" and response.status_code == 200 else "")
    assert response["Content-Type"].startswith(("application/json", "application/"))
    assert not [name for name, secret in world.secrets.items() if secret in caplog.text]
    if path == "token" and "refresh_token" in (given_back := _json(response)):
        world.tokens |= given_back
        world.secrets["the refresh token"] = world.tokens["refresh_token"]


def _json(response: HttpResponse) -> dict[str, Any]:
    return response.json() if response["Content-Type"] == "application/json" and response.content else {}


LOGOUT: dict[str, st.SearchStrategy[Any]] = {
    "id_token_hint": OPTIONAL | st.sampled_from(["@id", "@access"]) | NASTY,
    "client_id": OPTIONAL | st.just("@client") | NASTY,
    "post_logout_redirect_uri": OPTIONAL | st.sampled_from([AFTER, CALLBACK, FRAME]) | NASTY,
    "state": OPTIONAL | NASTY,
    "logout_hint": OPTIONAL | NASTY,
    "ui_locales": OPTIONAL | NASTY,
}


@fuzz
@given(
    params=st.fixed_dictionaries(LOGOUT), by_form=st.booleans(), signed_in=st.booleans(), agreed=st.booleans()
)
def test_logout(world: World, params: dict[str, Any], by_form: bool, signed_in: bool, agreed: bool) -> None:
    if params["client_id"] == "@client":
        params["client_id"] = world.app.client.client_id
    query, browser = encoded(meant(world, params)), world.app.browser if signed_in else Browser()
    if by_form:
        response = browser.post("/oauth2/logout", query, content_type=FORM)
    else:
        response = browser.get(f"/oauth2/logout?{query}")
    check(world, response)
    if agreed:
        check(world, browser.post("/oauth2/logout/confirm", query, content_type=FORM))
    if signed_in:
        world.app.sign_in()
        world.secrets["the session"] = browser.cookies[django_settings.SESSION_COOKIE_NAME].value


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | NASTY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    *metadata.STANDARD,
    *metadata.EXTENSIONS,
    *("scope", "response_types", "subject_type", "sector_identifier_uri", "software_statement", "client_id"),
]
LIKELY = st.sampled_from(
    [["code"], ["code id_token"], "openid email", "public", "pairwise", "none", "RS256", "HS256", True, 60, [API],
     ["refresh_token"], ["implicit"], key_set(), {"keys": [{"kty": "oct", "k": "AA"}]}, [CALLBACK], "native"]
)  # fmt: skip
DOCUMENTS = st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES | LIKELY, max_size=8)


def send(method: str, path: str, document: Any, token: str = "") -> HttpResponse:
    extra = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}
    return Browser().generic(method, path, json.dumps(document), content_type="application/json", **extra)


@fuzz
@given(first=DOCUMENTS, second=DOCUMENTS, valid=st.booleans())
def test_registration(world: World, first: dict[str, Any], second: dict[str, Any], valid: bool) -> None:
    base = {"redirect_uris": [CALLBACK], "client_name": "Kanban"} if valid else {}
    made = send("POST", "/oauth2/register", {**base, **first})
    check(world, made)
    assert made.status_code in (201, 400)
    if made.status_code != 201:
        return
    answer = made.json()
    path = urlsplit(answer["registration_client_uri"]).path
    for response in (
        send("GET", path, None, answer["registration_access_token"]),
        send("PUT", path, {**base, **second}, answer["registration_access_token"]),
        send("PUT", path, {**base, **second}, "not its token"),
        send(
            "GET", f"/oauth2/register/{world.app.client.client_id}", None, answer["registration_access_token"]
        ),
    ):
        check(world, response)
    assert response.status_code in (401, 403)
    client = Client.objects.get(client_id=answer["client_id"])
    assert (client.first_party, client.self_registered, client.response_types) == (False, True, ["code"])
    assert not client.request_uris
    assert not client.lenient_assertions


def test_the_check_would_notice(world: World) -> None:
    """What the others rely on."""
    for bad in (
        HttpResponse(f"<p>{world.app.secret}</p>"),
        HttpResponse('<form action="https://mallory.example/">'),
        HttpResponse('<iframe src="https://mallory.example/x">'),
        HttpResponse('<meta http-equiv="refresh" content="4;url=https://mallory.example/">'),
        HttpResponse(status=303, headers={"Location": "//mallory.example/"}),
        HttpResponse(status=500),
    ):
        with pytest.raises(AssertionError):
            check(world, bad)
