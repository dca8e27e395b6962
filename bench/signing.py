"""What an app signs: client assertions (RFC 7523) and DPoP proofs (RFC 9449), with one ES256 key for the whole run."""

import json
import secrets
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_KEY = ec.generate_private_key(ec.SECP256R1())
_JWK: dict[str, Any] = ECAlgorithm.to_jwk(_KEY.public_key(), as_dict=True)
KEY_SET: dict[str, Any] = {"keys": [{**_JWK, "kid": "bench", "alg": "ES256", "use": "sig"}]}


def assertion(client_id: str, audience: str) -> dict[str, str]:
    """The parameters by which an app without a secret proves itself, once."""
    claims = {"iss": client_id, "sub": client_id, "aud": audience, **_once(), "exp": int(time.time()) + 60}
    return {
        "client_assertion_type": ASSERTION,
        "client_assertion": jwt.encode(claims, _KEY, "ES256", {"kid": "bench"}),
    }


def proof(uri: str) -> str:
    """That the sender of one POST holds the key."""
    return jwt.encode({"htm": "POST", "htu": uri, **_once()}, _KEY, "ES256", {"typ": "dpop+jwt", "jwk": _JWK})


def metadata() -> str:
    """The app with the key, in the words of client metadata."""
    return json.dumps(
        {
            "client_name": "Machine",
            "grant_types": ["client_credentials"],
            "redirect_uris": [],
            "response_types": [],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": KEY_SET,
            "scope": "read",
        }
    )


def _once() -> dict[str, Any]:
    return {"iat": int(time.time()), "jti": secrets.token_urlsafe(12)}
