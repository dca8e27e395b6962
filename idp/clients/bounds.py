"""Bounds on what strangers can make one process keep and do for an app."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

KEPT = 1000
WINDOW = timedelta(minutes=1)

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """The last KEPT values, by key."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str], make: Callable[[], Value]) -> Value:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            if len(self._kept) >= KEPT:
                self._kept.popitem(last=False)
            return self._kept.setdefault(key, make())


class Share:
    """So many times in a window."""

    def __init__(self, most: int, window: timedelta = WINDOW) -> None:
        self._window = window
        self._taken: deque[datetime] = deque(maxlen=most)
        self._lock = threading.Lock()

    def take(self, now: datetime) -> bool:
        """Whether there is one left, which is gone then."""
        with self._lock:
            if len(self._taken) == self._taken.maxlen and now - self._taken[0] < self._window:
                return False
            self._taken.append(now)
            return True

    def give_back(self) -> None:
        """The last one that was taken, for it was not used."""
        with self._lock:
            self._taken.pop()
