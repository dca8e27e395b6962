"""Start-up and readiness prove that every live key opens, signs and verifies (S-140)."""

from datetime import datetime

import pytest
from pytest_django import Settings

from keys import rotation
from keys.algorithms import ALGORITHMS
from keys.models import SigningKey
from keys.selftest import UnusableKeys, prove, self_test

from .conftest import DAY

pytestmark = pytest.mark.django_db


def test_keys_of_every_algorithm_pass(now: datetime, settings: Settings) -> None:
    settings.KEYS_ALGORITHMS = list(ALGORITHMS)
    prove(now)
    rotation.rotate("RS256", now)
    assert self_test(now) == []


def test_s_140_a_lost_encryption_key_stops_the_start(now: datetime, settings: Settings) -> None:
    prove(now)
    settings.KEYS_ENCRYPTION_KEYS = {"9": bytes(range(32))}
    [problem] = self_test(now)
    assert "IDP_ENCRYPTION_KEYS" in problem
    with pytest.raises(UnusableKeys, match="cannot be opened"):
        prove(now)


@pytest.mark.parametrize("sealed", ["", "1.", "1.AAAA", "rubbish", "1.é"])
def test_s_140_a_damaged_private_half_is_found(now: datetime, sealed: str) -> None:
    prove(now)
    SigningKey.objects.update(sealed=sealed)
    assert len(self_test(now)) == 1


def test_a_public_half_that_does_not_fit_is_found(now: datetime) -> None:
    prove(now)
    rotation.rotate("RS256", now)
    one, other = SigningKey.objects.all()
    SigningKey.objects.filter(pk=one.pk).update(public_jwk={**other.public_jwk, "kid": one.kid})
    [problem] = self_test(now)
    assert one.short_kid in problem


def test_a_key_that_signs_no_more_stops_nobody(now: datetime) -> None:
    prove(now)
    rotation.ensure_schedule(now + 83 * DAY)
    SigningKey.objects.filter(serial=1).update(sealed="1.AAAA")
    assert self_test(now + 90 * DAY) == []


def test_no_problem_tells_a_secret(now: datetime, settings: Settings) -> None:
    prove(now)
    settings.KEYS_ENCRYPTION_KEYS = {"9": bytes(range(32))}
    assert SigningKey.objects.get().sealed not in str(self_test(now))
