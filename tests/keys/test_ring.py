"""The ring: cheap, current, and there while the database is not."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from keys import events, jwks, rotation
from keys import ring as rings
from keys.models import SigningKey
from keys.ring import NoSigningKey, forget, ring
from keys.signing import sign

from .conftest import DAY, HOUR

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@contextmanager
def database_away() -> Iterator[list[str]]:
    """Every statement fails; gives those that were tried."""
    tried: list[str] = []

    def fail(execute: Any, sql: str, *rest: Any) -> None:
        tried.append(sql)
        raise OperationalError("the server closed the connection unexpectedly")

    with connection.execute_wrapper(fail):
        yield tried


def kid(now: datetime) -> str:
    return ring(now).signing("RS256").kid


def test_the_first_look_makes_the_first_key(now: datetime) -> None:
    assert kid(now) == SigningKey.objects.get().kid


def test_within_five_seconds_the_database_is_left_alone(
    now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ring(now)
    now += HOUR
    first = ring(now)
    with django_assert_num_queries(0):
        assert ring(now + 4 * SECOND) is first
        assert ring(now - SECOND) is first  # another thread read the clock a moment earlier
    with django_assert_num_queries(1):
        ring(now + 5 * SECOND)


def test_what_another_node_changed_is_seen_within_five_seconds(now: datetime) -> None:
    before = kid(now)
    done = rotation.revoke(before, now + SECOND)
    assert done.replacement is not None
    assert kid(now + 5 * SECOND) == done.replacement.kid


def test_a_ring_never_outlives_a_keys_state(now: datetime) -> None:
    kid(now)
    successor = rotation.rotate("RS256", now)
    just_before = successor.signs_from - SECOND
    assert kid(just_before) != successor.kid
    assert kid(successor.signs_from) == successor.kid


def test_rings_of_the_same_keys_have_the_same_version_on_every_node(now: datetime) -> None:
    version = ring(now).version
    assert ring(now + DAY).version == version
    forget()
    assert ring(now + HOUR).version == version
    rotation.rotate("RS256", now + DAY)
    assert ring(now + 2 * DAY).version != version


def test_which_keys_verify(now: datetime) -> None:
    """Published ones too, in case another node's clock is ahead; old ones as hints only; revoked ones never."""
    first = rotation.ensure_schedule(now)[0].kid
    for day in (83, 92):
        rotation.ensure_schedule(now + day * DAY)
    second, revoked = SigningKey.objects.get(serial=2), rotation.rotate("RS256", now + 93 * DAY)
    rotation.revoke(revoked.kid, now + 94 * DAY)
    current = ring(now + 94 * DAY)
    assert {key.kid for key in current.published} == {second.kid, *current.verification_keys.kids}
    assert revoked.kid not in current.verification_keys.kids | current.hint_keys.kids
    assert first in current.hint_keys.kids
    assert first not in current.verification_keys.kids
    assert len(current.verification_keys.kids) == 2


def test_rs256_comes_first_and_what_signs_before_what_does_not(now: datetime, settings: Settings) -> None:
    settings.KEYS_ALGORITHMS = ["ES256", "RS256"]
    rotation.ensure_schedule(now)
    rotation.rotate("RS256", now)
    published = [(key.algorithm, str(key.state)) for key in ring(now).published]
    assert published == [("RS256", "signing"), ("ES256", "signing"), ("RS256", "published")]


def test_a_clock_that_is_a_little_behind_signs_with_the_key_it_sees(now: datetime) -> None:
    rotation.ensure_schedule(now)
    assert kid(now - 2 * SECOND) == SigningKey.objects.get().kid


def test_private_keys_are_not_shown(now: datetime) -> None:
    text = repr(ring(now)) + repr(ring(now).signing("RS256"))
    assert "PrivateKey" not in text
    assert SigningKey.objects.get().sealed not in text


# --- an unknown key id ----------------------------------------------------------------------------


def test_an_unknown_kid_is_looked_up_once_more(now: datetime) -> None:
    """Another node revoked a key a second ago, and signs with the replacement already."""
    before = kid(now)
    held = ring(now).verification_keys
    replacement = rotation.revoke(before, now).replacement
    assert replacement is not None
    assert held.find(replacement.kid) is not None
    assert kid(now) == replacement.kid


def test_strangers_with_invented_kids_cause_one_look_a_second(
    now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    held = ring(now).verification_keys
    with django_assert_num_queries(1):
        for number in range(100):
            assert held.find(f"invented {number}") is None


# --- without a database ---------------------------------------------------------------------------


def test_signing_and_the_jwks_go_on_while_the_database_is_away(now: datetime) -> None:
    before, body = kid(now), jwks.document(now).body
    with database_away():
        assert kid(now + HOUR) == before
        assert sign({}, typ="JWT", now=now + HOUR)
        assert jwks.document(now + HOUR).body == body


def test_keys_go_on_taking_turns_while_the_database_is_away(now: datetime) -> None:
    rotation.ensure_schedule(now)
    successor = rotation.rotate("RS256", now)
    ring(now)
    with database_away():
        assert kid(successor.signs_from) == successor.kid


def test_a_database_that_is_away_is_tried_less_and_less(now: datetime) -> None:
    ring(now)
    with database_away() as tried:
        for second in range(5, 305):
            ring(now + second * SECOND)
    assert 5 <= len(tried) <= 9  # after 5, 10, 20, 40 and then every 60 seconds


def test_when_the_database_is_back_it_is_read_again(now: datetime) -> None:
    before = kid(now)
    rotation.revoke(before, now)
    with database_away():
        assert kid(now + 5 * SECOND) == before
    assert kid(now + 10 * SECOND) != before


def test_a_process_that_never_saw_the_keys_says_so_and_does_not_hang(now: datetime) -> None:
    with database_away() as tried:
        for _ in range(3):
            with pytest.raises(OperationalError):
                ring(now)
        assert len(tried) == 1
    assert ring(now + 5 * SECOND)


def test_a_successor_that_cannot_be_made_stops_nobody(now: datetime) -> None:
    """Say, because its audit record fails: the key at hand goes on."""

    def full(event: str, detail: dict[str, object]) -> None:
        raise RuntimeError("the audit log is full")

    before = kid(now)
    events.listeners.append(full)
    assert kid(now + 84 * DAY) == before


def test_one_thread_reads_and_the_others_do_not_wait(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tuple(rotation.ensure_schedule(now))
    ring(now)
    reading, done = threading.Event(), threading.Event()
    reads = []

    def slow(at: datetime) -> tuple[SigningKey, ...]:
        reads.append(at)
        reading.set()
        assert done.wait(10)
        return rows

    monkeypatch.setattr(rings, "_rows", slow)
    monkeypatch.setattr(rings, "_inside_a_transaction", lambda: False)
    later = now + HOUR
    with ThreadPoolExecutor(4) as threads:
        reader = threads.submit(ring, later)
        assert reading.wait(10)
        others = [threads.submit(ring, later).result(timeout=5) for _ in range(3)]
        done.set()
        assert {other.version for other in others} == {reader.result(timeout=5).version}
    assert reads == [later]


# --- transactions, forks, keys that do not open ---------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_what_a_transaction_undoes_is_not_kept(now: datetime) -> None:
    with transaction.atomic():
        undone = kid(now)
        transaction.set_rollback(True)
    assert kid(now) != undone


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_the_ring_asks_the_database_nothing(
    now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    before = kid(now)
    with transaction.atomic(), django_assert_num_queries(0):
        assert kid(now + HOUR) == before


def test_a_lock_that_was_held_at_a_fork_does_not_stop_the_child(now: datetime) -> None:
    """gunicorn preloads: some thread of the parent may be reading just then."""
    with rings._process.lock:
        child = os.fork()
        if child == 0:
            signal.alarm(10)
            with database_away():
                try:
                    ring(now)
                except OperationalError:
                    os._exit(0)
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


def test_s_140_a_key_that_cannot_be_opened_stays_public_but_does_not_sign(
    now: datetime, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    rotation.ensure_schedule(now)
    settings.KEYS_ENCRYPTION_KEYS = {"9": bytes(range(32))}
    for at in (now, now + DAY):
        assert len(ring(at).published) == 1
        with pytest.raises(NoSigningKey):
            ring(at).signing("RS256")
    assert len(caplog.records) == 1
    assert "cannot be opened" in caplog.text
