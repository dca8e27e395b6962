"""Secrets at rest: AES-256-GCM under a versioned key from the settings, bound to what the secret is for (S-140)."""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE_BYTES = 12


class CannotOpen(Exception):
    """A sealed value was made with a key we lack, for another context, or was changed."""


def current_version() -> str:
    return next(iter(settings.KEYS_ENCRYPTION_KEYS))


def seal(secret: bytes, *, context: str) -> str:
    """`version.base64url`; it opens only under the same `context`, a purpose and an id such as `signing-key:…`."""
    version = current_version()
    nonce = secrets.token_bytes(_NONCE_BYTES)
    ciphertext = _cipher(version).encrypt(nonce, secret, _bound(version, context))
    return f"{version}.{base64.urlsafe_b64encode(nonce + ciphertext).decode()}"


def open_sealed(sealed: str, *, context: str) -> bytes:
    version, _, encoded = sealed.partition(".")
    try:
        raw = base64.b64decode(encoded, altchars=b"-_", validate=True)
        return _cipher(version).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound(version, context))
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise CannotOpen(
            f"{context}: sealed with another key of version {version[:16]!r}, or changed"
        ) from error


def sealed_version(sealed: str) -> str:
    """Which encryption key a value was sealed with."""
    return sealed.partition(".")[0]


def reseal(sealed: str, *, context: str) -> str:
    """The same secret under the current encryption key."""
    return seal(open_sealed(sealed, context=context), context=context)


def _cipher(version: str) -> AESGCM:
    try:
        return AESGCM(settings.KEYS_ENCRYPTION_KEYS[version])
    except KeyError:
        raise CannotOpen(f"there is no encryption key of version {version[:16]!r}") from None


def _bound(version: str, context: str) -> bytes:
    return f"signet.sealed.{version}.{context}".encode()
