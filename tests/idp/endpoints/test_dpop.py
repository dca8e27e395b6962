"""DPoP (RFC 9449): S-059, and the modules of the FAPI 2.0 plan that speak of it, by name."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import override_settings
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from idp.clients import metadata
from idp.models import Client, Grant, SavedRequest, UsedToken
from idp.protocol.errors import InvalidClientMetadata, InvalidDpopProof, UseDpopNonce
from idp.tokens import dpop
from tests.idp.app import VERIFIER, App, answer, decoded, make_client
from tests.idp.proofs import TOKEN, USERINFO, Holder, base64url

EC = Holder("ES256")
OTHER = Holder("ES256")
RSA = Holder("PS256")
NOW_IS_FAR = 10**400


def now() -> int:
    return int(timezone.now().timestamp())


def userinfo(**headers: str) -> HttpResponse:
    return Browser().get("/oauth2/userinfo", **headers)


def bound(app: "DpopApp", holder: Holder = EC, **changes: Any) -> dict[str, Any]:
    """The tokens of a sign-in with a proof."""
    response = app.redeem_with(holder, app.code(**changes))
    assert response.status_code == 200, response.content
    return response.json()


class DpopApp(App):
    """An app that proves a key."""

    def redeem_with(self, holder: Holder, code: str, **proof: Any) -> HttpResponse:
        params = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uris[0],
            "code_verifier": VERIFIER,
        }
        return self.post("/oauth2/token", params, HTTP_DPOP=holder.proof(**proof))

    def refresh_with(self, holder: Holder, refresh_token: str, **proof: Any) -> HttpResponse:
        params = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.post("/oauth2/token", params, HTTP_DPOP=holder.proof(**proof))

    def with_proof(self, proof: str) -> HttpResponse:
        """A token request whose only question is the proof."""
        return self.post("/oauth2/token", {"grant_type": "client_credentials"}, HTTP_DPOP=proof)


@pytest.fixture
def app(signing_keys: None) -> DpopApp:
    made = DpopApp(make_client(grant_types=["authorization_code", "refresh_token", "client_credentials"]))
    made.sign_in()
    return made


@pytest.fixture
def public(signing_keys: None) -> DpopApp:
    made = DpopApp(make_client(token_endpoint_auth_method="none"))
    made.sign_in()
    return made


# --- A key is proven, and the token is bound to it ------------------------------------------------------


@pytest.mark.parametrize("algorithm", dpop.ALGORITHMS)
def test_happy_flow_with_each_advertised_algorithm(app: DpopApp, algorithm: str) -> None:
    holder = Holder(algorithm if algorithm != "Ed25519" else "EdDSA")
    header = {"alg": algorithm}
    body = app.redeem_with(holder, app.code(), header=header).json()
    assert body["token_type"] == "DPoP"
    token = body["access_token"]
    assert decoded(token)["cnf"] == {"jkt": holder.jkt}
    found = userinfo(**holder.at_userinfo(token, header=header))
    assert found.json()["sub"] == str(app.user.pk)


def test_s_059_a_proof_with_an_rsa_key_of_4096_bits_is_read(app: DpopApp) -> None:
    holder = Holder("RS256", key=rsa.generate_private_key(65537, 4096))
    assert app.with_proof(holder.proof()).status_code == 200


def test_introspection_shows_the_key(app: DpopApp) -> None:
    found = app.introspect(bound(app)["access_token"])
    assert found["token_type"] == "DPoP"
    assert found["cnf"] == {"jkt": EC.jkt}


def test_without_a_proof_the_token_stays_a_bearer_token(app: DpopApp) -> None:
    tokens = app.tokens()
    assert tokens["token_type"] == "Bearer"
    assert "cnf" not in decoded(tokens["access_token"])
    assert "cnf" not in app.introspect(tokens["access_token"])


def test_a_machine_s_token_is_bound_too(app: DpopApp) -> None:
    body = app.with_proof(RSA.proof()).json()
    assert body["token_type"] == "DPoP"
    assert decoded(body["access_token"])["cnf"] == {"jkt": RSA.jkt}


# --- dpop-negative-tests --------------------------------------------------------------------------------

PRIVATE = EC.jwk(private=True)
WEAK = Holder("RS256", key=rsa.generate_private_key(65537, 1024))
REFUSED: dict[str, Callable[[], str]] = {
    "no jti": lambda: EC.proof(jti=None),
    "an empty jti": lambda: EC.proof(jti=""),
    "a jti that is no string": lambda: EC.proof(jti=["a"]),
    "no htm": lambda: EC.proof(htm=None),
    "another method": lambda: EC.proof(htm="GET"),
    "a method in small letters": lambda: EC.proof(htm="post"),
    "a method that is no string": lambda: EC.proof(htm=["POST"]),
    "no htu": lambda: EC.proof(htu=None),
    "another address": lambda: EC.proof(htu=USERINFO),
    "another host": lambda: EC.proof(htu="https://mallory.example/oauth2/token"),
    "another scheme": lambda: EC.proof(htu=TOKEN.replace("http:", "https:")),
    "another port": lambda: EC.proof(htu=TOKEN.replace(":8000", ":8001")),
    "a person in the address": lambda: EC.proof(htu=TOKEN.replace("//", "//mallory@")),
    "a slash at the end": lambda: EC.proof(htu=TOKEN + "/"),
    "only a path": lambda: EC.proof(htu="/oauth2/token"),
    "an address that is none": lambda: EC.proof(htu="http://[/oauth2/token"),
    "an impossible port": lambda: EC.proof(htu="http://localhost:99999/oauth2/token"),
    "an address that is no string": lambda: EC.proof(htu={"a": 1}),
    "no iat": lambda: EC.proof(iat=None),
    "an iat that is no number": lambda: EC.proof(iat=str(now())),
    "an iat a minute and more ago": lambda: EC.proof(iat=now() - 62),
    "an iat a minute ahead": lambda: EC.proof(iat=now() + 60),
    "an iat of long ago": lambda: EC.proof(iat=-NOW_IS_FAR),
    "an iat without end": lambda: EC.proof(iat=NOW_IS_FAR),
    "an exp in the past": lambda: EC.proof(exp=now() - 60),
    "an exp that is no number": lambda: EC.proof(exp="soon"),
    "an nbf in the future": lambda: EC.proof(nbf=now() + 60),
    "typ JWT": lambda: EC.proof(header={"typ": "JWT"}),
    "no typ": lambda: EC.proof(header={"typ": None}),
    "alg none": lambda: EC.proof(header={"alg": "none"}),
    "alg of another family": lambda: EC.proof(header={"alg": "RS256"}),
    "alg HS256": lambda: EC.proof(header={"alg": "HS256"}),
    "alg ES384": lambda: EC.proof(header={"alg": "ES384"}),
    "no alg": lambda: EC.proof(header={"alg": None}),
    "no jwk": lambda: EC.proof(header={"jwk": None}),
    "somebody else's jwk": lambda: EC.proof(header={"jwk": OTHER.jwk()}),
    "a private jwk": lambda: EC.proof(header={"jwk": PRIVATE}),
    "a symmetric jwk": lambda: EC.proof(header={"jwk": {"kty": "oct", "k": base64url(b"s" * 32)}}),
    "a jwk that is no object": lambda: EC.proof(header={"jwk": [EC.jwk()]}),
    "a jwk without y": lambda: EC.proof(header={"jwk": {**EC.jwk(), "y": None}}),
    "a point that is on no curve": lambda: EC.proof(header={"jwk": {**EC.jwk(), "y": EC.jwk()["x"]}}),
    "an RSA key of 1024 bits": lambda: WEAK.proof(),
    "a kid and no jwk": lambda: EC.proof(header={"jwk": None, "kid": "rsa"}),
    "a jku and no jwk": lambda: EC.proof(header={"jwk": None, "jku": "https://mallory.example"}),
    "a critical extension": lambda: EC.proof(header={"crit": ["x"], "x": 1}),
    "two proofs in one header": lambda: f"{EC.proof()},{EC.proof()}",
    "nothing": lambda: "",
    "no JWT": lambda: "a.b.c",
    "a changed signature": lambda: EC.proof()[:-6] + "AAAAAA",
}


@pytest.mark.parametrize("name", REFUSED)
def test_dpop_negative_tests_s_059_at_the_token_endpoint(app: DpopApp, name: str) -> None:
    response = app.with_proof(REFUSED[name]())
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_dpop_proof"
    assert "WWW-Authenticate" not in response
    assert not UsedToken.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"htu": TOKEN},
        {"htm": "POST"},
        {"ath": None},
        {"ath": base64url(b"x" * 32)},
        {"ath": 5},
        {"jti": None},
        {"iat": 1},
        {"header": {"typ": "JWT"}},
        {"header": {"jwk": OTHER.jwk()}},
    ],
)
def test_dpop_negative_tests_s_059_at_userinfo(app: DpopApp, changes: dict[str, Any]) -> None:
    token = bound(app)["access_token"]
    response = userinfo(**EC.at_userinfo(token, **changes))
    assert response.status_code == 401
    challenge = response["WWW-Authenticate"]
    assert challenge.startswith("DPoP ")
    assert 'error="invalid_dpop_proof"' in challenge
    assert f'algs="{" ".join(dpop.ALGORITHMS)}"' in challenge
    assert response["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "htu",
    [
        f"{TOKEN}?a=1",
        f"{TOKEN}#fragment",
        TOKEN.replace("http:", "HTTP:").replace("localhost", "LOCALHOST"),
    ],
)
def test_htu_is_compared_without_query_and_fragment_and_whatever_the_case_of_the_host(
    app: DpopApp, htu: str
) -> None:
    assert app.with_proof(EC.proof(htu=htu)).status_code == 200


def test_s_059_htu_is_the_configured_issuer_s_whatever_the_proxy_says(app: DpopApp) -> None:
    with override_settings(ISSUER="https://id.example"):
        inside = app.post(
            "/oauth2/token", {"grant_type": "client_credentials"}, HTTP_DPOP=EC.proof(),
            HTTP_X_FORWARDED_PROTO="http", HTTP_X_FORWARDED_HOST="localhost:8000",
        )  # fmt: skip
        assert inside.json()["error"] == "invalid_dpop_proof"
        for htu in ("https://id.example/oauth2/token", "https://ID.example:443/oauth2/token"):
            assert app.with_proof(EC.proof(htu=htu)).status_code == 200


def test_a_proof_for_userinfo_may_name_a_query(app: DpopApp) -> None:
    token = bound(app)["access_token"]
    headers = EC.at_userinfo(token, htu=f"{USERINFO}?a=1")
    assert Browser().get("/oauth2/userinfo?a=1", **headers).status_code == 200


def test_s_059_a_proof_is_good_once(app: DpopApp) -> None:
    proof = EC.proof()
    assert app.with_proof(proof).status_code == 200
    again = app.with_proof(proof)
    assert again.json()["error"] == "invalid_dpop_proof"


def test_s_059_a_jti_is_one_key_s_own(app: DpopApp) -> None:
    """Or one app could use up what another is about to send."""
    assert app.with_proof(EC.proof(jti="same")).status_code == 200
    assert app.with_proof(OTHER.proof(jti="same")).status_code == 200
    assert app.with_proof(EC.proof(jti="same")).status_code == 400


def test_s_059_a_proof_is_good_once_at_userinfo_too(app: DpopApp) -> None:
    token = bound(app)["access_token"]
    headers = EC.at_userinfo(token)
    assert userinfo(**headers).status_code == 200
    assert userinfo(**headers).status_code == 401


def test_what_is_remembered_of_a_proof_lasts_longer_than_the_proof(app: DpopApp) -> None:
    proof = EC.proof(iat=now() + 29)
    assert app.with_proof(proof).status_code == 200
    kept = UsedToken.objects.get().expires_at
    with time_machine.travel(kept, tick=False):
        UsedToken.objects.all().delete()
        assert app.with_proof(proof).json()["error"] == "invalid_dpop_proof"


@pytest.mark.parametrize("seconds", [-10, 10, -55])
def test_ensure_dpopproof_with_iat_10seconds_before_and_after_succeeds(app: DpopApp, seconds: int) -> None:
    assert app.with_proof(EC.proof(iat=now() + seconds)).status_code == 200


@pytest.mark.parametrize("fields", [(-10, 300), (0, 60), (10, 300)])
def test_check_dpop_proof_nbf_exp(app: DpopApp, fields: tuple[int, int]) -> None:
    nbf, exp = fields
    assert app.with_proof(EC.proof(nbf=now() + nbf, exp=now() + exp)).status_code == 200


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
claim_names = st.sampled_from(["jti", "htm", "htu", "iat", "ath", "nonce", "exp", "nbf", "iss"])


@pytest.mark.django_db
@given(st.dictionaries(claim_names, json_values | st.text().map("http://localhost{}".format)))
def test_no_claims_raise_anything_else(claims: dict[str, Any]) -> None:
    with suppress(InvalidDpopProof, UseDpopNonce):
        dpop.read(
            EC.proof(**claims), method="POST", uri=TOKEN, access_token="t",
            nonce_required=True, now=timezone.now(),
        )  # fmt: skip


@pytest.mark.django_db
@given(st.text())
def test_no_text_raises_anything_else(header: str) -> None:
    with pytest.raises(InvalidDpopProof):
        dpop.read(header, method="POST", uri=TOKEN, now=timezone.now())


# --- Bearer and DPoP don't stand in for one another -----------------------------------------------------


def test_s_059_a_bound_token_is_refused_as_bearer(app: DpopApp) -> None:
    token = bound(app)["access_token"]
    refusals = [
        app.userinfo(token),
        app.userinfo(token, HTTP_DPOP=EC.proof(USERINFO, "GET", token=token)),
        Browser().post(
            "/oauth2/userinfo", f"access_token={token}", content_type="application/x-www-form-urlencoded"
        ),
    ]
    for response in refusals:
        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Bearer ")
        assert 'error="invalid_token"' in response["WWW-Authenticate"]


def test_s_059_an_unbound_token_is_refused_as_dpop(app: DpopApp) -> None:
    token = app.tokens()["access_token"]
    response = userinfo(**EC.at_userinfo(token))
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("DPoP ")
    assert 'error="invalid_token"' in response["WWW-Authenticate"]
    assert "send it as Bearer" in response["WWW-Authenticate"]


def test_s_059_a_bound_token_needs_a_proof_and_by_its_own_key(app: DpopApp) -> None:
    token = bound(app)["access_token"]
    without = userinfo(HTTP_AUTHORIZATION=f"DPoP {token}")
    assert (without.status_code, without.json()["error"]) == (401, "invalid_dpop_proof")
    stolen = userinfo(**OTHER.at_userinfo(token))
    assert (stolen.status_code, stolen.json()["error"]) == (401, "invalid_token")


def test_s_059_a_proof_for_one_token_is_none_for_another(app: DpopApp) -> None:
    first, second = bound(app)["access_token"], bound(app)["access_token"]
    headers = {**EC.at_userinfo(first), "HTTP_AUTHORIZATION": f"DPoP {second}"}
    assert userinfo(**headers).status_code == 401


@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP", "dPoP"])
def test_access_token_type_header_case_sensitivity(app: DpopApp, scheme: str) -> None:
    token = bound(app)["access_token"]
    headers = {**EC.at_userinfo(token), "HTTP_AUTHORIZATION": f"{scheme} {token}"}
    assert userinfo(**headers).status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_access_token_type_header_case_sensitivity_of_bearer(app: DpopApp, scheme: str) -> None:
    token = app.tokens()["access_token"]
    assert userinfo(HTTP_AUTHORIZATION=f"{scheme} {token}").status_code == 200


def test_a_token_that_lacks_openid_is_challenged_by_its_scheme(app: DpopApp) -> None:
    token = bound(app, scope="profile")["access_token"]
    response = userinfo(**EC.at_userinfo(token))
    assert response.status_code == 403
    assert response["WWW-Authenticate"].startswith("DPoP ")


def test_a_bound_token_may_be_sent_by_post_in_the_header(app: DpopApp) -> None:
    token = bound(app)["access_token"]
    proof = EC.proof(USERINFO, "POST", token=token)
    response = Browser().post("/oauth2/userinfo", HTTP_AUTHORIZATION=f"DPoP {token}", HTTP_DPOP=proof)
    assert response.status_code == 200


# --- dpop_jkt binds the code ----------------------------------------------------------------------------


def test_ensure_dpop_auth_code_binding_success(app: DpopApp) -> None:
    assert bound(app, dpop_jkt=EC.jkt)["token_type"] == "DPoP"


def test_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(app: DpopApp) -> None:
    code = app.code(dpop_jkt=EC.jkt)
    assert app.redeem_with(OTHER, code).json()["error"] == "invalid_grant"
    assert app.redeem(code).json()["error"] == "invalid_grant"
    assert app.redeem_with(EC, code).status_code == 200  # a refusal spends nothing


def test_a_bound_code_waits_bound_while_its_person_signs_in(app: DpopApp) -> None:
    assert app.authorize(dpop_jkt=EC.jkt, prompt="select_account").status_code == 303
    assert SavedRequest.objects.get().params["dpop_jkt"] == EC.jkt


@pytest.mark.parametrize("jkt", ["short", "x" * 44, "=" * 43, "é" * 43])
def test_a_dpop_jkt_that_is_no_thumbprint_is_refused(app: DpopApp, jkt: str) -> None:
    assert answer(app.authorize(dpop_jkt=jkt))["error"] == "invalid_request"


# --- Refresh --------------------------------------------------------------------------------------------


def test_a_public_app_s_refresh_token_is_bound_to_the_key(public: DpopApp) -> None:
    refresh_token = bound(public)["refresh_token"]
    for stolen in (public.refresh(refresh_token), public.refresh_with(OTHER, refresh_token)):
        assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    fresh = public.refresh_with(EC, refresh_token).json()
    assert fresh["token_type"] == "DPoP"
    assert public.refresh_with(OTHER, fresh["refresh_token"]).status_code == 400
    assert public.refresh_with(EC, fresh["refresh_token"]).status_code == 200


def test_a_thief_without_the_key_does_not_end_the_sign_in(public: DpopApp) -> None:
    first = bound(public)["refresh_token"]
    second = public.refresh_with(EC, first).json()["refresh_token"]
    with time_machine.travel(timezone.now() + timedelta(seconds=30), tick=False):
        assert public.refresh(first).status_code == 400
        assert public.refresh_with(EC, second).status_code == 200


def test_a_confidential_app_may_change_its_key_at_a_refresh(app: DpopApp) -> None:
    refresh_token = bound(app, dpop_jkt=EC.jkt)["refresh_token"]
    fresh = app.refresh_with(OTHER, refresh_token).json()
    assert decoded(fresh["access_token"])["cnf"] == {"jkt": OTHER.jkt}
    assert app.refresh(fresh["refresh_token"]).json()["token_type"] == "Bearer"


def test_a_public_app_without_a_proof_is_bound_to_nothing(public: DpopApp) -> None:
    tokens = public.tokens()
    assert Grant.objects.get().dpop_jkt == ""
    assert public.refresh(tokens["refresh_token"]).status_code == 200


# --- dpop_bound_access_tokens ---------------------------------------------------------------------------


def test_an_app_that_requires_dpop_gets_no_token_without_a_proof(make_app: Callable[..., App]) -> None:
    app = DpopApp(make_client(dpop_bound_access_tokens=True))
    app.sign_in()
    code = app.code()
    refused = app.redeem(code)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")
    tokens = app.redeem_with(EC, code).json()
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_dpop_proof"
    assert app.refresh_with(EC, tokens["refresh_token"]).status_code == 200


def test_dpop_bound_access_tokens_is_client_metadata() -> None:
    document = {"redirect_uris": ["https://app.example/cb"], "dpop_bound_access_tokens": True}
    client = metadata.read(document).client
    assert client.dpop_bound_access_tokens
    with pytest.raises(InvalidClientMetadata, match="dpop_bound_access_tokens"):
        metadata.read({**document, "dpop_bound_access_tokens": "yes"})


def test_an_app_that_requires_dpop_gets_no_token_through_the_browser() -> None:
    client = Client(
        name="Notes",
        redirect_uris=["https://app.example/cb"],
        response_types=["code", "code token"],
        dpop_bound_access_tokens=True,
    )
    with pytest.raises(ValidationError, match="bound to no key"):
        client.clean()


# --- Nonces ---------------------------------------------------------------------------------------------


@pytest.fixture(params=["by the setting", "by the app"])
def with_nonces(request: pytest.FixtureRequest, app: DpopApp) -> Any:
    if request.param == "by the app":
        app.client.require_dpop_nonce = True
        app.client.save()
        yield app
    else:
        with override_settings(REQUIRE_DPOP_NONCE=True):
            yield app


def test_a_nonce_is_asked_for_and_accepted(with_nonces: DpopApp) -> None:
    app, code = with_nonces, with_nonces.code()
    asked = app.redeem_with(EC, code)
    assert (asked.status_code, asked.json()["error"]) == (400, "use_dpop_nonce")
    assert asked["Cache-Control"] == "no-store"
    assert "DPoP-Nonce" in asked["Access-Control-Expose-Headers"]
    nonce = asked["DPoP-Nonce"]
    tokens = app.redeem_with(EC, code, nonce=nonce)
    assert tokens.status_code == 200

    token = tokens.json()["access_token"]
    at_userinfo = userinfo(**EC.at_userinfo(token))
    assert at_userinfo.status_code == 401
    assert at_userinfo["WWW-Authenticate"].startswith("DPoP ")
    assert 'error="use_dpop_nonce"' in at_userinfo["WWW-Authenticate"]
    nonce = at_userinfo["DPoP-Nonce"]
    assert userinfo(**EC.at_userinfo(token, nonce=nonce)).status_code == 200


@pytest.mark.parametrize("nonce", ["", "x", "é", 5, ["a"], "a" * 43])
def test_a_nonce_that_is_not_ours_is_refused(with_nonces: DpopApp, nonce: object) -> None:
    assert with_nonces.with_proof(EC.proof(nonce=nonce)).json()["error"] == "use_dpop_nonce"


def test_a_nonce_lives_for_two_steps_and_the_answer_brings_the_next(with_nonces: DpopApp) -> None:
    start = timezone.now()
    nonce = dpop.nonce(start)
    with time_machine.travel(start + dpop.NONCE_STEP, tick=False):
        response = with_nonces.with_proof(EC.proof(nonce=nonce))
        assert response.status_code == 200
        assert response["DPoP-Nonce"] == dpop.nonce(timezone.now()) != nonce
        current = with_nonces.with_proof(EC.proof(nonce=response["DPoP-Nonce"]))
        assert "DPoP-Nonce" not in current
    with time_machine.travel(start + 2 * dpop.NONCE_STEP, tick=False):
        assert with_nonces.with_proof(EC.proof(nonce=nonce)).json()["error"] == "use_dpop_nonce"


def test_a_nonce_outlives_the_change_of_the_secret_key(with_nonces: DpopApp) -> None:
    nonce = dpop.nonce(timezone.now())
    old = settings.SECRET_KEY
    with override_settings(SECRET_KEY="another" * 8, SECRET_KEY_FALLBACKS=[old]):
        response = with_nonces.with_proof(EC.proof(nonce=nonce))
    assert response.json().get("error") != "use_dpop_nonce"


def test_a_proof_that_lacked_the_nonce_is_not_used_up(with_nonces: DpopApp) -> None:
    assert with_nonces.with_proof(EC.proof()).json()["error"] == "use_dpop_nonce"
    assert not UsedToken.objects.exists()


# --- Metadata -------------------------------------------------------------------------------------------


def test_the_algorithms_are_advertised() -> None:
    document = Browser().get("/.well-known/openid-configuration").json()
    assert document["dpop_signing_alg_values_supported"] == list(dpop.ALGORITHMS)


def test_a_page_s_script_may_send_the_header() -> None:
    for path in ("/oauth2/token", "/oauth2/userinfo"):
        assert "DPoP" in Browser().options(path)["Access-Control-Allow-Headers"]


@pytest.mark.django_db
@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_the_thumbprint_is_of_the_members_that_rfc_7638_names_and_no_others(algorithm: str) -> None:
    holder = Holder(algorithm)
    proof = holder.proof(header={"jwk": {**holder.jwk(), "use": "sig", "kid": "1"}})
    assert dpop.read(proof, method="POST", uri=TOKEN, now=timezone.now()).jkt == holder.jkt
