"""/livez says that the process answers; /readyz that it can do its work, and if not, why."""

from datetime import datetime, timedelta

from django.db import Error as DatabaseFailure
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from idp import probe
from keys import selftest

REMEMBERED = timedelta(seconds=5)  # probes of several load balancers cost one look


@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """No look at the database: a node whose database is away needs no restart."""
    return _uncached(JsonResponse({"alive": True}))


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    problems = _readiness.problems(timezone.now())
    answer = {"ready": not problems, "problems": problems, **probe.seen(request)}
    return _uncached(JsonResponse(answer, status=503 if problems else 200))


def _uncached(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


class Readiness:
    """What is wrong: the database is asked each time, the keys are tested at most every five seconds."""

    def __init__(self) -> None:
        self.keys: tuple[datetime, list[str]] | None = None
        self.migrated = False

    def problems(self, now: datetime) -> list[str]:
        try:
            if not self.migrated and unapplied_migrations():
                return ["the database lacks migrations: manage.py migrate"]
            self.migrated = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            return self._of_keys(now)
        except DatabaseFailure:
            return ["the database does not answer"]

    def _of_keys(self, now: datetime) -> list[str]:
        if self.keys is None or not timedelta(0) <= now - self.keys[0] < REMEMBERED:
            self.keys = now, selftest.self_test(now)
        return self.keys[1]


def unapplied_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


_readiness = Readiness()
