"""The password hash: Argon2id at OWASP's parameters, one at a time in a process, in a thread of its own (S-100).

The server has as many processes as cores, so more at once would only wait for one another, each with 19 MiB of its
own. That memory stays with the process while people sign in, for fetching it anew costs half as much as the hash,
and goes back to the system when nobody has for a while.
"""

import ctypes
import os
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from django.contrib.auth.hashers import Argon2PasswordHasher

Result = TypeVar("Result")
Job = tuple[Callable[[], Any], "Future[Any]"]
IDLE = 1.0  # seconds
_M_ARENA_MAX = -8  # of glibc's malloc.h


class Argon2id(Argon2PasswordHasher):
    """t=2, m=19 MiB, p=1. A hash made with other parameters is verified, and made anew at the next login."""

    time_cost = 2
    memory_cost = 19456
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        return _in_turn(lambda: super(Argon2id, self).encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        return _in_turn(lambda: super(Argon2id, self).verify(password, encoded))


def _in_turn(hashing: Callable[[], Result]) -> Result:
    done: Future[Result] = Future()
    _jobs(os.getpid()).put((hashing, done))
    return done.result()


@cache
def _jobs(process: int) -> "SimpleQueue[Job]":
    """The queue of this process's thread: a fork takes no thread along."""
    jobs: SimpleQueue[Job] = SimpleQueue()
    Thread(target=_work, args=(jobs,), name="password", daemon=True).start()
    return jobs


def _work(jobs: "SimpleQueue[Job]") -> None:
    used = False
    while True:
        try:
            hashing, done = jobs.get(timeout=IDLE if used else None)
        except Empty:
            used = False
            give_back()
            continue
        used = True
        try:
            done.set_result(hashing())
        except BaseException as error:
            done.set_exception(error)
        del hashing, done  # neither the password nor the answer stays with an idle thread


def give_back() -> None:
    """What the allocator keeps and nobody uses, to the system; where it is glibc's."""
    if trim := getattr(_libc, "malloc_trim", None):
        trim(0)


_libc = ctypes.CDLL(None)
# One pool of memory for all threads: glibc gives nothing back of those that belong to single threads.
if mallopt := getattr(_libc, "mallopt", None):
    mallopt(_M_ARENA_MAX, 1)
