"""Public keys of others: a JWK set from outside becomes keys to verify with, and to encrypt to.

RFC 7517; RFC 8725 section 3.5.
"""

from collections.abc import Mapping
from typing import Any

from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from keys.encryption import WRAPPING, fits

__all__ = ["ForeignKeys", "Key", "Secret", "UnfitKeys", "check", "read"]

MAX_KEYS = 50
_TYPES: Mapping[str, type[RSAKey] | type[ECKey] | type[OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
_CURVES = frozenset({"P-256", "P-384", "P-521", "Ed25519", "X25519"})
_SECRET_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_RSA_BITS = range(2048, 8193)  # a longer one would be a way to keep us busy
_LARGEST_EXPONENT = 2**32


class UnfitKeys(ValueError):
    """The message ends the sentence "<name> has to be …", and holds nothing of the keys."""


class ForeignKeys:
    """Some public keys: by kid, as `keys.verification.verify` asks for them, or for one to encrypt to."""

    def __init__(self, keys: list[Key]) -> None:
        self.all = tuple(keys)
        self._signing = [key for key in keys if _verifies(key)]

    def find(self, kid: str) -> Key | None:
        """Without a kid only where no choice is left (OIDC Core section 10.1)."""
        if not kid:
            return self._signing[0] if len(self._signing) == 1 else None
        return next((key for key in self._signing if key.get("kid") == kid), None)

    def to_encrypt(self, algorithm: str) -> Key | None:
        """The first that is meant for `algorithm`; before it one that says that it is for encryption."""
        fitting = [key for key in self.all if fits(key, algorithm)]
        return next((key for key in fitting if key.get("use") == "enc"), fitting[0] if fitting else None)


class Secret:
    """A shared secret as the one key that there is: for HS… and nothing else."""

    def __init__(self, value: bytes) -> None:
        self._key = OctKey.import_key(value)

    def find(self, kid: str) -> Key:
        return self._key


def check(document: object) -> None:
    """Raises UnfitKeys unless this is a set of public keys, each of them one that we can use (RFC 7517 section 5)."""
    for jwk in _members(document):
        if not isinstance(jwk, dict) or _SECRET_MEMBERS & set(jwk) or jwk.get("kty") == "oct":
            raise UnfitKeys("a JWK set of public keys only: no private and no symmetric parts")
        if _key(jwk) is None:
            raise UnfitKeys(
                "a JWK set of RSA keys of 2048 to 8192 bits, or P-256, P-384, P-521, Ed25519, X25519"
            )
    if not _members(document):
        raise UnfitKeys("a JWK set with at least one key")


def read(document: object) -> ForeignKeys:
    """What is usable of a JWK set; a key of a kind that we don't know is passed by. Raises UnfitKeys."""
    found = [_key(jwk) for jwk in _members(document)]
    return ForeignKeys([key for key in found if key is not None])


def _members(document: object) -> list[Any]:
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise UnfitKeys(f"a JWK set: an object with a list of at most {MAX_KEYS} keys")
    return keys


def _key(jwk: object) -> Key | None:
    if not isinstance(jwk, dict) or _SECRET_MEMBERS & set(jwk):
        return None
    kind = _TYPES.get(str(jwk.get("kty")))
    if kind is None or not (isinstance(kid := jwk.get("kid", ""), str) and len(kid) <= 255):
        return None
    try:
        key = kind.import_key(_without_either_name(jwk))
        return key if _is_strong(key) else None
    except Exception:  # whatever the parser makes of foreign input (S-050a)
        return None


def _without_either_name(jwk: dict[str, Any]) -> dict[str, Any]:
    """Ed25519 signatures have two names (RFC 9864), and the curve says it already: a key does for both."""
    if jwk.get("crv") != "Ed25519" or jwk.get("alg") not in ("EdDSA", "Ed25519"):
        return jwk
    return {name: value for name, value in jwk.items() if name != "alg"}


def _is_strong(key: Key) -> bool:
    if isinstance(key, RSAKey):
        numbers = key.public_key.public_numbers()
        return key.public_key.key_size in _RSA_BITS and 2 < numbers.e < _LARGEST_EXPONENT
    return key.get("crv") in _CURVES


def _verifies(key: Key) -> bool:
    operations = key.get("key_ops")
    return (
        key.get("use") in (None, "sig")
        and key.get("alg") not in WRAPPING
        and (not isinstance(operations, list) or "verify" in operations)
        and key.get("crv") != "X25519"
    )
