"""S-051 to S-058, S-060: the playground's tamper table at every door of the server that takes a JWT of ours."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.test import Client as Browser
from django.utils import timezone

from idp.conf import conf
from idp.models import RevokedToken
from idp.playground.tampering import Forgery, table
from keys.algorithms import ALGORITHMS
from keys.ring import ring
from keys.verification import InvalidToken, verify
from tests.idp.app import App, decoded
from tests.security.forging import forge, part, raw

CASES = [pytest.param(row, id=row.id) for row in table()]
# At the door of ID tokens a real one is no forgery.
OF_ID_TOKENS = [
    pytest.param(replace(row, token="id_token", payload_of=row.payload_of and "access_token"), id=row.id)
    for row in table()
    if row.token == "access_token"
]


@pytest.fixture
def tokens(app: App) -> dict[str, str]:
    return app.tokens(scope="openid profile email groups")


@pytest.fixture
def forged(tokens: dict[str, str]) -> Callable[[Forgery], str]:
    def forged(row: Forgery) -> str:
        token = forge(row, tokens, Browser().get("/.well-known/jwks.json").json())
        assert token not in tokens.values() or row.id == "id-token-as-access-token"
        return token

    return forged


def test_the_real_token_is_taken_at_the_doors_where_the_forged_ones_are_not(app: App, tokens: dict[str, str]):
    assert app.userinfo(tokens["access_token"]).status_code == 200
    assert app.introspect(tokens["access_token"])["active"] is True


@pytest.mark.parametrize("row", CASES)
def test_s_051_userinfo_refuses_it(app: App, forged: Callable[[Forgery], str], row: Forgery):
    response = app.userinfo(forged(row))
    assert response.status_code == 401
    assert 'error="invalid_token"' in response["WWW-Authenticate"]
    assert response.json()["error"] == "invalid_token"


@pytest.mark.parametrize("row", CASES)
def test_s_062_introspection_knows_nothing_of_it(app: App, forged: Callable[[Forgery], str], row: Forgery):
    assert app.introspect(forged(row)) == {"active": False}


@pytest.mark.parametrize("row", CASES)
def test_s_060_revocation_takes_no_real_token_away_for_it(
    app: App, tokens: dict[str, str], forged: Callable[[Forgery], str], row: Forgery
):
    assert app.post("/oauth2/revoke", {"token": forged(row)}).status_code == 200
    assert not RevokedToken.objects.exists()
    assert app.userinfo(tokens["access_token"]).status_code == 200


@pytest.mark.parametrize("row", CASES)
def test_s_050_the_one_verify_function_refuses_it(forged: Callable[[Forgery], str], row: Forgery):
    with pytest.raises(InvalidToken):
        verify(
            forged(row),
            purpose="test",
            algorithms=ALGORITHMS,
            keys=ring(timezone.now()).verification_keys,
            issuer=conf().issuer,
            audience=conf().issuer,
            typ="at+jwt",
            now=timezone.now(),
        )


WRONG_HEADERS = [case for case in CASES if case.values[0].header and case.values[0].check != "signature"]


@pytest.mark.parametrize("row", WRONG_HEADERS)
def test_s_051_s_052_s_053_a_wrong_header_is_refused_under_a_right_signature_too(
    app: App, forged: Callable[[Forgery], str], row: Forgery
):
    """So that alg, kid and crit are each a check of their own. Nobody but us could make this one."""
    header, payload, _ = forged(row).split(".")
    assert app.userinfo(signed(header, payload)).status_code == 401


def test_the_right_header_is_taken_under_that_signature(app: App, tokens: dict[str, str]):
    header, payload, _ = tokens["access_token"].split(".")
    assert app.userinfo(signed(header, payload)).status_code == 200


def signed(header: str, payload: str) -> str:
    private = ring(timezone.now()).signing("RS256").private
    assert isinstance(private, rsa.RSAPrivateKey)
    signature = private.sign(f"{header}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{header}.{payload}.{part(signature)}"


NOW = int(time.time())


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": NOW - 1}, {"exp": None}, {"exp": "never"}, {"nbf": NOW + 3600}, {"iat": NOW + 3600},
        {"iss": "https://mallory.example"}, {"iss": None}, {"aud": "another-api"}, {"aud": None}, {"sub": None},
        {"client_id": "another-app"}, {"jti": "another-grant.x"},
    ],
)  # fmt: skip
def test_s_054_s_055_wrong_claims_are_refused_under_a_right_signature_too(
    app: App, tokens: dict[str, str], claims: dict[str, Any]
):
    header, payload, _ = tokens["access_token"].split(".")
    changed = {**json.loads(raw(payload)), **claims}
    changed = {name: value for name, value in changed.items() if value is not None}
    assert app.userinfo(signed(header, part(changed))).status_code == 401


@pytest.mark.parametrize("row", OF_ID_TOKENS)
def test_s_112_a_forged_hint_ends_no_session(app: App, forged: Callable[[Forgery], str], row: Forgery):
    page = app.browser.get("/oauth2/logout", {"id_token_hint": forged(row)})
    assert "Sign out?" in page.content.decode()
    assert app.browser.get("/account/").status_code == 200


@pytest.mark.parametrize("row", CASES)
def test_the_inspector_does_not_take_it_for_a_token_of_ours(
    app: App, forged: Callable[[Forgery], str], row: Forgery
):
    """Beside what is a real token, sent to the wrong place."""
    if row.id == "id-token-as-access-token":
        return
    token = forged(row)
    response = app.browser.post("/playground/jwt/status", {"token": token})
    assert response.status_code == 400
    assert "facts" not in response.json()
    # Nor, without JavaScript, for one's own: its sub is still the person's who sends it, and it has not expired.
    assert app.browser.post("/playground/jwt", {"token": token}).status_code == 400


def test_a_row_changes_what_it_says(tokens: dict[str, str], forged: Callable[[Forgery], str]):
    """So that no case passes because it was never forged."""
    rows = {row.id: row for row in table()}
    header, payload, signature = tokens["access_token"].split(".")

    def header_of(id: str) -> dict[str, Any]:
        return json.loads(raw(forged(rows[id]).split(".")[0]))

    assert decoded(forged(rows["admin-group"]))["groups"] == ["admin"]
    assert forged(rows["admin-group"]).endswith(signature)
    assert forged(rows["signature-removed"]) == f"{header}.{payload}."
    assert forged(rows["two-parts"]) == f"{header}.{payload}"
    assert header_of("alg-none")["alg"] == "none"
    assert "kid" not in header_of("no-kid")
    assert set(header_of("own-key-in-the-header")["jwk"]) >= {"kty", "n", "e"}
    twice = raw(forged(rows["said-twice"]).split(".")[1])
    assert twice.count(b'"sub":') == 2
    one = base64.urlsafe_b64decode(forged(rows["one-character"]).split(".")[1] + "==")
    assert len(one) == len(raw(payload))
