"""The database: is it up to date, and set as the code relies on (docs/production.md; R-02, R-07)."""

import os
from collections.abc import Iterator

from django.db import connection

from idp.diagnosis.finding import Asked, Finding
from idp.health import unapplied_migrations

OLDEST_POSTGRESQL = 14  # Django 5.2
CONNECTIONS_A_PROCESS = 5  # four threads, and the one that tells apps of sign-outs
ABOUT = "database"


def check(asked: Asked) -> Iterator[Finding]:
    if unapplied_migrations():
        yield Finding("error", ABOUT, "It lacks migrations.", "manage.py migrate")
    yield from ENGINES[connection.vendor]()


def _sqlite() -> Iterator[Finding]:
    if (mode := _value("PRAGMA journal_mode")) != "wal":
        yield Finding(
            "error",
            ABOUT,
            f"SQLite's journal is {mode}, not wal: readers and the writer would wait for each other.",
            "Keep the file on a local disk: WAL does not work on a network's. Then start again.",
        )
    if int(_value("PRAGMA busy_timeout")) < 5000:
        yield Finding(
            "warning",
            ABOUT,
            "SQLite gives up on a lock in under five seconds.",
            "Take `timeout` out of the URL.",
        )
    if _value("PRAGMA foreign_keys") != "1":
        yield Finding("error", ABOUT, "SQLite does not hold foreign keys.", "Use the settings as they ship.")


def _postgresql() -> Iterator[Finding]:
    version = int(_value("SHOW server_version_num")) // 10000
    if version < OLDEST_POSTGRESQL:
        yield Finding(
            "error",
            ABOUT,
            f"PostgreSQL {version} is too old.",
            f"Upgrade it to {OLDEST_POSTGRESQL} or later.",
        )
    if (encoding := _value("SHOW server_encoding")) != "UTF8":
        yield Finding(
            "error", ABOUT, f"Its encoding is {encoding}.", "Create the database with encoding UTF8."
        )
    if _value("SHOW synchronous_commit") == "off":
        yield Finding(
            "error",
            ABOUT,
            "synchronous_commit is off: a crash could take back what an app was told, such as a sign-out.",
            "ALTER DATABASE … SET synchronous_commit = on",
        )
    if _value("SHOW transaction_read_only") == "on":
        yield Finding(
            "error",
            ABOUT,
            "It only reads: a replica, or default_transaction_read_only.",
            "Connect to the primary.",
        )
    yield from _connections()


def _connections() -> Iterator[Finding]:
    """For one node of this machine's size; each keeps its connections open."""
    room = int(_value("SHOW max_connections")) - int(_value("SHOW superuser_reserved_connections"))
    wanted = min(len(os.sched_getaffinity(0)), 8) * CONNECTIONS_A_PROCESS
    if wanted > room:
        yield Finding(
            "warning",
            ABOUT,
            f"A node of this machine's size opens up to {wanted} connections, and PostgreSQL takes {room} in all.",
            f"Raise max_connections above {wanted} for each node, or start fewer processes (WEB_CONCURRENCY).",
        )


ENGINES = {"sqlite": _sqlite, "postgresql": _postgresql}


def _value(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return str(cursor.fetchone()[0])
