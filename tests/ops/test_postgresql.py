"""Our PostgreSQL backend gives what Django's gives."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from django.db import ConnectionHandler
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
