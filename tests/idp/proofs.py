"""DPoP proofs as an app makes them, with keys and signatures of PyJWT: nothing of ours is used here."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.conf import settings
from django.utils import timezone
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

TOKEN = f"{settings.ISSUER}/oauth2/token"
USERINFO = f"{settings.ISSUER}/oauth2/userinfo"
_KINDS: dict[str, Any] = {"RS": RSAAlgorithm, "PS": RSAAlgorithm, "ES": ECAlgorithm, "Ed": OKPAlgorithm}


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _segment(members: dict[str, Any]) -> str:
    kept = {name: value for name, value in members.items() if value is not None}
    return base64url(json.dumps(kept).encode())


def new_key(algorithm: str) -> Any:
    if algorithm.startswith("Ed"):
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm.startswith("ES"):
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, 2048)


@dataclass
class Holder:
    """Whoever holds a key, and proves it."""

    algorithm: str = "ES256"
    key: Any = None

    def __post_init__(self) -> None:
        self.key = self.key or new_key(self.algorithm)

    def jwk(self, *, private: bool = False) -> dict[str, Any]:
        kind = _KINDS[self.algorithm[:2]]
        made = kind.to_jwk(self.key if private else self.key.public_key(), as_dict=True)
        return {name: value for name, value in made.items() if name != "key_ops"}

    @property
    def jkt(self) -> str:
        """RFC 7638 section 3, by hand."""
        needed = ("crv", "e", "kty", "n", "x", "y")
        members = {name: value for name, value in self.jwk().items() if name in needed}
        text = json.dumps(members, separators=(",", ":"), sort_keys=True)
        return base64url(hashlib.sha256(text.encode()).digest())

    def proof(
        self, uri: str = TOKEN, method: str = "POST", *, token: str = "", header: Any = None, **changes: Any
    ) -> str:
        """A proof for one request; a change to None leaves a claim or a header out."""
        claims = {
            "jti": secrets.token_urlsafe(12),
            "htm": method,
            "htu": uri,
            "iat": int(timezone.now().timestamp()),
            "ath": base64url(hashlib.sha256(token.encode()).digest()) if token else None,
            **changes,
        }
        headers = {"typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.jwk(), **(header or {})}
        message = f"{_segment(headers)}.{_segment(claims)}"
        signature = jwt.get_algorithm_by_name(self.algorithm).sign(message.encode(), self.key)
        return f"{message}.{base64url(signature)}"

    def at_userinfo(self, token: str, **changes: Any) -> dict[str, str]:
        """The headers of a request for userinfo."""
        proof = self.proof(USERINFO, "GET", token=token, **changes)
        return {"HTTP_AUTHORIZATION": f"DPoP {token}", "HTTP_DPOP": proof}
