"""The password hash: Argon2id at OWASP's parameters, one at a time in a process, in a thread of its own (S-100).

The server has as many processes as cores, so more at once would only wait for one another, each with 19 MiB of its
own. That memory stays with the process while people sign in and goes back to the system when nobody has for a while.
"""

import base64
import ctypes
import os
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from argon2.low_level import ARGON2_VERSION
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils.crypto import constant_time_compare

from accounts.argon2id import Memory

Result = TypeVar("Result")
Job = tuple[Callable[[], Any], "Future[Any]"]
KIB = 19456
IDLE = 1.0  # seconds
_LENGTH, _LENGTH_64 = 32, 43  # of a hash, in bytes as argon2-cffi's default, and in base64 without padding
_M_ARENA_MAX = -8  # of glibc's malloc.h


class Argon2id(Argon2PasswordHasher):
    """t=2, m=19 MiB, p=1. A hash made with other parameters is verified, and made anew at the next login."""

    time_cost = 2
    memory_cost = KIB
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        return _in_turn(lambda: self._encoded(password, salt.encode()))

    def verify(self, password: str, encoded: str) -> bool:
        salt64, _, hash64 = encoded.removeprefix(self._prefix).partition("$")
        if not encoded.startswith(self._prefix) or len(hash64) != _LENGTH_64:  # made elsewhere
            return _in_turn(lambda: super(Argon2id, self).verify(password, encoded))
        salt = base64.b64decode(salt64 + "==")
        return constant_time_compare(_in_turn(lambda: self._encoded(password, salt)), encoded)

    def _encoded(self, password: str, salt: bytes) -> str:
        hashed = _memory(os.getpid()).hash(
            password.encode(),
            salt,
            passes=self.time_cost,
            kib=self.memory_cost,
            lanes=self.parallelism,
            length=_LENGTH,
        )
        return f"{self._prefix}{_unpadded(salt)}${_unpadded(hashed)}"

    @property
    def _prefix(self) -> str:
        """As Django stores it: its name for the algorithm, then the string of the reference implementation."""
        parameters = f"m={self.memory_cost},t={self.time_cost},p={self.parallelism}"
        return f"{self.algorithm}$argon2id$v={ARGON2_VERSION}${parameters}$"


def _unpadded(value: bytes) -> str:
    return base64.b64encode(value).decode().rstrip("=")


@cache
def _memory(process: int) -> Memory:
    """This process's own: a fork shares none."""
    return Memory(KIB)


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
    """To the system: the memory of hashes, and what the allocator keeps and nobody uses, where it is glibc's."""
    _memory(os.getpid()).give_back()
    if trim := getattr(_libc, "malloc_trim", None):
        trim(0)


_libc = ctypes.CDLL(None)
# One pool of memory for all threads: glibc gives nothing back of those that belong to single threads.
if mallopt := getattr(_libc, "mallopt", None):
    mallopt(_M_ARENA_MAX, 1)
