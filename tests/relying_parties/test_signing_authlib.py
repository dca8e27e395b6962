"""Authlib's assertions: as it makes them, for an app with the exception, and as the default wants them."""

import time
from typing import Any

import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT, private_key_jwt_sign
from joserfc.jwk import RSAKey

from tests.live.server import Server

KEY = RSAKey.generate_key(2048, {"kid": "app-1", "alg": "RS256", "use": "sig"})
MACHINE: dict[str, Any] = {"client_name": "A machine", "grant_types": ["client_credentials"], "scope": "jobs"}


class ForTheIssuer(PrivateKeyJWT):
    """Names the issuer, and is good for a minute."""

    def sign(self, auth: Any, token_endpoint: str) -> Any:
        return private_key_jwt_sign(
            auth.client_secret, auth.client_id, self.token_endpoint, expires_at=int(time.time()) + 60
        )


def session(live: Server, method: Any, secret: Any, **metadata: Any) -> OAuth2Session:
    client = live.client(**MACHINE, token_endpoint_auth_method=method.name, **metadata)
    found = OAuth2Session(
        client["client_id"], secret or client["client_secret"], token_endpoint_auth_method=method.name
    )
    found.register_client_auth_method(method)
    found.token_auth_method = method
    return found


def fetch(live: Server, found: OAuth2Session) -> dict[str, Any]:
    tokens: dict[str, Any] = found.fetch_token(
        f"{live.url}/oauth2/token", grant_type="client_credentials", scope="jobs"
    )
    return tokens


def test_private_key_jwt_as_the_default_wants_it(live: Server) -> None:
    found = session(live, ForTheIssuer(live.url), KEY, jwks={"keys": [KEY.as_dict(private=False)]})
    for _ in range(2):
        assert fetch(live, found)["scope"] == "jobs"


def test_private_key_jwt_as_authlib_makes_it_needs_the_exception(live: Server) -> None:
    metadata = {"jwks": {"keys": [KEY.as_dict(private=False)]}}
    lenient = session(live, PrivateKeyJWT(), KEY, signet_lenient_assertions=True, **metadata)
    for _ in range(2):
        assert fetch(live, lenient)["scope"] == "jobs"
    with pytest.raises(OAuthError, match="invalid_client"):
        fetch(live, session(live, PrivateKeyJWT(), KEY, **metadata))


def test_client_secret_jwt_as_authlib_makes_it(live: Server) -> None:
    found = session(live, ClientSecretJWT(), None, signet_lenient_assertions=True)
    for _ in range(2):
        assert fetch(live, found)["scope"] == "jobs"
