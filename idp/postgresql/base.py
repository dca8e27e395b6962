"""Django reads each point in time that PostgreSQL answers by a regular expression in Python: here C does it.

A sign-in at an app reads fourteen. The results are Django's own; tests/ops/test_postgresql.py holds the two against
each other.
"""

from datetime import UTC, datetime
from typing import Any

from django.db.backends.postgresql import base
from psycopg.abc import Buffer
from psycopg.adapt import Loader


class Moment(Loader):
    """`timestamptz` as text, which is ISO 8601 with the offset of the connection's time zone."""

    timezone = UTC  # a connection in another has Django's own

    def load(self, data: Buffer) -> datetime:
        return datetime.fromisoformat(str(data, "ascii"))


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.adapters.register_loader("timestamptz", Moment)
        return connection
