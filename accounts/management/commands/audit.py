"""`manage.py audit verify|export|tail`: the audit log for people without a browser, and for other systems."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware

from accounts import audit
from accounts.models import AuditEvent


class Command(BaseCommand):
    help = "Checks the chain of the audit log, exports it, or shows its end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        verify = actions.add_parser("verify", help="recompute every hash; fails at a gap or a change")
        export = actions.add_parser("export", help="all events, the oldest first, one JSON object a line")
        export.add_argument("--since", type=_moment, help="only from this time on: 2026-01-31T12:00:00Z")
        tail = actions.add_parser("tail", help="the newest events")
        tail.add_argument("-n", "--lines", type=int, default=20, help="how many (20)")
        for each in (verify, export, tail):
            each.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _verify(self, options: dict[str, Any]) -> None:
        problems = list(audit.problems())
        count = AuditEvent.objects.count()
        if options["json"]:
            self.stdout.write(json.dumps({"events": count, "problems": problems}))
        if problems:
            raise CommandError("\n".join(problems))
        if not options["json"]:
            self.stdout.write(f"{count} events, each as it was written and in its place.")

    def _export(self, options: dict[str, Any]) -> None:
        events = AuditEvent.objects.order_by("id")
        for event in (events.filter(at__gte=options["since"]) if options["since"] else events).iterator(1000):
            self.stdout.write(json.dumps(audit.as_json(event)))

    def _tail(self, options: dict[str, Any]) -> None:
        newest: QuerySet[AuditEvent] = AuditEvent.objects.order_by("-id")[: options["lines"]]
        for event in reversed(newest):
            self.stdout.write(json.dumps(audit.as_json(event)) if options["json"] else _line(event))


def _line(event: AuditEvent) -> str:
    facts = (event.type, event.outcome, event.actor, event.subject, event.client_id, event.address)
    detail = json.dumps(event.detail) if event.detail else ""
    return " ".join(part for part in (f"{event.at:%Y-%m-%d %H:%M:%S}", *facts, detail) if part)


def _moment(value: str) -> datetime:
    moment = parse_datetime(value)
    if moment is None:
        raise ValueError("expected a time such as 2026-01-31T12:00:00Z")
    return make_aware(moment) if is_naive(moment) else moment
