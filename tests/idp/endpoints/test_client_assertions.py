"""private_key_jwt and client_secret_jwt: what proves an app, and each thing that does not (RFC 7523, OIDC Core 9)."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from idp.clients import remote_keys, secrets
from idp.clients.assertions import TYPE
from idp.clients.risks import risks
from idp.models import Client, ClientSecret, UsedToken
from tests.idp.app import App, make_client
from tests.idp.signing_app import SigningApp, key, key_set, make_signing_client, public, sign, sign_by_hand

pytestmark = pytest.mark.django_db
TOKEN_ENDPOINT = f"{settings.ISSUER}/oauth2/token"


@pytest.fixture(autouse=True)
def fresh(signing_keys: None) -> None:
    remote_keys.forget()


@pytest.fixture
def machine() -> SigningApp:
    return SigningApp(make_signing_client(grant_types=["client_credentials"], scopes=["a"]), secret="-")


def ask(app: App, assertion: str = "", **params: Any) -> HttpResponse:
    proof = {"client_assertion_type": TYPE, "client_assertion": assertion} if assertion else {}
    return app.post("/oauth2/token", {"grant_type": "client_credentials", **proof, **params})


def refused(response: HttpResponse) -> bool:
    return response.status_code == 401 and response.json()["error"] == "invalid_client"


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_an_app_proves_itself_by_its_key(algorithm: str, machine: SigningApp) -> None:
    machine.client.jwks = key_set(public(algorithm))
    machine.client.save()
    assert ask(machine, sign(machine.claims(), algorithm=algorithm)).status_code == 200


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519"])
def test_a_key_of_ed25519_signs_under_both_of_its_names(alg: str, machine: SigningApp) -> None:
    machine.client.jwks = key_set(public("EdDSA", alg=alg))
    machine.client.save()
    for name in ("EdDSA", "Ed25519"):
        assert ask(machine, sign_by_hand(machine.claims(), {"alg": name, "kid": "one"})).status_code == 200


def test_a_whole_sign_in_of_an_app_without_any_secret() -> None:
    app = SigningApp(make_signing_client(), secret="-")
    app.sign_in()
    tokens = app.tokens()
    assert app.refresh(tokens["refresh_token"]).status_code == 200
    assert app.introspect(app.tokens()["access_token"])["active"]
    assert not ClientSecret.objects.exists()


@pytest.mark.parametrize("typ", [None, "JWT", "client-authentication+jwt"])
def test_the_type_may_be_named_or_not(typ: str | None, machine: SigningApp) -> None:
    assert ask(machine, sign(machine.claims(), typ=typ)).status_code == 200


def test_client_id_beside_it_may_be_sent_and_has_to_agree(machine: SigningApp) -> None:
    assert ask(machine, client_id=machine.client.client_id).status_code == 200
    assert refused(ask(machine, client_id=make_client().client_id))


def test_discovery_names_the_methods_and_algorithms_that_are_tried_here() -> None:
    document = Browser().get("/.well-known/openid-configuration").json()
    for endpoint in ("token", "introspection", "revocation"):
        found = document[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]
        assert found == ["RS256", "PS256", "ES256", "EdDSA", "HS256"]
        assert {"private_key_jwt", "client_secret_jwt"} <= set(
            document[f"{endpoint}_endpoint_auth_methods_supported"]
        )


def now() -> int:
    return int(time.time())


CLAIMS: dict[str, Callable[[], dict[str, Any]]] = {
    "S-055 aud is another server": lambda: {"aud": "https://mallory.example"},
    "S-055 par-test-token-endpoint-url-as-audience-fails": lambda: {"aud": TOKEN_ENDPOINT},
    "S-055 par-test-par-endpoint-url-as-audience-fails": lambda: {"aud": f"{settings.ISSUER}/oauth2/par"},
    "S-055 par-test-array-as-audience-fails": lambda: {"aud": [settings.ISSUER]},
    "S-055 aud has a slash more": lambda: {"aud": f"{settings.ISSUER}/"},
    "S-055 aud is missing": lambda: {"aud": None},
    "S-054 exp is missing": lambda: {"exp": None},
    "S-054 ensure-client-assertion-with-exp-is-5-minutes-in-past-fails": lambda: {"exp": now() - 300},
    "S-054 exp is over ten minutes ahead": lambda: {"exp": now() + 660},
    "S-054 exp is true": lambda: {"exp": True},
    "S-054 exp is without end": lambda: {"exp": 1e999},
    "S-054 exp is huge": lambda: {"exp": 10**40},
    "S-054 nbf over 60 seconds in the future": lambda: {"nbf": now() + 61},
    "S-054 iat over 60 seconds in the future": lambda: {"iat": now() + 61},
    "S-056 jti is missing": lambda: {"jti": None},
    "S-056 jti is empty": lambda: {"jti": ""},
    "S-056 jti is too long": lambda: {"jti": "j" * 256},
    "S-058 iss is another": lambda: {"iss": settings.ISSUER},
    "S-058 iss is missing": lambda: {"iss": None},
    "ensure-client-assertion-with-no-sub-fails": lambda: {"sub": None},
    "sub is another": lambda: {"sub": "another"},
}


@pytest.mark.parametrize("changes", CLAIMS.values(), ids=CLAIMS.keys())
def test_an_assertion_is_refused_whose(changes: Callable[[], dict[str, Any]], machine: SigningApp) -> None:
    assert refused(ask(machine, sign(machine.claims(**changes()))))
    assert not UsedToken.objects.exists()


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_interop_26_eight_seconds_in_the_future_are_accepted(claim: str, machine: SigningApp) -> None:
    assert ask(machine, sign(machine.claims(**{claim: now() + 8}))).status_code == 200


HEADERS: dict[str, dict[str, Any]] = {
    "S-052 unknown kid": {"kid": "two"},
    "S-052 kid is a number": {"kid": 1},
    "S-053 crit": {"crit": ["exp"]},
    "S-053 empty crit": {"crit": []},
    "S-053 b64": {"b64": False},
    "S-058 type of an access token": {"typ": "at+jwt"},
    "S-058 type of a request object": {"typ": "oauth-authz-req+jwt"},
    "S-058 type of a DPoP proof": {"typ": "dpop+jwt"},
}


def test_a_header_written_by_hand_is_refused_for_what_is_odd_in_it_only(machine: SigningApp) -> None:
    assert ask(machine, sign_by_hand(machine.claims(), {"alg": "ES256", "kid": "one"})).status_code == 200


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_an_assertion_is_refused_with(header: dict[str, Any], machine: SigningApp) -> None:
    token = sign_by_hand(machine.claims(), {"alg": "ES256", "kid": "one", **header})
    assert refused(ask(machine, token))


def test_s_051_the_key_of_somebody_else_proves_nothing(machine: SigningApp) -> None:
    assert refused(ask(machine, jwt.encode(machine.claims(), key(name="mallory"), "ES256", {"kid": "one"})))
    mallory_named = {"kid": "one", "jwk": public(name="mallory"), "jku": "https://mallory.example/jwks"}
    assert refused(ask(machine, jwt.encode(machine.claims(), key(name="mallory"), "ES256", mallory_named)))


def test_s_051_no_signature_and_a_public_key_as_a_secret_prove_nothing(machine: SigningApp) -> None:
    assert refused(ask(machine, jwt.encode(machine.claims(), None, "none", {"kid": "one"})))
    secret = public()["x"].encode() + b"0" * 32
    assert refused(ask(machine, jwt.encode(machine.claims(), secret, "HS256", {"kid": "one"})))


def test_ensure_signed_client_assertion_with_rs256_fails_where_the_app_is_registered_for_another(
    machine: SigningApp,
) -> None:
    """S-051: the allow-list of the app, also when the key would do for both."""
    machine.client.jwks = key_set(public("PS256", alg=None))
    machine.client.token_endpoint_auth_signing_alg = "PS256"
    machine.client.save()
    del machine.client.jwks["keys"][0]["alg"]
    machine.client.save()
    assert ask(machine, sign(machine.claims(), algorithm="PS256")).status_code == 200
    wrong = jwt.encode(machine.claims(), key("PS256"), "RS256", {"kid": "one"})
    assert refused(ask(machine, wrong))


def test_s_051_a_key_registered_for_another_algorithm_is_not_used(machine: SigningApp) -> None:
    machine.client.jwks = key_set(public("PS256"))
    machine.client.save()
    wrong = jwt.encode(machine.claims(), key("PS256"), "RS256", {"kid": "one"})
    assert refused(ask(machine, wrong))


def test_s_056_an_assertion_works_once(machine: SigningApp) -> None:
    assertion = sign(machine.claims())
    assert ask(machine, assertion).status_code == 200
    assert refused(ask(machine, assertion))
    assert UsedToken.objects.count() == 1


def test_s_056_a_jti_belongs_to_its_app(machine: SigningApp) -> None:
    another = SigningApp(make_signing_client(grant_types=["client_credentials"], scopes=["a"]), secret="-")
    for app in (machine, another):
        assert ask(app, sign(app.claims(jti="the same"))).status_code == 200


def test_s_058_an_id_token_is_no_assertion() -> None:
    app = SigningApp(make_signing_client(), secret="-")
    app.sign_in()
    assert refused(ask(app, app.tokens()["id_token"]))


def test_s_025_a_failed_proof_leaves_the_code_alone() -> None:
    app = SigningApp(make_signing_client(), secret="-")
    app.sign_in()
    code = app.code()
    assert refused(app.redeem(code, client_assertion=sign(app.claims(aud="https://mallory.example"))))
    assert app.redeem(code).status_code == 200


@pytest.mark.parametrize(
    "params",
    [
        {"client_secret": "x"},
        {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
        {"client_assertion_type": None},
        {"client_assertion": None},
        {"client_assertion": "a.b.c"},
        {"client_assertion": "x" * 70000},
        {"client_assertion": "é"},
    ],
    ids=str,
)
def test_s_040_one_readable_proof_and_no_other(params: dict[str, Any], machine: SigningApp) -> None:
    assert refused(ask(machine, **params))


def test_s_040_neither_basic_beside_an_assertion_nor_nothing_at_all(machine: SigningApp) -> None:
    basic = machine.post(
        "/oauth2/token", {"grant_type": "client_credentials"}, HTTP_AUTHORIZATION="Basic YTpi"
    )
    assert refused(basic)
    bare = {"grant_type": "client_credentials", "client_id": machine.client.client_id}
    assert refused(App.post(machine, "/oauth2/token", bare, authenticate=False))


def test_s_040_a_key_does_not_help_an_app_that_is_registered_for_a_secret() -> None:
    app = SigningApp(make_signing_client(token_endpoint_auth_method="client_secret_basic"))
    assert refused(ask(app))
    assert not UsedToken.objects.exists()


def test_an_unknown_app_hears_what_a_wrong_key_hears(machine: SigningApp) -> None:
    unknown = ask(machine, sign(machine.claims(iss="nobody", sub="nobody")))
    wrong = ask(machine, jwt.encode(machine.claims(), key(name="mallory"), "ES256", {"kid": "one"}))
    assert unknown.json() == wrong.json()


# The exception for apps that can only name the endpoint (INTEROP 27).


@pytest.mark.parametrize("aud", [TOKEN_ENDPOINT, [TOKEN_ENDPOINT], settings.ISSUER, [settings.ISSUER]])
def test_interop_27_an_app_with_the_exception_may_name_the_token_endpoint(
    aud: Any, machine: SigningApp
) -> None:
    machine.client.lenient_assertions = True
    machine.client.save()
    assert ask(machine, sign(machine.claims(aud=aud))).status_code == 200
    assert any("another server" in risk for risk in risks(machine.client, timezone.now()))


@pytest.mark.parametrize("aud", [[TOKEN_ENDPOINT, "https://mallory.example"], "https://mallory.example", []])
def test_interop_27_and_nobody_else_beside_us(aud: Any, machine: SigningApp) -> None:
    machine.client.lenient_assertions = True
    machine.client.save()
    assert refused(ask(machine, sign(machine.claims(aud=aud))))


def test_s_054_an_hour_is_for_apps_with_the_exception_and_the_longest_that_there_is(
    machine: SigningApp,
) -> None:
    """Authlib's assertions are good for an hour."""
    assert refused(ask(machine, sign(machine.claims(exp=now() + 3600))))
    machine.client.lenient_assertions = True
    machine.client.save()
    assert ask(machine, sign(machine.claims(exp=now() + 3600))).status_code == 200
    assert refused(ask(machine, sign(machine.claims(exp=now() + 3700))))


# client_secret_jwt.


@pytest.fixture
def hmac_app() -> SigningApp:
    client = make_client(
        token_endpoint_auth_method="client_secret_jwt", grant_types=["client_credentials"], scopes=["a"]
    )
    return SigningApp(client)


def with_secret(app: SigningApp, secret: str = "", **changes: Any) -> str:
    return jwt.encode(app.claims(**changes), secret or app.secret, "HS256")


def test_an_app_proves_itself_by_signing_with_its_secret(hmac_app: SigningApp) -> None:
    assert ask(hmac_app, with_secret(hmac_app)).status_code == 200
    assert refused(ask(hmac_app, with_secret(hmac_app, "w" * 43)))
    assert refused(ask(hmac_app, with_secret(hmac_app, aud=TOKEN_ENDPOINT)))


def test_s_056_with_a_secret_too_an_assertion_works_once(hmac_app: SigningApp) -> None:
    assertion = with_secret(hmac_app)
    assert ask(hmac_app, assertion).status_code == 200
    assert refused(ask(hmac_app, assertion))


def test_both_live_secrets_sign_and_an_ended_one_does_not(hmac_app: SigningApp) -> None:
    newer = secrets.issue(hmac_app.client, timezone.now())
    assert ask(hmac_app, with_secret(hmac_app)).status_code == 200
    assert ask(hmac_app, with_secret(hmac_app, newer)).status_code == 200
    secrets.end(ClientSecret.objects.get(hint=hmac_app.secret[-4:]))
    assert refused(ask(hmac_app, with_secret(hmac_app)))


def test_s_040_the_secret_itself_is_not_taken(hmac_app: SigningApp) -> None:
    sent = {"client_id": hmac_app.client.client_id, "client_secret": hmac_app.secret}
    body = {"grant_type": "client_credentials", **sent}
    assert refused(App.post(hmac_app, "/oauth2/token", body, authenticate=False))


def test_s_042_only_an_app_that_signs_has_its_secret_kept_and_sealed(hmac_app: SigningApp) -> None:
    kept = ClientSecret.objects.get(client=hmac_app.client)
    assert kept.sealed
    assert hmac_app.secret not in kept.sealed
    assert ClientSecret.objects.get(client=App(make_client()).client).sealed == ""
    hmac_app.client.token_endpoint_auth_method = "client_secret_basic"
    hmac_app.client.save()
    secrets.fit(hmac_app.client)
    kept.refresh_from_db()
    assert kept.sealed == ""


def test_an_app_that_came_to_sign_later_is_told_to_make_a_new_secret() -> None:
    app = App(make_client(grant_types=["client_credentials"], scopes=["a"]))
    app.client.token_endpoint_auth_method = Client.AuthMethod.SECRET_JWT
    app.client.save()
    assert any("make a new one" in risk for risk in risks(app.client, timezone.now()))
    signing = SigningApp(app.client, secret=app.secret)
    assert refused(ask(signing, with_secret(signing)))
