"""A token is three parts: all can be read without a key, and none can be changed. openid-client, jose and
mozilla-django-oidc say the same in their own files."""

import jwt
import pytest
import requests
from joserfc import jwt as joserfc_jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tests.live.app import App
from tests.live.server import Server
from tests.relying_parties.parts import CHANGES, altered, read


@pytest.fixture(scope="module")
def app(live: Server) -> App:
    return App(live)


@pytest.fixture
def tokens(app, alice):
    return app.sign_in(alice)


@pytest.fixture
def jwks(live):
    return requests.get(f"{live.url}/.well-known/jwks.json", timeout=10).json()


def pyjwt(token, jwks):
    key = jwt.PyJWKSet.from_dict(jwks)[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False})


def joserfc(token, jwks):
    return joserfc_jwt.decode(token, KeySet.import_key_set(jwks), algorithms=["RS256"]).claims


VERIFIERS = [pyjwt, joserfc]  # joserfc is what Authlib verifies with
REFUSALS = (jwt.PyJWTError, JoseError, ValueError, KeyError)


@pytest.mark.parametrize("kind", ["id_token", "access_token"])
def test_anybody_can_read_it_without_a_key(tokens, alice, kind):
    assert read(tokens[kind], "payload")["sub"] == alice.sub
    assert read(tokens[kind], "header")["alg"] == "RS256"
    assert len(read(tokens[kind], "signature")) == 2048 // 8


@pytest.mark.parametrize("verify", VERIFIERS)
@pytest.mark.parametrize("kind", ["id_token", "access_token"])
def test_the_public_key_verifies_it(tokens, jwks, alice, verify, kind):
    assert "d" not in jwks["keys"][0]
    assert verify(tokens[kind], jwks)["sub"] == alice.sub


@pytest.mark.parametrize("verify", VERIFIERS)
@pytest.mark.parametrize("part", CHANGES)
def test_one_changed_character_is_refused_by_the_library(tokens, jwks, verify, part):
    with pytest.raises(REFUSALS):
        verify(altered(tokens["id_token"], part), jwks)


@pytest.mark.parametrize("part", CHANGES)
def test_one_changed_character_is_refused_at_userinfo(live, tokens, part):
    assert live.userinfo(tokens["access_token"]).status_code == 200
    refused = live.userinfo(altered(tokens["access_token"], part))
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize("part", CHANGES)
def test_one_changed_character_is_unknown_to_introspection(live, app, tokens, part):
    assert live.introspect(app.registration, tokens["access_token"])["active"] is True
    assert live.introspect(app.registration, altered(tokens["access_token"], part)) == {"active": False}
