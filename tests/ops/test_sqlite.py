"""Our SQLite backend gives what Django's gives, and asks its expression only once."""

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import connection
from django.db.backends.sqlite3 import base as djangos

from idp.sqlite import base

pytestmark = pytest.mark.engines  # about one of them

DJANGOS = djangos.DatabaseWrapper(connection.settings_dict).ops if connection.vendor == "sqlite" else None
NOON = datetime(2026, 11, 25, 12, 0, 0, 123456)


def test_it_is_the_one_in_use():
    assert isinstance(connection.ops, base.DatabaseOperations)


@pytest.mark.parametrize(
    "value",
    [None, NOON.replace(tzinfo=UTC), NOON.replace(microsecond=0, tzinfo=UTC),
     NOON.replace(tzinfo=timezone(timedelta(hours=-5)))],
)  # fmt: skip
def test_a_time_is_stored_as_django_stores_it(value: datetime | None):
    assert connection.ops.adapt_datetimefield_value(value) == DJANGOS.adapt_datetimefield_value(value)


@pytest.mark.parametrize("stored", [None, NOON, "2026-11-25 12:00:00.123456"])
def test_a_time_is_read_as_django_reads_it(stored: object):
    ours, theirs = (
        ops.convert_datetimefield_value(stored, None, connection) for ops in (connection.ops, DJANGOS)
    )
    assert ours == theirs
    assert ours is None or ours.utcoffset() == timedelta(0)


@pytest.mark.parametrize("stored", [None, uuid.uuid4().hex])
def test_a_uuid_is_read_as_django_reads_it(stored: str | None):
    ours = connection.ops.convert_uuidfield_value(stored, None, connection)
    assert ours == DJANGOS.convert_uuidfield_value(stored, None, connection)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sql", "params", "row"),
    [
        ("SELECT %s, '100%%', %s", ["a", 2], ("a", "100%", 2)),
        ("SELECT %(a)s, '100%%', %(b)s", {"a": "a", "b": 2}, ("a", "100%", 2)),
        ("SELECT '100%'", None, ("100%",)),
    ],
)
def test_placeholders_and_percent_signs_stay_what_they_are(sql: str, params: object, row: tuple):
    for _ in range(2):  # once made, once remembered
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            assert cursor.fetchone() == row
