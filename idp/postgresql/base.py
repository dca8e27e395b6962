"""Django's PostgreSQL backend, but for two things that are slow where requests come by the hundred.

Points in time are read by C, where Django has a regular expression (a sign-in at an app reads fourteen). And
statements that come again are prepared and executed by calls of libpq, where psycopg's cursors are Python. What
they give is Django's own: tests/ops/test_postgresql.py holds the two against each other.
"""

import re
import select
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

from django.db.backends.postgresql import base
from psycopg import Connection, Cursor, errors
from psycopg.abc import Buffer
from psycopg.adapt import Loader, PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus

Result = TypeVar("Result")
MOST = 100  # statements that one connection has prepared by us, as psycopg has it: some are for a number of values
Answer = tuple[Sequence[Sequence[Any]], int]  # the rows, and how many there are or were changed


class Moment(Loader):
    """`timestamptz` as text, which is ISO 8601 with the offset of the connection's time zone."""

    timezone = UTC  # a connection in another has Django's own

    def load(self, data: Buffer) -> datetime:
        return datetime.fromisoformat(str(data, "ascii"))


class Statement:
    """One that a connection has met: prepared once for each combination of types that its values have."""

    _numbers = count()

    def __init__(self, connection: "Connection[Any]", sql: str) -> None:
        number = count(1)
        self._sql = re.sub("%(s|%)", lambda mark: f"${next(number)}" if mark[1] == "s" else "%", sql).encode()
        self._server = connection.pgconn
        self._adapt = Transformer(connection)
        self._names: dict[tuple[int, ...], bytes] = {}

    def bind(self, values: Sequence[Any]) -> tuple[bytes, Sequence[Any]]:
        """Its name for values of these types, and they as the server reads them."""
        given = self._adapt.dump_sequence(values, [PyFormat.TEXT] * len(values))
        types = self._adapt.types or ()
        if types not in self._names:
            name = b"signet_%d" % next(self._numbers)
            _checked(self._server, self._server.prepare(name, self._sql, types))
            self._names[types] = name
        return self._names[types], given

    def run(self, values: Sequence[Any]) -> Answer:
        result = _checked(self._server, self._server.exec_prepared(*self.bind(values)))
        if result.status == ExecStatus.COMMAND_OK:
            return (), result.command_tuples or 0
        self._adapt.set_pgresult(result)
        return self._adapt.load_rows(0, result.ntuples, tuple), result.ntuples


def _checked(server: Any, result: Any) -> Any:
    if result is not None and result.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        return result
    if server.status != ConnStatus.OK:  # then no code says what it was
        raise errors.OperationalError(server.get_error_message())
    raise errors.error_from_result(result)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.adapters.register_loader("timestamptz", Moment)
        self._statements: dict[str, Statement] = {}
        return connection

    def run(self, sql: str, values: Sequence[Any]) -> Answer:
        """As a cursor would, for what comes again and again; no log of queries has it."""
        self.ensure_connection()
        with self.wrap_database_errors:
            if self._may_prepare(sql):
                return self._again(lambda: self._statement(sql).run(values))
            with Cursor(self.connection) as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall() if cursor.description else (), cursor.rowcount

    def run_together(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> int:
        """All or nothing, in one journey, each seeing what was before it; how many rows the last one changed."""
        self.ensure_connection()
        if not self.queries_logged and self._may_prepare(*(sql for sql, _ in statements)):
            with self.wrap_database_errors:
                return self._again(lambda: self._in_a_row(statements))
        with self.cursor() as cursor:  # which puts the values into the text, so that it may hold several
            every = [value for _, values in statements for value in values]
            cursor.execute(";\n".join(sql for sql, _ in statements), every)
            while cursor.nextset():
                pass
            return int(cursor.rowcount)

    def _may_prepare(self, *statements: str) -> bool:
        """Not in a transaction, which psycopg's cursors begin, nor where a pooler hands out the connection."""
        if not self.connection.autocommit or self.connection.prepare_threshold is None:
            return False
        return len(self._statements) < MOST or all(sql in self._statements for sql in statements)

    def _statement(self, sql: str) -> Statement:
        found = self._statements.get(sql)
        if found is None:
            found = self._statements[sql] = Statement(self.connection, sql)
        return found

    def _again(self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        except errors.InvalidSqlStatementName:  # psycopg drops all of a connection after a rollback
            self._statements.clear()
            return work()

    def _in_a_row(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> int:
        """A pipeline of libpq: up to its end, PostgreSQL has it as one transaction."""
        server, results = self.connection.pgconn, []
        bound = [self._statement(sql).bind(values) for sql, values in statements]
        server.enter_pipeline_mode()
        try:
            for name, given in bound:
                server.send_query_prepared(name, given)
            server.pipeline_sync()
            while server.status == ConnStatus.OK:
                result = _next(server)  # None after each statement's own
                if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
                    break
                results += [result] if result else []
        finally:
            server.exit_pipeline_mode()
        for result in results or [None]:
            _checked(server, result)
        return results[-1].command_tuples or 0


def _next(server: Any) -> Any:
    """Waits by itself: of libpq's calls, psycopg keeps Python's lock in this one, and who holds what it waits for
    may be a thread of ours.
    """
    poller = select.poll()
    poller.register(server.socket, select.POLLIN)
    while server.is_busy():
        poller.poll()
        server.consume_input()
    return server.get_result()
