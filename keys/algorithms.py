"""The signing algorithms (RFC 7518 section 3, RFC 8037): how each makes a key and a signature. A new one is a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from django.conf import settings
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey

_SHA256 = hashes.SHA256()
_PKCS1 = padding.PKCS1v15()
_PSS = padding.PSS(mgf=padding.MGF1(_SHA256), salt_length=hashes.SHA256.digest_size)
_ECDSA = ec.ECDSA(_SHA256)


def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=settings.KEYS_RSA_BITS)


def _p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _rs256(key: rsa.RSAPrivateKey, message: bytes) -> bytes:
    return key.sign(message, _PKCS1, _SHA256)


def _ps256(key: rsa.RSAPrivateKey, message: bytes) -> bytes:
    return key.sign(message, _PSS, _SHA256)


def _es256(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """JOSE wants r and s side by side, 32 bytes each, and not the DER that cryptography gives."""
    r, s = decode_dss_signature(key.sign(message, _ECDSA))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _eddsa(key: Ed25519PrivateKey, message: bytes) -> bytes:
    return key.sign(message)


@dataclass(frozen=True)
class Algorithm:
    """One value of `alg`: makes private keys, and signs with them."""

    name: str
    generate: Callable[[], PrivateKey]
    sign: Callable[[Any, bytes], bytes]
    wraps: Callable[[Any], Key]


ALGORITHMS: Mapping[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("RS256", _rsa, _rs256, RSAKey.import_key),
        Algorithm("PS256", _rsa, _ps256, RSAKey.import_key),
        Algorithm("ES256", _p256, _es256, ECKey.import_key),
        Algorithm("EdDSA", Ed25519PrivateKey.generate, _eddsa, OKPKey.import_key),
    )
}


def public_jwk(private: PrivateKey, algorithm: str) -> dict[str, Any]:
    """The public half as apps read it; its kid is the RFC 7638 thumbprint, so that anyone can check it."""
    key = ALGORITHMS[algorithm].wraps(private.public_key())
    return {**key.as_dict(), "kid": key.thumbprint(), "alg": algorithm, "use": "sig"}


def to_bytes(private: PrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def from_bytes(der: bytes) -> PrivateKey:
    """For bytes that `sealing` has authenticated, and no others: RSA's own checks would cost 40 ms a key."""
    key = serialization.load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, PrivateKey):
        raise TypeError(f"{type(key).__name__} is no signing key")
    return key
