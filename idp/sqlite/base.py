"""What Django does around each SQLite statement costs several times the statement: here without that.

Its `%s` are made `?` by a regular expression at each execution, and each point in time and UUID goes through
settings and parsers. The results are Django's own; tests/ops/test_sqlite.py holds the two against each other.
"""

import uuid
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.operations import DatabaseOperations as DjangosOperations

_uuid = lru_cache(maxsize=4096)(uuid.UUID)


class Cursor(base.SQLiteCursorWrapper):
    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        return (
            _converted(query)
            if param_names is None
            else super().convert_query(query, param_names=param_names)
        )


@lru_cache(maxsize=512)
def _converted(query: str) -> str:
    return str(base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%"))


class DatabaseOperations(DjangosOperations):
    """Times are kept in UTC and UUIDs as hex, as Django does."""

    def convert_datetimefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC)
        return super().convert_datetimefield_value(value, expression, connection)

    def adapt_datetimefield_value(self, value: Any) -> str | None:
        if isinstance(value, datetime) and value.tzinfo is UTC:
            return str(value.replace(tzinfo=None))
        return super().adapt_datetimefield_value(value)

    def convert_uuidfield_value(
        self, value: str | None, expression: Any, connection: Any
    ) -> uuid.UUID | None:
        return None if value is None else _uuid(value)


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations

    def create_cursor(self, name: str | None = None) -> Cursor:
        return self.connection.cursor(factory=Cursor)  # type: ignore[no-any-return]
