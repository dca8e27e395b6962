"""Our PostgreSQL backend gives what Django's gives."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import ConnectionHandler, IntegrityError, OperationalError
from pytest_django.plugin import DjangoDbBlocker

from idp.database import database
from idp.postgresql import base
from tests.live.postgres import Postgres

pytestmark = pytest.mark.engines  # about one of them

NOON = datetime(2026, 11, 25, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(scope="module")
def connections(postgres: Postgres, django_db_blocker: DjangoDbBlocker) -> Iterator[ConnectionHandler]:
    """`default` as our settings have it, and Django's own."""
    ours = database(postgres.url("postgres"), Path())
    handler = ConnectionHandler(
        {"default": ours, "djangos": {**ours, "ENGINE": "django.db.backends.postgresql"}}
    )
    with django_db_blocker.unblock():
        yield handler
        handler.close_all()


def test_it_is_the_one_in_use(connections: ConnectionHandler):
    assert isinstance(connections["default"], base.DatabaseWrapper)
    assert connections["default"].vendor == "postgresql"


@pytest.mark.parametrize(
    "value",
    [
        None,
        NOON,
        NOON.replace(microsecond=500000),  # said as .5
        NOON.replace(microsecond=1),
        NOON.replace(microsecond=0),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        NOON.astimezone(timezone(timedelta(hours=-5, minutes=-30))),
    ],
)
def test_a_time_is_read_as_django_reads_it(connections: ConnectionHandler, value: datetime | None):
    found = []
    for name in connections:
        with connections[name].cursor() as cursor:
            cursor.execute("SELECT %s::timestamptz", [value])
            found.append(cursor.fetchone()[0])
    assert found == [value, value]
    assert value is None or {each.tzinfo for each in found} == {UTC}


# --- `run` and `run_together` ---------------------------------------------------------------------------


@pytest.fixture
def ours(connections: ConnectionHandler) -> Iterator[Any]:
    """With a table of one key, `kept`."""
    ours = connections["default"]
    ours.run("CREATE TABLE kept (id text PRIMARY KEY, number bigint)", [])
    yield ours
    ours.close()
    with ours.cursor() as cursor:
        cursor.execute("DROP TABLE kept")


@contextmanager
def another(ours: Any) -> Iterator[Any]:
    """A cursor of another connection to the same database."""
    other = ours.copy()
    with other.cursor() as cursor:
        yield cursor
    other.close()


def prepared(ours: Any) -> int:
    with ours.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'signet%%'")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize(
    "values",
    [
        ["Alice ☃", "x' OR '1'='1", ""],
        [None, NOON, True],
        [1, 40_000, 5_000_000_000],
        [UUID(int=1), timedelta(days=1, seconds=1), 0.1],
    ],
)
def test_a_statement_gives_the_rows_of_djangos_cursor(
    connections: ConnectionHandler, ours: Any, values: list[Any]
):
    casts = {
        int: "bigint",
        type(None): "text",
        float: "float8",
        datetime: "timestamptz",
        timedelta: "interval",
    }
    columns = ", ".join(
        f"%s::{casts.get(type(value), type(value).__name__.lower().replace('str', 'text'))}"
        for value in values
    )
    sql = f"SELECT {columns}, '{{\"a\": [1]}}'::jsonb, 5 %% 3 UNION ALL SELECT {columns}, NULL, 2"
    with connections["djangos"].cursor() as cursor:
        cursor.execute(sql, values * 2)
        expected = cursor.fetchall()
    assert [ours.run(sql, values * 2) for _ in range(3)] == [(expected, 2)] * 3
    assert prepared(ours) > 0


def test_values_of_other_types_are_prepared_anew(ours: Any):
    assert [ours.run("SELECT %s + 1", [number])[0][0][0] for number in (1, 40_000, 3_000_000_000, 2)] == [
        2,
        40_001,
        3_000_000_001,
        3,
    ]


ADD, READ = "INSERT INTO kept VALUES (%s, %s)", "SELECT id FROM kept ORDER BY id"


def test_how_many_rows_were_changed(ours: Any):
    change = "UPDATE kept SET number = %s WHERE number < %s"
    assert [ours.run(ADD, [name, 1]) for name in "ab"] == [((), 1)] * 2
    assert [ours.run(change, [2, 2]) for _ in range(2)] == [((), 2), ((), 0)]


def test_what_is_refused_is_djangos_error_and_the_next_goes_on(ours: Any):
    ours.run(ADD, ["a", 1])
    with pytest.raises(IntegrityError, match="kept_pkey"):
        ours.run(ADD, ["a", 1])
    assert ours.run(ADD, ["b", 1]) == ((), 1)


def test_several_are_all_or_nothing_and_the_rows_of_the_last_are_told(ours: Any):
    change = "UPDATE kept SET number = number + %s"
    assert ours.run_together([(ADD, ["a", 1]), (ADD, ["b", None]), (change, [1])]) == 2
    with pytest.raises(IntegrityError, match="kept_pkey"):
        ours.run_together([(ADD, ["c", 1]), (ADD, ["a", 1]), (change, [1])])
    assert ours.run(READ, [])[0] == [("a",), ("b",)]
    assert ours.run("SELECT number FROM kept WHERE number IS NOT NULL", [])[0] == [(2,)]
    assert prepared(ours) > 0


def test_several_in_a_transaction_are_part_of_it(ours: Any):
    ours.set_autocommit(False)
    assert ours.run_together([(ADD, ["a", 1]), (ADD, ["b", 1])]) == 1
    ours.rollback()
    ours.set_autocommit(True)
    assert ours.run(READ, [])[1] == 0


@pytest.mark.parametrize("answers", [True, False])
def test_several_by_a_connection_that_broke_are_an_operational_error(ours: Any, answers: bool):
    ((pid,),), _ = ours.run("SELECT pg_backend_pid()", [])
    if answers:
        ours.run_together([(ADD, ["a", 1])])  # prepared before
    with another(ours) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    for _ in range(2):
        with pytest.raises(OperationalError):
            ours.run_together([(ADD, ["b", 1]), (ADD, ["c", 1])])
    ours.close_if_unusable_or_obsolete()
    assert ours.run(READ, [])[1] == int(answers)


def test_in_a_transaction_it_is_part_of_it_and_after_a_rollback_it_goes_on(ours: Any):
    ours.run(ADD, ["a", 1])
    ours.set_autocommit(False)
    ours.run(ADD, ["b", 1])
    assert ours.run(READ, [])[1] == 2
    ours.rollback()
    ours.set_autocommit(True)
    assert ours.run(READ, [])[1] == 1
    with ours.cursor() as cursor:  # as psycopg does after a rollback when it has prepared something itself
        cursor.execute("DEALLOCATE ALL")
    assert ours.run(ADD, ["c", 1]) == ((), 1)
    with ours.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert ours.run_together([(ADD, ["d", 1]), (ADD, ["e", 1])]) == 1
    assert ours.run(READ, [])[0] == [("a",), ("c",), ("d",), ("e",)]


def test_a_connection_that_broke_is_an_operational_error_and_the_next_is_new(ours: Any):
    read = "SELECT pg_backend_pid()"
    ((pid,),), _ = ours.run(read, [])
    with another(ours) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    for _ in range(2):  # the server's last word, then none
        with pytest.raises(OperationalError):
            ours.run(read, [])
    ours.close_if_unusable_or_obsolete()
    assert ours.run(read, [])[1] == 1


def test_without_a_threshold_nothing_is_prepared(postgres: Postgres, connections: ConnectionHandler):
    pooled = database(f"{postgres.url('postgres')}&prepare_threshold=none", Path())
    other = connections["default"].__class__({**connections["default"].settings_dict, **pooled})
    assert [other.run("SELECT %s::int", [1]) for _ in range(5)] == [([(1,)], 1)] * 5
    assert prepared(other) == 0
    other.close()


def test_a_connection_keeps_so_many_and_no_more(ours: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(base, "MOST", 3)
    for number in range(1, 6):
        values = list(range(number))
        assert ours.run(f"SELECT {', '.join(['%s::int'] * number)}", values) == ([tuple(values)], 1)
    assert prepared(ours) == 3
    assert ours.run_together([(ADD, ["a", 1]), (ADD, ["b", 1])]) == 1
    assert prepared(ours) == 3


@pytest.mark.parametrize("how", ["preparing", "running", "several"])
def test_other_threads_run_while_one_waits_for_a_lock(ours: Any, how: str):
    """What it waits for may be held by one of them: they would wait for each other for ever."""
    waiting = ours.copy()
    waiting.inc_thread_sharing()
    if how != "preparing":
        waiting.run(ADD, ["a", 1])
    ours.set_autocommit(False)
    ours.run("LOCK TABLE kept", [])

    def wait() -> None:
        if how == "several":
            waiting.run_together([(ADD, ["b", 1]), (ADD, ["c", 1])])
        else:
            waiting.run(ADD, ["b", 1])
        waiting.close()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    time.sleep(0.3)
    with another(ours) as other:
        other.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        assert other.fetchone()[0] == 1
    ours.commit()
    ours.set_autocommit(True)
    thread.join(5)
    assert not thread.is_alive()
    assert ours.run(READ, [])[1] == {"preparing": 1, "running": 2, "several": 3}[how]
