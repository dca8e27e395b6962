"""The password hash: Argon2id at OWASP's parameters, one at a time in a process (S-100).

The server has as many processes as cores, so more at once would only wait for one another, each with 19 MiB of
its own. They run in a thread of their own, for the allocator keeps that memory for each thread that ever used it.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from django.contrib.auth.hashers import Argon2PasswordHasher

Result = TypeVar("Result")


class Argon2id(Argon2PasswordHasher):
    """t=2, m=19 MiB, p=1. A hash made with other parameters is verified, and made anew at the next login."""

    time_cost = 2
    memory_cost = 19456
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        return _in_turn(lambda: super(Argon2id, self).encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        return _in_turn(lambda: super(Argon2id, self).verify(password, encoded))


@cache
def _thread(process: int) -> ThreadPoolExecutor:
    """A fork takes no thread along, so each process starts its own."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")


def _in_turn(hashing: Callable[[], Result]) -> Result:
    return _thread(os.getpid()).submit(hashing).result()
