"""What an operator should know of: one finding each, from checks that look at the running installation.

A new check is a function and a row of CHECKS. `manage.py doctor` prints them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.conf import settings
from django.core import checks
from django.db import Error as DatabaseFailure

from idp.clients.risks import risks
from idp.health import unapplied_migrations
from idp.models import Client
from keys import selftest


@dataclass(frozen=True)
class Finding:
    """`error` keeps Signet from doing its work, `warning` weakens it; `mend` says what to do."""

    level: Literal["error", "warning"]
    about: str
    what: str
    mend: str


def _database(now: datetime) -> Iterator[Finding]:
    if unapplied_migrations():
        yield Finding("error", "database", "It lacks migrations.", "manage.py migrate")


def _settings(now: datetime) -> Iterator[Finding]:
    for message in checks.run_checks(include_deployment_checks=not settings.LOCAL):
        if not message.is_silenced() and message.level >= checks.WARNING:
            level: Literal["error", "warning"] = "error" if message.level >= checks.ERROR else "warning"
            yield Finding(level, f"settings ({message.id})", message.msg, message.hint or "")


def _keys(now: datetime) -> Iterator[Finding]:
    for problem in selftest.self_test(now):
        yield Finding("error", "keys", problem, "docs/production.md, When a signing key may have leaked")


def _apps(now: datetime) -> Iterator[Finding]:
    """What an admin let an app do that RFC 9700 advises against, though OpenID Connect has it."""
    for client in Client.objects.filter(enabled=True).prefetch_related("secrets").order_by("name"):
        for risk in risks(client, now):
            yield Finding(
                "warning", f"app {client.name} ({client.client_id})", risk, f"client show {client.client_id}"
            )


CHECKS: tuple[Callable[[datetime], Iterator[Finding]], ...] = (_database, _settings, _keys, _apps)


def findings(now: datetime) -> list[Finding]:
    """Of all checks; a database that is away is the only finding then."""
    try:
        return [finding for check in CHECKS for finding in check(now)]
    except DatabaseFailure as error:
        return [
            Finding("error", "database", f"It does not answer: {type(error).__name__}.", "IDP_DATABASE_URL")
        ]
