"""An app with a key of its own, which signs its assertions and its requests by PyJWT."""

import json
import secrets
import time
from base64 import urlsafe_b64encode
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.http import HttpResponse
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from idp.clients.assertions import TYPE
from idp.models import Client
from tests.idp.app import App, make_client

WRITERS = {"RS256": RSAAlgorithm, "PS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}


def key(algorithm: str = "ES256", name: str = "one") -> Any:
    """The same key for the same name, made once."""
    return _made(algorithm, name)


@cache
def _made(algorithm: str, name: str) -> Any:
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "EdDSA":
        return Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public(algorithm: str = "ES256", name: str = "one", **members: Any) -> dict[str, Any]:
    """Its public half as a JWK."""
    written = WRITERS[algorithm].to_jwk(key(algorithm, name).public_key(), as_dict=True)
    return {**written, "kid": name, "use": "sig", "alg": algorithm, **members}


def key_set(*jwks: dict[str, Any]) -> dict[str, Any]:
    return {"keys": list(jwks or (public(),))}


def sign(
    claims: dict[str, Any], *, algorithm: str = "ES256", name: str = "one", secret: Any = None, **header: Any
) -> str:
    """`None` takes a claim or a header member away."""
    claims = {name: value for name, value in claims.items() if value is not None}
    header = {"kid": name, **header}
    return jwt.encode(
        claims,
        secret or key(algorithm, name),
        algorithm,
        headers={name: value for name, value in header.items() if value is not None},
    )


def sign_by_hand(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """With a header that no library would write; by Ed25519 if it says so, else by ES256."""
    body = b".".join(urlsafe_b64encode(as_text(part)).rstrip(b"=") for part in (header, claims))
    if header["alg"] in ("EdDSA", "Ed25519"):
        signature = key("EdDSA").sign(body)
    else:
        signature = ECAlgorithm(ECAlgorithm.SHA256).sign(body, key())
    return (body + b"." + urlsafe_b64encode(signature).rstrip(b"=")).decode()


def make_signing_client(**fields: Any) -> Client:
    fields = {"token_endpoint_auth_method": "private_key_jwt", "jwks": key_set(), **fields}
    return make_client(**fields)


class SigningApp(App):
    """`App` whose requests to the token endpoint and its like carry a fresh assertion."""

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self.client.client_id,
            "sub": self.client.client_id,
            "aud": settings.ISSUER,
            "jti": secrets.token_urlsafe(12),
            "iat": now,
            "exp": now + 60,
            **changes,
        }

    def proof(self, assertion: str = "") -> dict[str, str]:
        return {"client_assertion_type": TYPE, "client_assertion": assertion or sign(self.claims())}

    def post(self, path: str, params: dict[str, Any], **extra: Any) -> HttpResponse:
        return super().post(path, {**self.proof(), **params}, **{"authenticate": False, **extra})

    def request_object(self, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """The whole authorization request, signed."""
        now = int(time.time())
        claims = {
            **self.request(),
            "iss": self.client.client_id,
            "aud": settings.ISSUER,
            "nbf": now,
            "exp": now + 300,
            **changes,
        }
        return sign(claims, **{"typ": "oauth-authz-req+jwt", **(header or {})})


def as_text(document: Any) -> bytes:
    return json.dumps(document).encode()
