"""Key pairs of a moment, for a provider that only plays one: never stored, and in no ring.

What they sign may be wrong on purpose, so header and payload are taken as they are (RFC 7515 section 3.1).
"""

import hmac
import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization

from keys import base64url
from keys.algorithms import ALGORITHMS, PrivateKey, public_jwk


@dataclass(frozen=True)
class Disposable:
    """A private key and what a JWKS says of it."""

    algorithm: str
    private: PrivateKey
    jwk: dict[str, Any]

    @property
    def kid(self) -> str:
        return str(self.jwk["kid"])

    def sign(self, message: str) -> str:
        return encode(ALGORITHMS[self.algorithm].sign(self.private, message.encode()))

    def hmac_with_public_half(self, message: str) -> str:
        """HS256 with the PEM of the public key for a secret: the classical confusion (RFC 8725 section 2.1)."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        pem = self.private.public_key().public_bytes(serialization.Encoding.PEM, form)
        return encode(hmac.digest(pem, message.encode(), "sha256"))


def make(algorithm: str = "RS256") -> Disposable:
    private = ALGORITHMS[algorithm].generate()
    return Disposable(algorithm, private, public_jwk(private, algorithm))


def encode(value: object) -> str:
    """A part of a token: bytes as they are, all else as JSON."""
    raw = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64url.encode(raw)
