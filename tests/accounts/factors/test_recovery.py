"""Recovery codes: 80 bits, hashed, once (S-105)."""

from datetime import UTC, datetime

import pytest

from accounts.factors import recovery
from accounts.models import RecoveryCode, User
from tests.factories import make_user

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_s_105_there_are_ten_of_eighty_bits_and_only_hashes_are_kept(alice: User) -> None:
    codes = recovery.make(alice, now=NOW)
    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) * 5 >= 80 for code in codes)
    kept = str(list(RecoveryCode.objects.values()))
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


@pytest.mark.parametrize(
    "typed", [str, str.lower, lambda code: code.replace("-", " "), lambda code: f" {code} "]
)
def test_a_code_works_however_it_is_typed(alice: User, typed) -> None:
    code = recovery.make(alice, now=NOW)[3]
    assert recovery.check(alice, typed(code), now=NOW)
    assert recovery.left(alice) == 9


def test_s_105_a_code_works_once_and_for_its_person_only(alice: User) -> None:
    codes = recovery.make(alice, now=NOW)
    assert not recovery.check(make_user("bob"), codes[0], now=NOW)
    assert recovery.check(alice, codes[0], now=NOW)
    assert not recovery.check(alice, codes[0], now=NOW)


def test_new_codes_end_the_old_ones(alice: User) -> None:
    old = recovery.make(alice, now=NOW)
    recovery.make(alice, now=NOW)
    assert not recovery.check(alice, old[0], now=NOW)
    assert recovery.left(alice) == 10


@pytest.mark.parametrize("typed", ["", "-", "A" * 15, "A" * 17, "ÄÄÄÄ-ÄÄÄÄ-ÄÄÄÄ-ÄÄÄÄ", "\0" * 16])
def test_what_is_no_code_is_none(alice: User, typed: str) -> None:
    recovery.make(alice, now=NOW)
    assert not recovery.check(alice, typed, now=NOW)
