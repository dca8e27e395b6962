"""What happens to keys over time, and at an operator's word (S-141, S-142)."""

from datetime import datetime

import pytest
from django.db import IntegrityError
from pytest_django import DjangoAssertNumQueries, Settings

from keys import rotation, sealing
from keys.models import SigningKey
from keys.schedule import LONGEST_TOKEN, State

from .conftest import DAY, HOUR

pytestmark = pytest.mark.django_db
Heard = list[tuple[str, dict[str, object]]]


def states(now: datetime, algorithm: str = "RS256") -> list[str]:
    return [key.state(now) for key in SigningKey.objects.filter(algorithm=algorithm)]


def test_the_first_look_makes_a_key_that_signs(now: datetime) -> None:
    rotation.ensure_schedule(now)
    assert states(now) == ["signing"]


def test_every_algorithm_has_a_line_of_its_own(now: datetime, settings: Settings) -> None:
    settings.KEYS_ALGORITHMS = ["RS256", "ES256", "EdDSA", "PS256"]
    keys = rotation.ensure_schedule(now)
    assert sorted(key.algorithm for key in keys) == ["ES256", "EdDSA", "PS256", "RS256"]
    assert {key.serial for key in keys} == {1}


def test_a_kid_that_a_command_would_take_for_an_option_is_given_to_no_key(
    now: datetime, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.KEYS_ALGORITHMS = ["ES256"]
    made, names = rotation.public_jwk, iter(["-first", "-second", "third"])
    monkeypatch.setattr(rotation, "public_jwk", lambda *key: {**made(*key), "kid": next(names)})
    assert [key.kid for key in rotation.ensure_schedule(now)] == ["third"]


def test_the_public_half_says_what_libraries_need_and_nothing_private(
    now: datetime, settings: Settings
) -> None:
    settings.KEYS_ALGORITHMS = ["RS256", "ES256", "EdDSA", "PS256"]
    for key in rotation.ensure_schedule(now):
        assert {"kid", "alg", "use", "kty"} <= key.public_jwk.keys()
        assert (key.public_jwk["kid"], key.public_jwk["alg"]) == (key.kid, key.algorithm)
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.public_jwk.keys()


def test_an_rsa_key_has_the_size_asked_for(now: datetime, settings: Settings) -> None:
    settings.KEYS_RSA_BITS = 3072
    [key] = rotation.ensure_schedule(now)
    assert key.unseal().key_size == 3072  # type: ignore[union-attr]


def test_looking_again_changes_nothing_and_costs_one_query(
    now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rotation.ensure_schedule(now)
    with django_assert_num_queries(1):
        assert len(rotation.ensure_schedule(now + DAY)) == 1


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, ["signing"]),
        (82, ["signing"]),
        (83, ["signing", "published"]),
        (89, ["signing", "published"]),
        (90, ["verifying", "signing"]),
        (92, ["gone", "signing"]),
        (173, ["gone", "signing", "published"]),
        (180, ["gone", "verifying", "signing"]),
    ],
)
def test_keys_take_turns(now: datetime, days: int, expected: list[str]) -> None:
    for day in range(days + 1):
        rotation.ensure_schedule(now + day * DAY)
    assert states(now + days * DAY) == expected


def test_s_141_a_key_stays_public_until_its_longest_token_is_dead(now: datetime) -> None:
    [key] = rotation.ensure_schedule(now)
    assert key.state(key.signs_until + LONGEST_TOKEN) is State.VERIFYING


def test_the_private_half_is_wiped_when_a_key_is_over_and_the_public_one_kept(now: datetime) -> None:
    rotation.ensure_schedule(now)
    rotation.ensure_schedule(now + 85 * DAY)
    first, second = rotation.ensure_schedule(now + 95 * DAY)
    assert first.sealed == ""
    assert first.public_jwk["n"]
    assert second.sealed


def test_a_late_successor_makes_the_old_key_sign_for_longer(now: datetime) -> None:
    rotation.ensure_schedule(now)
    late = now + 90 * DAY + HOUR
    first, second = rotation.ensure_schedule(late)
    assert (first.state(late), second.state(late)) == (State.SIGNING, State.PUBLISHED)
    assert first.signs_until == second.signs_from == late + 7 * DAY
    assert first.verifies_until > first.signs_until + LONGEST_TOKEN


def test_an_algorithm_no_longer_wanted_runs_out(now: datetime, settings: Settings) -> None:
    settings.KEYS_ALGORITHMS = ["RS256", "ES256"]
    rotation.ensure_schedule(now)
    settings.KEYS_ALGORITHMS = ["RS256"]
    rotation.ensure_schedule(now + 100 * DAY)
    assert states(now + 100 * DAY, "ES256") == ["gone"]


# --- rotate ---------------------------------------------------------------------------------------


def test_rotate_publishes_the_next_key_now_and_lets_it_sign_when_apps_know_it(now: datetime) -> None:
    rotation.ensure_schedule(now)
    at = now + DAY
    announced = rotation.rotated_from("RS256", at)
    key = rotation.rotate("RS256", at)
    assert (key.state(at), key.published_at, key.signs_from) == (State.PUBLISHED, at, at + 7 * DAY)
    assert key.signs_from == announced
    first = SigningKey.objects.get(serial=1)
    assert first.signs_until == key.signs_from
    assert first.state(at) is State.SIGNING


def test_rotating_twice_is_rotating_once(now: datetime) -> None:
    rotation.ensure_schedule(now)
    once = rotation.rotate("RS256", now + DAY)
    assert rotation.rotate("RS256", now + 2 * DAY) == once
    assert SigningKey.objects.count() == 2


def test_rotate_brings_a_published_key_forward_but_never_before_apps_know_it(
    now: datetime, settings: Settings
) -> None:
    settings.KEYS_PUBLISH_BEFORE = 14 * DAY
    rotation.ensure_schedule(now)
    rotation.ensure_schedule(now + 77 * DAY)
    settings.KEYS_PUBLISH_BEFORE = 2 * DAY
    assert rotation.rotate("RS256", now + 78 * DAY).signs_from == now + 79 * DAY
    assert SigningKey.objects.get(serial=1).signs_until == now + 79 * DAY


def test_rotate_of_an_unused_algorithm_is_refused(now: datetime) -> None:
    with pytest.raises(rotation.NoSuchKey):
        rotation.rotate("ES256", now)


# --- revoke ---------------------------------------------------------------------------------------


def test_s_142_a_revoked_key_is_replaced_at_once(now: datetime) -> None:
    [key] = rotation.ensure_schedule(now)
    done = rotation.revoke(key.kid, now + HOUR, reason="laptop lost")
    assert done.revoked.state(now + HOUR) is State.REVOKED
    assert done.revoked.revoke_reason == "laptop lost"
    assert done.replacement is not None
    assert done.replacement.state(now + HOUR) is State.SIGNING


def test_s_142_a_revoked_key_has_no_private_half_any_more(now: datetime) -> None:
    [key] = rotation.ensure_schedule(now)
    assert rotation.revoke(key.kid, now).revoked.sealed == ""
    with pytest.raises(IntegrityError, match="a_revoked_key_has_no_private_half"):
        SigningKey.objects.filter(kid=key.kid).update(sealed="again")


def test_s_142_the_successor_that_apps_know_already_takes_over(now: datetime) -> None:
    [first] = rotation.ensure_schedule(now)
    successor = rotation.rotate("RS256", now + DAY)
    done = rotation.revoke(first.kid, now + 2 * DAY)
    assert done.replacement == successor
    assert SigningKey.objects.get(pk=successor.pk).state(now + 2 * DAY) is State.SIGNING
    assert SigningKey.objects.count() == 2


def test_revoking_the_successor_makes_another_and_leaves_no_gap(now: datetime) -> None:
    rotation.ensure_schedule(now)
    successor = rotation.rotate("RS256", now + DAY)
    at = now + 7 * DAY
    done = rotation.revoke(successor.kid, at)
    assert done.replacement is None
    first, _, third = SigningKey.objects.all()
    assert (first.state(at), third.state(at)) == (State.SIGNING, State.PUBLISHED)
    assert first.signs_until == third.signs_from == at + 7 * DAY


def test_revoking_an_old_key_leaves_the_signing_one_alone(now: datetime) -> None:
    [first] = rotation.ensure_schedule(now)
    rotation.ensure_schedule(now + 83 * DAY)
    at = now + 90 * DAY + HOUR
    assert rotation.revoke(first.kid, at).replacement is None
    assert states(at) == ["revoked", "signing"]


def test_a_key_is_revoked_once(now: datetime) -> None:
    [key] = rotation.ensure_schedule(now)
    rotation.revoke(key.kid, now)
    for kid in (key.kid, "unknown"):
        with pytest.raises(rotation.NoSuchKey):
            rotation.revoke(kid, now)


# --- rewrap ---------------------------------------------------------------------------------------


def test_s_140_rewrap_lets_the_old_encryption_key_go(now: datetime, settings: Settings) -> None:
    settings.KEYS_ENCRYPTION_KEYS = {"1": bytes(range(32))}
    rotation.ensure_schedule(now)
    settings.KEYS_ENCRYPTION_KEYS = {"2": bytes(range(1, 33)), "1": bytes(range(32))}
    assert (rotation.rewrap(), rotation.rewrap()) == (1, 0)
    settings.KEYS_ENCRYPTION_KEYS = {"2": bytes(range(1, 33))}
    assert SigningKey.objects.get().unseal()


def test_a_sealed_half_moved_to_another_row_does_not_open(now: datetime, settings: Settings) -> None:
    settings.KEYS_ALGORITHMS = ["RS256", "PS256"]
    one, other = rotation.ensure_schedule(now)
    one.sealed = other.sealed
    with pytest.raises(sealing.CannotOpen):
        one.unseal()


# --- what is announced ----------------------------------------------------------------------------


def test_every_change_is_announced_once_and_without_secrets(
    now: datetime, heard: Heard, settings: Settings
) -> None:
    [first] = rotation.ensure_schedule(now)
    rotation.rotate("RS256", now + DAY, by="alice")
    rotation.revoke(first.kid, now + 2 * DAY, reason="lost", by="alice")
    settings.KEYS_ENCRYPTION_KEYS = {"2": bytes(range(32)), **settings.KEYS_ENCRYPTION_KEYS}
    rotation.rewrap()
    assert [event for event, _ in heard] == ["key.created", "key.rotated", "key.revoked", "key.rewrapped"]
    assert [detail.get("by") for _, detail in heard] == ["schedule", "alice", "alice", None]
    assert all("sealed" not in detail for _, detail in heard)


def test_a_deed_that_cannot_be_recorded_is_not_done(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(event: str, detail: dict[str, object]) -> None:
        raise RuntimeError("the audit log is full")

    [key] = rotation.ensure_schedule(now)
    monkeypatch.setattr("keys.events.listeners", [fail])
    with pytest.raises(RuntimeError, match="audit log"):
        rotation.revoke(key.kid, now)
    assert states(now) == ["signing"]
