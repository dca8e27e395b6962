"""Request objects by value: what counts of them, and each that is refused (RFC 9101, OIDC Core 6.1)."""

import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from idp.authorization import request_object
from idp.authorization.request_object import read
from idp.clients import remote_keys
from idp.models import Client, SavedRequest
from idp.outbound import Fetched, Unreachable
from idp.protocol.errors import InvalidRequestObject
from idp.protocol.params import Params
from tests.idp.app import CALLBACK, App, answer, decoded, make_client
from tests.idp.signing_app import SigningApp, key, key_set, make_signing_client, public, sign, sign_by_hand

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh(signing_keys: None) -> None:
    remote_keys.forget()


@pytest.fixture
def app() -> SigningApp:
    return signed_in()


def signed_in(**fields: Any) -> SigningApp:
    app = SigningApp(make_signing_client(**fields), secret="-")
    app.sign_in()
    return app


def ask(app: App, signed: str, **outside: Any) -> HttpResponse:
    """An authorization request by `request`, with little else outside."""
    params = {"client_id": app.client.client_id, "response_type": "code", "scope": "openid", **outside}
    params = {name: value for name, value in params.items() if value is not None}
    return app.browser.get("/oauth2/authorize", {**params, "request": signed})


def now() -> int:
    return int(time.time())


def test_a_signed_request_ends_with_a_code_that_is_good(app: SigningApp) -> None:
    found = answer(ask(app, app.request_object()))
    assert found["state"] == app.request()["state"]
    tokens = app.redeem(found["code"]).json()
    assert decoded(tokens["id_token"])["nonce"] == app.request()["nonce"]


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_by_each_algorithm_that_discovery_names(algorithm: str) -> None:
    app = signed_in(jwks=key_set(public(algorithm)))
    assert (
        algorithm
        in Browser()
        .get("/.well-known/openid-configuration")
        .json()["request_object_signing_alg_values_supported"]
    )
    assert "code" in answer(ask(app, app.request_object(header={"algorithm": algorithm})))


def test_only_what_is_inside_counts(app: SigningApp) -> None:
    """ensure-different-nonce-inside-and-outside-request-object, state-only-outside-request-object-not-used."""
    found = answer(ask(app, app.request_object(state=None), state="outside", nonce="outside", prompt="none"))
    assert "state" not in found
    assert decoded(app.redeem(found["code"]).json()["id_token"])["nonce"] == app.request()["nonce"]


def test_ensure_request_object_with_redirect_uri(app: SigningApp) -> None:
    app.client.redirect_uris = [CALLBACK, "https://app.example/second"]
    app.client.save()
    response = ask(app, app.request_object(redirect_uri="https://app.example/second"), redirect_uri=CALLBACK)
    assert response["Location"].startswith("https://app.example/second?")


def test_ensure_request_object_without_redirect_uri_fails(app: SigningApp) -> None:
    assert ask(app, app.request_object(redirect_uri=None), redirect_uri=CALLBACK).status_code == 400


def test_ensure_registered_redirect_uri(app: SigningApp) -> None:
    signed = app.request_object(redirect_uri="https://mallory.example/cb")
    assert ask(app, signed, redirect_uri=CALLBACK).status_code == 400


def test_values_are_as_json_has_them(app: SigningApp) -> None:
    wanted = {"id_token": {"auth_time": {"essential": True}}}
    assert "code" in answer(ask(app, app.request_object(max_age=3600, claims=wanted)))


def test_the_one_parameter_that_may_repeat_is_a_list_inside(app: SigningApp) -> None:
    """RFC 8707 section 2.1: a client that is no such API makes it invalid_target, so it was read."""
    wanted = ["https://api.example/one", "https://api.example/two"]
    assert answer(ask(app, app.request_object(resource=wanted)))["error"] == "invalid_target"


def test_a_request_that_waits_for_a_person_goes_on_as_signed() -> None:
    app = SigningApp(make_signing_client(), secret="-")
    page = ask(app, app.request_object())
    assert page.status_code == 303
    app.sign_in()
    resumed = app.browser.get(f"/oauth2/authorize/{SavedRequest.objects.get().pk}")
    assert answer(resumed)["state"] == app.request()["state"]


def test_by_post_too(app: SigningApp) -> None:
    body = {"client_id": app.client.client_id, "response_type": "code", "request": app.request_object()}
    waiting = app.browser.post(
        "/oauth2/authorize",
        "&".join(f"{name}={value}" for name, value in body.items()),
        content_type="application/x-www-form-urlencoded",
    )
    assert "code" in answer(app.browser.get(waiting["Location"]))


CLAIMS: dict[str, Callable[[], dict[str, Any]]] = {
    "S-055 with-bad-aud-fails": lambda: {"aud": "https://mallory.example"},
    "S-055 aud is missing": lambda: {"aud": None},
    "S-054 without-exp-fails": lambda: {"exp": None},
    "S-054 ensure-expired-request-object-fails": lambda: {"exp": now() - 300},
    "S-054 with-exp-over-60-fails": lambda: {"exp": now() + 70 * 60},
    "S-054 with-nbf-over-60-fails": lambda: {"nbf": now() - 70 * 60},
    "S-054 nbf is in the future": lambda: {"nbf": now() + 61},
    "S-054 exp is a string": lambda: {"exp": str(now() + 60)},
    "S-054 exp is true": lambda: {"exp": True},
    "S-058 iss is another": lambda: {"iss": "another"},
    "S-058 iss is missing": lambda: {"iss": None},
    "S-058 sub is the app: an assertion": lambda: {"sub": "any"},
    "client_id is another": lambda: {"client_id": "another"},
    "client_id is missing": lambda: {"client_id": None},
    "response_type is another": lambda: {"response_type": "id_token"},
    "response_type is missing": lambda: {"response_type": None},
    "par-authorization-request-containing-request_uri": lambda: {"request_uri": "urn:a"},
    "a request inside": lambda: {"request": "a.b.c"},
    "a value is a list": lambda: {"scope": ["openid"]},
    "a value is an object": lambda: {"state": {}},
    "a value is true": lambda: {"prompt": True},
    "a value is a fraction": lambda: {"max_age": 1.5},
    "a value has a control character": lambda: {"state": "\x01"},
}


@pytest.mark.parametrize("changes", CLAIMS.values(), ids=CLAIMS.keys())
def test_a_request_object_is_refused_whose(changes: Callable[[], dict[str, Any]], app: SigningApp) -> None:
    response = ask(app, app.request_object(**changes()), redirect_uri=CALLBACK, state="outside")
    assert answer(response)["error"] == "invalid_request_object"
    assert answer(response)["state"] == "outside"


@pytest.mark.parametrize(
    "changes",
    [
        lambda: {"aud": ["https://other.example", settings.ISSUER]},
        lambda: {"nbf": now() + 8},
        lambda: {"iat": now() + 8},
        lambda: {"nbf": None},
    ],
    ids=[
        "ensure-request-object-with-multiple-aud-succeeds",
        "with-nbf-8-seconds-in-the-future-is-accepted",
        "iat a little ahead",
        "nbf is for apps that require signed requests",
    ],
)
def test_it_is_accepted_whose(changes: Callable[[], dict[str, Any]], app: SigningApp) -> None:
    assert "code" in answer(ask(app, app.request_object(**changes())))


@pytest.mark.parametrize("typ", ["at+jwt", "dpop+jwt", "client-authentication+jwt", "logout+jwt"])
def test_s_058_the_type_of_another_purpose_is_refused(typ: str, app: SigningApp) -> None:
    response = ask(app, app.request_object(header={"typ": typ}), redirect_uri=CALLBACK)
    assert answer(response)["error"] == "invalid_request_object"


def test_s_058_neither_an_assertion_nor_an_id_token_is_a_request(app: SigningApp) -> None:
    id_token = app.tokens()["id_token"]
    for other in (sign(app.claims()), id_token):
        assert answer(ask(app, other, redirect_uri=CALLBACK))["error"] == "invalid_request_object"


def test_s_058_a_request_object_is_no_assertion(app: SigningApp) -> None:
    signed = app.request_object(header={"typ": "JWT"}, jti="one")
    refused = app.post("/oauth2/token", {"grant_type": "client_credentials", **app.proof(signed)})
    assert refused.json()["error"] == "invalid_client"


def test_s_051_with_invalid_signature_fails(app: SigningApp) -> None:
    """ensure-matching-key-in-authorization-request: nor does the key of another app do."""
    claims = jwt.decode(app.request_object(), options={"verify_signature": False})
    foreign = jwt.encode(claims, key(name="mallory"), "ES256", {"kid": "one"})
    head, body, signature = app.request_object().split(".")
    for signed in (foreign, f"{head}.{body}.{signature[:-8]}AAAAAAAA", f"{head}.{body}.", "a.b.c", "x", "é"):
        assert answer(ask(app, signed, redirect_uri=CALLBACK))["error"] == "invalid_request_object"


@pytest.mark.parametrize(
    "header", [{"crit": ["exp"]}, {"crit": []}, {"b64": False}, {"alg": "none"}, {"alg": "es256"}], ids=str
)
def test_s_053_odd_headers_are_refused(header: dict[str, Any], app: SigningApp) -> None:
    claims = jwt.decode(app.request_object(), options={"verify_signature": False})
    assert "code" in answer(ask(app, sign_by_hand(claims, {"alg": "ES256", "kid": "one"})))
    signed = sign_by_hand(claims, {"alg": "ES256", "kid": "one", **header})
    assert answer(ask(app, signed, redirect_uri=CALLBACK))["error"] in (
        "invalid_request_object",
        "request_not_supported",
    )


def unsigned(app: SigningApp) -> str:
    claims = jwt.decode(app.request_object(), options={"verify_signature": False})
    return jwt.encode(claims, None, "none")


def test_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(app: SigningApp) -> None:
    assert answer(ask(app, unsigned(app), redirect_uri=CALLBACK))["error"] == "request_not_supported"


def test_signature_algorithm_is_not_none() -> None:
    """S-051: an app that agreed on an algorithm hears that its object is bad."""
    app = signed_in(request_object_signing_alg="ES256")
    assert answer(ask(app, unsigned(app), redirect_uri=CALLBACK))["error"] == "invalid_request_object"


def test_an_app_without_keys_is_told_that_there_are_no_requests_for_it() -> None:
    app = App(make_client())
    assert answer(ask(app, "a.b.c", redirect_uri=CALLBACK))["error"] == "request_not_supported"


def test_ensure_signed_request_object_with_rs256_fails_where_the_app_is_registered_for_another() -> None:
    app = signed_in(jwks=key_set(public("PS256")), request_object_signing_alg="PS256")
    assert "code" in answer(ask(app, app.request_object(header={"algorithm": "PS256"})))
    claims = jwt.decode(app.request_object(), options={"verify_signature": False})
    wrong = jwt.encode(claims, key("PS256"), "RS256", {"kid": "one"})
    assert answer(ask(app, wrong, redirect_uri=CALLBACK))["error"] == "invalid_request_object"


def test_without_an_address_outside_a_bad_request_ends_on_our_page(app: SigningApp) -> None:
    assert ask(app, app.request_object(aud="x")).status_code == 400
    assert ask(app, app.request_object(aud="x"), redirect_uri="https://mallory.example/").status_code == 400


def test_s_071_request_uri_leads_nowhere(app: SigningApp) -> None:
    for uri in ("https://app.example/request", "http://169.254.169.254/", "x"):
        response = app.authorize(request_uri=uri)
        assert answer(response)["error"] == "request_uri_not_supported"


def test_one_of_the_two_and_not_both(app: SigningApp) -> None:
    response = ask(
        app, app.request_object(), request_uri="urn:ietf:params:oauth:request_uri:x", redirect_uri=CALLBACK
    )
    assert answer(response)["error"] == "invalid_request"


# Apps that have to sign (RFC 9101 section 10.5).


@pytest.fixture
def strict() -> SigningApp:
    return signed_in(require_signed_request_object=True)


def test_such_an_app_signs_or_is_refused(strict: SigningApp) -> None:
    assert answer(strict.authorize())["error"] == "invalid_request"
    assert "code" in answer(ask(strict, strict.request_object()))


def test_without_nbf_fails(strict: SigningApp) -> None:
    response = ask(strict, strict.request_object(nbf=None), redirect_uri=CALLBACK)
    assert answer(response)["error"] == "invalid_request_object"


# At an address that an admin registered (OIDC Core section 6.2).

REQUEST_URI = "https://app.example/request.jwt#a-hash"


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """`fetched[0]` is what stands at the address; the addresses asked for follow."""
    request_object.forget()
    seen = [""]

    def fetch(url: str) -> Fetched:
        seen.append(url)
        if not seen[0]:
            raise Unreachable("down")
        return Fetched(
            404 if seen[0] == "missing" else 200, "application/oauth-authz-req+jwt", seen[0].encode()
        )

    monkeypatch.setattr(request_object.outbound, "fetch_for_strangers", fetch)
    return seen


def follow(app: App, request_uri: str = REQUEST_URI, **outside: Any) -> HttpResponse:
    params = {"client_id": app.client.client_id, "response_type": "code", "scope": "openid", **outside}
    return app.browser.get("/oauth2/authorize", {**params, "request_uri": request_uri})


@pytest.mark.parametrize("fields", [{}, {"require_signed_request_object": True}], ids=str)
def test_request_uri_signed_rs256(fields: dict[str, Any], fetched: list[str]) -> None:
    app = signed_in(jwks=key_set(public("RS256")), request_uris=[REQUEST_URI], **fields)
    fetched[0] = app.request_object(header={"algorithm": "RS256"}) + "\n"
    found = answer(follow(app, state="outside"))
    assert "code" in found
    assert found["state"] == app.request()["state"]
    assert fetched[1:] == [REQUEST_URI]


def test_s_071_an_address_that_is_not_registered_is_never_fetched(fetched: list[str]) -> None:
    app = signed_in(request_uris=[REQUEST_URI])
    for uri in ("https://app.example/request.jwt", "https://mallory.example/", REQUEST_URI + "x"):
        assert answer(follow(app, uri, redirect_uri=CALLBACK))["error"] == "request_uri_not_supported"
    assert fetched == [""]


@pytest.mark.parametrize(
    ("there", "error"),
    [
        ("", "invalid_request_uri"),
        ("missing", "invalid_request_uri"),
        ("é", "invalid_request_uri"),
        ("<html>", "invalid_request_object"),
        ("eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
    ],
)
def test_what_is_no_signed_request_is_refused(there: str, error: str, fetched: list[str]) -> None:
    app = signed_in(request_uris=[REQUEST_URI])
    fetched[0] = there
    assert answer(follow(app, redirect_uri=CALLBACK))["error"] == error


def test_a_stranger_makes_the_server_fetch_so_often_and_no_more(
    fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_object, "MOST_FETCHES", 2)
    app = signed_in(request_uris=[REQUEST_URI])
    for _ in range(4):
        assert answer(follow(app, redirect_uri=CALLBACK))["error"] == "invalid_request_uri"
    assert len(fetched) == 3


def test_a_fetched_request_is_no_pushed_one(fetched: list[str]) -> None:
    app = signed_in(request_uris=[REQUEST_URI], require_pushed_authorization_requests=True)
    fetched[0] = app.request_object()
    assert answer(follow(app))["error"] == "invalid_request"


# Whatever is inside.

_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@trying(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from(["scope", "state", "claims", "prompt", "max_age", "nonce", "x"]), _json)
)
def test_whatever_a_signed_object_holds_its_parameters_are_plain_text_or_it_is_refused(
    inside: dict[str, Any],
) -> None:
    client = Client(client_id="app", jwks=key_set(), revision="1")
    registered = {"iss": "app", "client_id": "app", "aud": settings.ISSUER, "exp": now() + 60}
    body = json.dumps({**inside, **registered})
    signed = sign_by_hand(json.loads(body), {"alg": "ES256", "kid": "one"})
    try:
        params = read(signed, client, Params({}), now=timezone.now())
    except InvalidRequestObject:
        return
    assert all(isinstance(value, str) for value in params.values.values())
    assert set(params.values) <= {*inside, "client_id"}
