"""A key of the relying party, and what it signs."""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import get_default_algorithms

_ALGORITHMS = get_default_algorithms()
_ALGORITHMS["Ed25519"] = _ALGORITHMS["EdDSA"]  # RFC 9864 gave the second name to the same thing


def _private(algorithm: str) -> Any:
    if algorithm.startswith("ES"):
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm.startswith("Ed"):
        return Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


@cache
def _usual(algorithm: str) -> Any:
    """One for all apps that do not change it, since an RSA key takes a while to make."""
    return _private(algorithm)


@dataclass(frozen=True)
class Key:
    """`Key()` is RSA for RS256, with a kid of its own, which is "" for none, as the suite's mostly have none.

    `Key.fresh()` is nobody else's; `Key.of_secret` signs by HMAC.
    """

    algorithm: str = "RS256"
    kid: str = field(default_factory=lambda: secrets.token_hex(4))
    private: Any = None

    def __post_init__(self) -> None:
        if self.private is None:
            object.__setattr__(self, "private", _usual(self.algorithm))

    @classmethod
    def fresh(cls, kid: str = "") -> "Key":
        return cls("RS256", kid or secrets.token_hex(4), _private("RS256"))

    @classmethod
    def of_secret(cls, secret: str, algorithm: str = "HS256") -> "Key":
        return cls(algorithm, "", secret.encode())

    def sign(self, claims: Mapping[str, Any], **header: Any) -> str:
        named = {"kid": self.kid} if self.kid else {}
        parts = ({"alg": self.algorithm, "typ": "JWT", **named, **header}, claims)
        message = b".".join(_base64url(json.dumps(part).encode()) for part in parts)
        signature = _ALGORITHMS[self.algorithm].sign(message, self.private)
        return (message + b"." + _base64url(signature)).decode()

    @property
    def jwk(self) -> dict[str, Any]:
        """The public half."""
        found: dict[str, Any] = _ALGORITHMS[self.algorithm].to_jwk(self.private.public_key(), as_dict=True)
        return found

    @property
    def jwks(self) -> dict[str, Any]:
        named = {"kid": self.kid} if self.kid else {}
        return {"keys": [{**self.jwk, **named, "use": "sig", "alg": self.algorithm}]}


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
