"""The ring of this process: good for a few seconds, then read again, and kept while the database is away.

`ring(now)` is an attribute look-up nearly always. Every few seconds one thread reads the database again (and lets
the schedule take its course, so that rotation needs no cron); the others meanwhile use the ring that there is.
"""

import logging
import os
import threading
import time
from datetime import datetime, timedelta
from functools import partial

from django.db import Error as DatabaseFailure
from django.db import OperationalError, connection

from keys import rotation
from keys.models import SigningKey
from keys.snapshot import NoSigningKey, Ring, RingKey, RingKeys, Snapshot

__all__ = ["NoSigningKey", "Ring", "RingKey", "RingKeys", "forget", "ring"]

log = logging.getLogger(__name__)

_FRESH = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(seconds=60)
_SECONDS_BETWEEN_MISSES = 1.0


class _Process:
    """What one process remembers: what it read last, and since when the database has been away."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ring: Ring | None = None
        self.snapshot = Snapshot()
        self.pause = timedelta(0)
        self.failed_at: datetime | None = None
        self.missed_at = float("-inf")

    def renew(self, now: datetime) -> Ring:
        """A ring for `now`: read anew, unless another thread is at it or a transaction is open."""
        have_one = self.ring is not None
        if have_one and _inside_a_transaction():
            return self.build(self.snapshot, now)
        if not self.lock.acquire(blocking=not have_one):
            return self.build(self.snapshot, now)
        try:
            current = self.ring  # another thread may have been here while this one waited
            return current if current and current.covers(now) else self.read(now)
        finally:
            self.lock.release()

    def read(self, now: datetime) -> Ring:
        """Under the lock: the ring as the database has it, or as it was when the database was last there."""
        if self.failed_at is not None and self.failed_at <= now < self.failed_at + self.pause:
            return self.without_database(now, OperationalError("the database was away a moment ago"))
        try:
            snapshot = self.snapshot.renewed(_rows(now))
        except Exception as error:  # whatever it is, the keys at hand are better than none
            self.failed_at, self.pause = now, min(max(self.pause * 2, _FRESH), _LONGEST_PAUSE)
            unexpected = not isinstance(error, DatabaseFailure)
            log.error("signing keys not read (%r), next try in %s", error, self.pause, exc_info=unexpected)
            return self.without_database(now, error)
        self.failed_at, self.pause = None, timedelta(0)
        ring = self.build(snapshot, now)
        if not _inside_a_transaction():  # what a transaction sees may yet be undone
            self.snapshot, self.ring = snapshot, ring
        return ring

    def without_database(self, now: datetime, error: Exception) -> Ring:
        if self.ring is None:
            raise error
        self.ring = self.build(self.snapshot, now)
        return self.ring

    def build(self, snapshot: Snapshot, now: datetime) -> Ring:
        # Threads read the clock a moment before they get here, so a ring holds for a little earlier too.
        return snapshot.ring(now, since=now - _FRESH, until=now + _FRESH, again=partial(self.missed, now))

    def missed(self, now: datetime) -> RingKeys:
        """The keys after a fresh look, for an unknown kid; strangers can cause one look a second and no more."""
        if time.monotonic() - self.missed_at >= _SECONDS_BETWEEN_MISSES and self.lock.acquire(blocking=False):
            try:
                self.missed_at = time.monotonic()
                return self.read(now).verification_keys
            finally:
                self.lock.release()
        return self.ring.verification_keys if self.ring else RingKeys({})


def _rows(now: datetime) -> tuple[SigningKey, ...]:
    """JWKS is answered outside Django's request cycle, which otherwise cares for the connection."""
    if connection.in_atomic_block:
        return tuple(rotation.ensure_schedule(now))
    connection.close_if_unusable_or_obsolete()
    try:
        return tuple(rotation.ensure_schedule(now))
    except DatabaseFailure:
        connection.close()
        raise


def _inside_a_transaction() -> bool:
    """Whether a transaction of ours is open. The one that Django's TestCase wraps around a test is not ours."""
    return any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)


_process = _Process()


def _after_fork() -> None:
    """gunicorn's preload: the ring is inherited, a lock that some thread of the parent held is not."""
    _process.lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)


def ring(now: datetime) -> Ring:
    """The ring of this process at `now`."""
    current = _process.ring
    return current if current is not None and current.covers(now) else _process.renew(now)


def forget() -> None:
    """Reads anew at the next use, as a fresh process would: for what has just changed keys, and for tests."""
    global _process
    _process = _Process()
