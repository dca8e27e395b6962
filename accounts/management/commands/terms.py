"""`manage.py terms publish|list`: the terms of use that people have to accept."""

import json
import sys
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import audit
from accounts.models import Terms, User


class Command(BaseCommand):
    help = "Publishes terms of use: everybody is asked at the next sign-in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        publish = actions.add_parser("publish", help="a new version, in force at once")
        publish.add_argument("version")
        publish.add_argument("--url", default="", help="where the terms stand")
        publish.add_argument("--text", metavar="FILE", help="the terms themselves; - for standard input")
        for each in (publish, actions.add_parser("list", help="all versions, the newest first")):
            each.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options, timezone.now())

    def _publish(self, options: dict[str, Any], now: datetime) -> None:
        terms = Terms(
            version=options["version"], url=options["url"], text=_text(options["text"]), published_at=now
        )
        try:
            terms.full_clean()
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        terms.save()
        audit.record("terms.published", actor="command", version=terms.version)
        self._print(options, [terms])

    def _list(self, options: dict[str, Any], now: datetime) -> None:
        self._print(options, list(Terms.objects.all()))

    def _print(self, options: dict[str, Any], versions: list[Terms]) -> None:
        rows = [
            {
                "version": terms.version,
                "published_at": terms.published_at.isoformat(),
                "url": terms.url,
                "accepted_by": User.objects.filter(terms_version=terms.version).count(),
            }
            for terms in versions
        ]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False))
            return
        for row in rows:
            self.stdout.write("{version}  since {published_at}, accepted by {accepted_by}".format(**row))


def _text(path: str | None) -> str:
    if not path:
        return ""
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} can't be read: {error}") from error
