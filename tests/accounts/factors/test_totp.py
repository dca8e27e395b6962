"""RFC 6238: its own vectors, the window, each step once, and the seed at rest (S-105, S-140)."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.factors import totp
from accounts.models import Totp, User
from keys import sealing
from tests.factories import add_app, app_code, make_user

SEED = b"12345678901234567890"
NOW = datetime(2026, 11, 24, 12, 0, 10, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_appendix_b_of_rfc_6238(seconds: int, code: str) -> None:
    assert totp.code(SEED, seconds // 30) == code[-6:]


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_s_105_one_step_to_each_side(steps: int, right: bool) -> None:
    found = totp.matching_step(SEED, totp.code(SEED, STEP + steps), NOW)
    assert (found is not None) is right


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "\0" * 6])
def test_what_is_no_code_matches_nothing(typed: str) -> None:
    assert totp.matching_step(SEED, typed, NOW) is None


def enrolled(user: User, *, seed: bytes = SEED, now: datetime = NOW) -> Totp:
    app = totp.enrol(user, seed, totp.code(seed, int(now.timestamp()) // 30), name="Phone", now=now)
    assert app is not None
    return app


def test_s_105_each_step_is_taken_once_and_none_before_it(alice: User) -> None:
    enrolled(alice, now=NOW - timedelta(minutes=5))
    assert totp.check(alice, totp.code(SEED, STEP), now=NOW)
    assert not totp.check(alice, totp.code(SEED, STEP), now=NOW)
    assert not totp.check(alice, totp.code(SEED, STEP - 1), now=NOW)
    assert totp.check(alice, totp.code(SEED, STEP + 1), now=NOW)


def test_s_105_the_app_of_another_person_does_not(alice: User) -> None:
    other = b"mallory's own secret"
    add_app(make_user("mallory"), seed=other)
    assert not totp.check(alice, app_code(now=NOW, seed=other), now=NOW)
    add_app(alice)
    assert not totp.check(alice, app_code(now=NOW, seed=other), now=NOW)


def test_s_105_the_code_that_enrolled_the_app_is_used_up(alice: User) -> None:
    enrolled(alice)
    assert not totp.check(alice, totp.code(SEED, STEP), now=NOW)


def test_an_app_is_added_by_a_right_code_only(alice: User) -> None:
    assert totp.enrol(alice, SEED, "000000", name="Phone", now=NOW) is None
    assert not Totp.objects.exists()


def test_each_of_several_apps_does(alice: User) -> None:
    earlier, other = NOW - timedelta(minutes=5), b"another seed of 20 b"
    enrolled(alice, now=earlier)
    enrolled(alice, seed=other, now=earlier)
    assert totp.check(alice, totp.code(SEED, STEP), now=NOW)
    assert totp.check(alice, totp.code(other, STEP), now=NOW)


def test_s_140_the_seed_is_sealed_and_bound_to_its_person(alice: User) -> None:
    app = enrolled(alice)
    assert SEED.decode() not in app.sealed
    with pytest.raises(sealing.CannotOpen):
        sealing.open_sealed(app.sealed, context="totp:somebody else")


def test_s_140_seeds_are_sealed_anew_under_a_new_key(alice: User, settings) -> None:
    app = enrolled(alice, now=NOW - timedelta(minutes=5))
    settings.KEYS_ENCRYPTION_KEYS = {"new": bytes(32), **settings.KEYS_ENCRYPTION_KEYS}
    assert totp.rewrap() == 1
    app.refresh_from_db()
    assert sealing.sealed_version(app.sealed) == "new"
    assert totp.check(alice, totp.code(SEED, STEP), now=NOW)
    assert totp.rewrap() == 0


def test_s_140_a_seed_that_no_key_opens_is_no_fault_of_the_server(alice: User, settings) -> None:
    enrolled(alice, now=NOW - timedelta(minutes=5))
    settings.KEYS_ENCRYPTION_KEYS = {"other": bytes(32)}
    assert not totp.check(alice, totp.code(SEED, STEP), now=NOW)


def test_a_draft_is_for_one_person_and_half_an_hour(alice: User) -> None:
    sealed = totp.draft(alice, SEED, now=NOW)
    assert totp.open_draft(alice, sealed, now=NOW) == SEED
    assert totp.open_draft(User(), sealed, now=NOW) is None
    assert totp.open_draft(alice, sealed, now=NOW + timedelta(minutes=31)) is None
    for wrong in ("", "x", sealed[:-4] + "AAAA", "1.%%%"):
        assert totp.open_draft(alice, wrong, now=NOW) is None


def test_the_address_says_all_that_an_app_needs(alice: User) -> None:
    parts = urlsplit(totp.address(alice, SEED))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parts.path == "/localhost%3A8000%3AAlice"
    query = parse_qs(parts.query)
    assert query == {"secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"], "issuer": ["localhost:8000"]}
