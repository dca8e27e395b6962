"""One process at a time sets up a database: nodes that start together wait for the first (R-11)."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

_LOCK = 0x5169_6E65  # "Signe", among PostgreSQL's advisory locks of this database


@contextmanager
def one_at_a_time() -> Iterator[None]:
    with _postgresql() if connection.vendor == "postgresql" else _file():
        yield


@contextmanager
def _postgresql() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:  # a connection that breaks lets go of it too
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


@contextmanager
def _file() -> Iterator[None]:
    settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.DATA_DIR / "setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
