"""Authlib's `OAuth2Session`, with its ID token checked by joserfc against the JWKS."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.live.app import REDIRECT_URI, SCOPE
from tests.live.server import Person, Server
from tests.live.visitor import Visitor

REGISTRATIONS: dict[str, dict[str, Any]] = {
    "secret in the header": {"token_endpoint_auth_method": "client_secret_basic"},
    "secret in the form": {"token_endpoint_auth_method": "client_secret_post"},
    "public": {"token_endpoint_auth_method": "none"},
}


@pytest.fixture(params=REGISTRATIONS.values(), ids=REGISTRATIONS.keys())
def client(request: pytest.FixtureRequest, live: Server) -> dict[str, Any]:
    return live.client(client_name="Authlib", redirect_uris=[REDIRECT_URI], scope=SCOPE, **request.param)


def metadata(issuer: str) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
    assert found["issuer"] == issuer
    return found


def verified(
    token_response: dict[str, Any], issuer: str, client_id: str, nonce: str | None
) -> dict[str, Any]:
    """As Authlib's documentation has it: signature by the JWKS, then the claims of OIDC Core 3.1.3.7."""
    keys = KeySet.import_key_set(requests.get(metadata(issuer)["jwks_uri"], timeout=10).json())
    token = jwt.decode(token_response["id_token"], keys, algorithms=["RS256"])
    claims = CodeIDToken(
        token.claims,
        token.header,
        options={"iss": {"values": [issuer]}, "aud": {"values": [client_id]}},
        params={"client_id": client_id, "nonce": nonce, "access_token": token_response["access_token"]},
    )
    claims.validate()
    return dict(claims)


@pytest.fixture
def session(live: Server, client: dict[str, Any]) -> OAuth2Session:
    return OAuth2Session(
        client["client_id"],
        client.get("client_secret"),
        token_endpoint_auth_method=client["token_endpoint_auth_method"],
        revocation_endpoint_auth_method=client["token_endpoint_auth_method"],
        scope=SCOPE,
        redirect_uri=REDIRECT_URI,
        code_challenge_method="S256",
        token_endpoint=metadata(live.url)["token_endpoint"],
    )


@pytest.fixture
def sign_in(live: Server, session: OAuth2Session, alice: Person) -> Callable[[], tuple[dict[str, Any], str]]:
    def sign_in() -> tuple[dict[str, Any], str]:
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        endpoint = metadata(live.url)["authorization_endpoint"]
        url, state = session.create_authorization_url(endpoint, code_verifier=verifier, nonce=nonce)
        arrival = Visitor(alice).authorize(url, REDIRECT_URI)
        token = session.fetch_token(
            session.metadata["token_endpoint"],
            authorization_response=arrival.url,
            state=state,
            code_verifier=verifier,
        )
        return token, nonce

    return sign_in


def test_a_sign_in_ends_with_an_id_token_that_the_jwks_verifies(live, client, sign_in, alice):
    token, nonce = sign_in()
    claims = verified(token, live.url, client["client_id"], nonce)
    assert claims["sub"] == alice.sub
    assert claims["given_name"] == "Alice"
    assert claims["email_verified"] is True
    assert claims["groups"] == ["staff"]


def test_userinfo_is_about_the_same_person(live, session, sign_in, alice):
    sign_in()
    assert session.get(metadata(live.url)["userinfo_endpoint"]).json()["sub"] == alice.sub


def test_a_refresh_gives_a_new_id_token_of_the_same_sign_in(live, client, session, sign_in):
    token, nonce = sign_in()
    before = verified(token, live.url, client["client_id"], nonce)
    fresh = session.refresh_token(metadata(live.url)["token_endpoint"], refresh_token=token["refresh_token"])
    after = verified(fresh, live.url, client["client_id"], None)
    assert fresh["refresh_token"] != token["refresh_token"]
    assert {name: after[name] for name in ("sub", "auth_time", "sid")} == {
        name: before[name] for name in ("sub", "auth_time", "sid")
    }


def test_a_revoked_sign_in_gives_no_more_tokens(live, client, session, sign_in):
    token, _ = sign_in()
    endpoint = metadata(live.url)["revocation_endpoint"]
    assert session.revoke_token(endpoint, token["refresh_token"], "refresh_token").status_code == 200
    answer = live.token(client, grant_type="refresh_token", refresh_token=token["refresh_token"])
    assert answer.json()["error"] in ("invalid_grant", "invalid_client")
    assert live.userinfo(token["access_token"]).status_code == 401
