"""PyJWT's `PyJWKClient`: what a plain Python service does to check a token that it was handed."""

import jwt
import pytest

from tests.live.app import App
from tests.live.server import Server


def identity(id_token: str, issuer: str, client_id: str) -> dict[str, object]:
    keys = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json")
    claims: dict[str, object] = jwt.decode(
        id_token,
        keys.get_signing_key_from_jwt(id_token),
        algorithms=["RS256"],
        audience=client_id,
        issuer=issuer,
        options={"require": ["iss", "sub", "aud", "exp", "iat"]},
    )
    return claims


@pytest.fixture(scope="module")
def app(live: Server) -> App:
    return App(live)


def test_an_id_token_tells_who_signed_in(live, app, alice):
    assert identity(app.sign_in(alice)["id_token"], live.url, app.client_id)["sub"] == alice.sub


def test_an_id_token_for_one_app_is_none_for_another(live, app, alice):
    with pytest.raises(jwt.InvalidAudienceError):
        identity(app.sign_in(alice)["id_token"], live.url, "another-app")


def test_an_access_token_verifies_with_the_same_keys(live, app, alice):
    token = app.sign_in(alice)["access_token"]
    key = jwt.PyJWKClient(f"{live.url}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key, algorithms=["RS256"], issuer=live.url, options={"verify_aud": False})
    assert (claims["sub"], claims["client_id"]) == (alice.sub, app.client_id)
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"
