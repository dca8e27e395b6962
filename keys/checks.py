"""System checks: settings of the keys that would break apps, or leave private keys open (S-140, S-141)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from keys.algorithms import ALGORITHMS

_SHORTEST_PUBLICATION = timedelta(hours=24)


def check_settings(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    return [Error(message, id=f"keys.{number}") for number, message in _problems()]


def _problems() -> Iterator[tuple[str, str]]:
    publish_before = settings.KEYS_PUBLISH_BEFORE
    if publish_before < _SHORTEST_PUBLICATION:
        yield "E001", "IDP_KEY_PUBLISH_BEFORE has to be 24h or more: apps must know a key before it signs."
    if not timedelta(0) < settings.KEYS_JWKS_MAX_AGE <= publish_before:
        yield (
            "E002",
            "IDP_JWKS_MAX_AGE has to be above 0 and at most IDP_KEY_PUBLISH_BEFORE: a cache must not miss a key.",
        )
    if publish_before >= settings.KEYS_SIGNING_PERIOD:
        yield "E003", "IDP_KEY_SIGNING_PERIOD has to be longer than IDP_KEY_PUBLISH_BEFORE."
    if unknown := [name for name in settings.KEYS_ALGORITHMS if name not in ALGORITHMS]:
        yield "E004", f"IDP_KEY_ALGORITHMS: unknown algorithm {unknown[0]}; known: {', '.join(ALGORITHMS)}."
    if "RS256" not in settings.KEYS_ALGORITHMS:
        yield "E005", "IDP_KEY_ALGORITHMS has to include RS256 (OIDC Core section 15.1)."
    if settings.KEYS_RSA_BITS < 2048:
        yield "E006", "IDP_KEY_RSA_BITS has to be 2048 or more (RFC 7518 section 3.3)."
    yield from _encryption_key_problems(settings.KEYS_ENCRYPTION_KEYS)


def _encryption_key_problems(keys: dict[str, bytes]) -> Iterator[tuple[str, str]]:
    if not keys or any(len(key) != 32 for key in keys.values()):
        yield "E007", "IDP_ENCRYPTION_KEYS has to hold at least one key, each of 32 bytes."
    # 32 random bytes have about 30 different values; a key with fewer than 16 was typed, copied or left at zero.
    elif not getattr(settings, "LOCAL", False) and any(len(set(key)) < 16 for key in keys.values()):
        yield (
            "E008",
            "IDP_ENCRYPTION_KEYS holds a key that is not random. `manage.py secrets` prints a fresh one.",
        )
