"""encrypt: what only the owner of a key can read, as compact JWE (RFC 7516, RFC 7518). A new algorithm is a row.

Nothing here decrypts: nobody is asked to encrypt to us.
"""

from collections.abc import Mapping

from joserfc import jwe
from joserfc.jwk import Key

# The key-wrapping algorithm, the kinds of key that it is for, and what a key that names its operations has to name.
WRAPPING: Mapping[str, tuple[frozenset[str], str]] = {
    "RSA-OAEP-256": (frozenset({"RSA"}), "wrapKey"),
    "ECDH-ES+A256KW": (frozenset({"EC", "OKP"}), "deriveKey"),
}
CONTENT = ("A128CBC-HS256", "A256GCM")
DEFAULT_CONTENT = "A128CBC-HS256"  # OIDC Registration section 2


def fits(key: Key, algorithm: str) -> bool:
    """Whether its owner means it for that: by kind, use, operations and alg (RFC 7517 section 4)."""
    kinds, operation = WRAPPING[algorithm]
    operations = key.get("key_ops")
    return (
        key.key_type in kinds
        and key.get("crv") != "Ed25519"
        and key.get("use") in (None, "enc")
        and (operations is None or (isinstance(operations, list) and operation in operations))
        and key.get("alg") in (None, algorithm)
    )


def encrypt(content: str, *, key: Key, algorithm: str, encryption: str, cty: str = "") -> str:
    """`cty` is JWT where `content` is one (RFC 7519 section 5.2). The key has to fit."""
    kid = key.get("kid")
    header = {
        "alg": algorithm,
        "enc": encryption,
        **({"cty": cty} if cty else {}),
        **({"kid": kid} if kid else {}),
    }
    return jwe.encrypt_compact(header, content, key, algorithms=[algorithm, encryption])
