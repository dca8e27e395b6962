"""The password hash: Argon2id at OWASP's parameters, no more at once than memory allows (S-100)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import Argon2PasswordHasher

MEMORY_AT_ONCE = 128 * 1024  # KiB a process


class Argon2id(Argon2PasswordHasher):
    """t=2, m=19 MiB, p=1. A hash made with other parameters is verified, and made anew at the next login."""

    time_cost = 2
    memory_cost = 19456
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with _turn():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _turn():
            return super().verify(password, encoded)


_turns = threading.BoundedSemaphore(MEMORY_AT_ONCE // Argon2id.memory_cost)


@contextmanager
def _turn() -> Iterator[None]:
    with _turns:
        yield
