"""Random values and their keyed digests: what is stored can't be used, what can be used isn't stored (S-042, S-146)."""

import hmac
import secrets
from functools import lru_cache

from django.conf import settings


def mint(size: int = 32) -> str:
    """A random value of `size` bytes, in unreserved characters, so that clients which forget to url-encode work."""
    return secrets.token_urlsafe(size)


@lru_cache(maxsize=64)
def _derived(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), f"signet {purpose}".encode(), "sha256")


def keys(purpose: str) -> list[bytes]:
    """The current key for `purpose` first, then those of the secrets being replaced."""
    return [_derived(secret, purpose) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def digest(value: str, purpose: str, key: bytes | None = None) -> str:
    """A fast keyed digest, in hex: enough for a value of 256 random bits."""
    return hmac.digest(key or keys(purpose)[0], value.encode(), "sha256").hex()


def matches(value: str, stored: str, purpose: str) -> bool:
    """Whether `value` is what `stored` was made from, under the current key or one being replaced."""
    found = [hmac.compare_digest(digest(value, purpose, key), stored) for key in keys(purpose)]
    return any(found)


def renewed(value: str, stored: str, purpose: str) -> str:
    """The digest to keep in place of `stored`, which `value` matched under a key being replaced; "" where it may stay.

    So that key can be taken away once everybody has shown their secret again.
    """
    if not settings.SECRET_KEY_FALLBACKS:
        return ""
    current = digest(value, purpose)
    return "" if hmac.compare_digest(current, stored) else current
