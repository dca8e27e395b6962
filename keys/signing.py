"""sign: the one place that touches a private key (RFC 7515 section 3.1, compact); and HS256, by a secret of others."""

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from keys import base64url
from keys.algorithms import ALGORITHMS
from keys.ring import RingKey, ring

# Put together by hand: a library would check and copy what is ours anyway, a tenth of what the signature costs.
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def sign(claims: Mapping[str, object], *, typ: str, algorithm: str = "RS256", now: datetime) -> str:
    """The claims as a signed JWT, by the key that signs at `now`; raises `ring.NoSigningKey`."""
    return sign_with(ring(now).signing(algorithm), claims, typ)


def sign_with(key: RingKey, claims: Mapping[str, object], typ: str) -> str:
    message = f"{_header(key.kid, key.algorithm, typ)}.{_part(claims)}"
    signature = ALGORITHMS[key.algorithm].sign(key.private, message.encode())
    return f"{message}.{base64url.encode(signature)}"


def sign_with_secret(secret: bytes, claims: Mapping[str, object], typ: str) -> str:
    """HS256 (RFC 7518 section 3.2). Whoever can check this can make it."""
    message = f"{_part({'alg': 'HS256', 'typ': typ})}.{_part(claims)}"
    return f"{message}.{base64url.encode(hmac.digest(secret, message.encode(), 'sha256'))}"


def sign_with_private_key(pem: bytes, claims: Mapping[str, object], *, kid: str, algorithm: str) -> str:
    """By a key that somebody else gave us to sign for them with. Raises ValueError for one that does not fit."""
    try:
        key = load_pem_private_key(pem, password=None)
        message = f"{_header(kid, algorithm, 'JWT')}.{_part(claims)}"
        return f"{message}.{base64url.encode(ALGORITHMS[algorithm].sign(key, message.encode()))}"
    except (ValueError, TypeError, AttributeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"no private key for {algorithm}") from error


def _part(members: Mapping[str, object]) -> str:
    return base64url.encode(_encode(members).encode())


@lru_cache(maxsize=64)
def _header(kid: str, algorithm: str, typ: str) -> str:
    return _part({"alg": algorithm, "typ": typ, "kid": kid})
