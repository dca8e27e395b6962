"""Settings that would break apps or leave keys open stop the start, each with an id of its own (S-140, S-141)."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from keys.checks import check_settings

from .conftest import DAY, HOUR

RANDOM = bytes(range(7, 39))


def ids() -> list[str | None]:
    return [message.id for message in check_settings()]


def test_the_defaults_are_fine() -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"KEYS_PUBLISH_BEFORE": DAY - HOUR}, "keys.E001"),
        ({"KEYS_JWKS_MAX_AGE": 8 * DAY}, "keys.E002"),
        ({"KEYS_JWKS_MAX_AGE": timedelta(0)}, "keys.E002"),
        ({"KEYS_SIGNING_PERIOD": 7 * DAY}, "keys.E003"),
        ({"KEYS_ALGORITHMS": ["RS256", "HS256"]}, "keys.E004"),
        ({"KEYS_ALGORITHMS": ["ES256"]}, "keys.E005"),
        ({"KEYS_RSA_BITS": 1024}, "keys.E006"),
        ({"KEYS_ENCRYPTION_KEYS": {}}, "keys.E007"),
        ({"KEYS_ENCRYPTION_KEYS": {"1": b"short"}}, "keys.E007"),
        ({"LOCAL": False}, "keys.E008"),  # the test's own key is 32 times zero
        ({"LOCAL": False, "KEYS_ENCRYPTION_KEYS": {"1": RANDOM, "0": b"changeme" * 4}}, "keys.E008"),
    ],
)
def test_s_140_s_141_what_stops_the_start(settings: Settings, changes: dict[str, Any], expected: str) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    assert ids() == [expected]


def test_a_random_encryption_key_is_fine_in_public(settings: Settings) -> None:
    settings.LOCAL, settings.KEYS_ENCRYPTION_KEYS = False, {"1": RANDOM}
    assert ids() == []


def test_the_shortest_times_allowed_are_allowed(settings: Settings) -> None:
    settings.KEYS_PUBLISH_BEFORE = settings.KEYS_JWKS_MAX_AGE = DAY
    settings.KEYS_SIGNING_PERIOD = DAY + timedelta(seconds=1)
    assert ids() == []
