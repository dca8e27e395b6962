"""The thread of a serving process that empties the outbox: woken after a commit, and by itself now and then.

Nobody's sign-out waits for it. It starts with the first request, so after gunicorn's fork; commands and tests have
none. All nodes may have one: `outbox.claim` keeps them apart.
"""

import logging
import os
import random
import threading

from django.db import DatabaseError, connections
from django.utils import timezone

from idp.logout.backchannel import deliver_next

LOOK_EVERY = 15.0  # seconds: what waits for another try, or was left by a process that ended
log = logging.getLogger(__name__)


class Courier:
    def __init__(self) -> None:
        self._process = 0
        self._starting = threading.Lock()
        self._work = threading.Event()

    def start(self) -> None:
        """Has a thread in this very process; a forked one has lost its parent's."""
        if self._process == os.getpid():
            return
        with self._starting:
            if self._process != os.getpid():
                self._process, self._work = os.getpid(), threading.Event()
                threading.Thread(target=self._run, name="logout-courier", daemon=True).start()

    def wake(self) -> None:
        self._work.set()

    def _run(self) -> None:
        while True:
            self._work.clear()
            _empty()
            self._work.wait(LOOK_EVERY * random.uniform(0.8, 1.2))  # noqa: S311  nodes drift apart


def _empty() -> None:
    try:
        while deliver_next(timezone.now()):
            pass
    except DatabaseError as error:
        log.error("logout notices wait: %s", type(error).__name__)
    except Exception:
        log.exception("logout notices wait")
    finally:
        connections.close_all()  # this thread's; it is idle for long


_courier = Courier()
start, wake = _courier.start, _courier.wake
