"""What stands at an address of somebody else's: kept for a while, fetched again when it is old or lacks what is sought.

An address that fails, or that is asked without end for what it has not, costs a few fetches a minute and no more.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from idp.clients.bounds import Share
from idp.outbound import Busy, Unreachable

MAX_AGE = timedelta(hours=1)
LONGEST_STALE = timedelta(hours=24)  # while the address does not answer
PAUSE_AFTER_FAILURE = timedelta(seconds=30)
LONGEST_WAIT = 1.0  # seconds after another thread began to fetch
MOST_IN_WINDOW = 5

Value = TypeVar("Value")
Chosen = TypeVar("Chosen")


class Remote(Generic[Value]):
    """One address; one thread fetches at a time, the others wait a moment for what it finds.

    Strangers can have an address asked, so a slow one may hold one thread, and never all (S-014).
    `fetch` may raise Unreachable.
    """

    def __init__(self, fetch: Callable[[], Value]) -> None:
        self._fetch = fetch
        self._known: tuple[Value, datetime] | None = None
        self._share = Share(MOST_IN_WINDOW)
        self._failed_at: datetime | None = None
        self._lock = threading.Lock()
        self._began: float | None = None  # of the fetch that goes on

    def find(
        self, choose: Callable[[Value], Chosen], now: datetime, age: timedelta = MAX_AGE
    ) -> Chosen | None:
        """Of what is at most `age` old while the address answers; fetched anew where nothing is chosen."""
        seen = self._known
        chosen = self._chosen(choose, age, now)
        if chosen is None:
            self._renew(now, seen)
            chosen = self._chosen(choose, LONGEST_STALE, now)
        return chosen

    def _chosen(self, choose: Callable[[Value], Chosen], age: timedelta, now: datetime) -> Chosen | None:
        if self._known is None:
            return None
        value, read_at = self._known
        return None if read_at <= now - age else choose(value)

    def _renew(self, now: datetime, seen: tuple[Value, datetime] | None) -> None:
        """Fetches, unless another thread did since `seen`, or the address has had its share."""
        began = self._began
        left = LONGEST_WAIT if began is None else max(0.0, began + LONGEST_WAIT - time.monotonic())
        if not self._lock.acquire(timeout=left):
            return
        try:
            if self._known is not seen or not self._may_fetch(now):
                return
            self._began = time.monotonic()
            self._known, self._failed_at = (self._fetch(), now), None
        except Busy:
            self._share.give_back()
        except Unreachable:
            self._failed_at = now
        finally:
            self._began = None
            self._lock.release()

    def _may_fetch(self, now: datetime) -> bool:
        if self._failed_at is not None and now - self._failed_at < PAUSE_AFTER_FAILURE:
            return False
        return self._share.take(now)
