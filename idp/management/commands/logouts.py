"""`manage.py logouts …`: which apps were told that sessions ended, and telling those that still wait."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from idp.logout import ledger
from idp.logout.backchannel import deliver_next
from idp.models import LogoutNotice


class Command(BaseCommand):
    help = "The logout ledger, and its outbox; the server delivers by itself, cron may as well."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        deliver = actions.add_parser("deliver", help="tell the apps whose turn it is")
        listed = actions.add_parser("list", help="whom we told of which session, the latest first")
        listed.add_argument("--session", metavar="SID", help="only those of this session")
        listed.add_argument("--waiting", action="store_true", help="only those that are not done with")
        listed.add_argument("--limit", type=int, default=100, help="how many at most; the default is 100")
        for each in (deliver, listed):
            each.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        {"deliver": self._deliver, "list": self._list}[options["action"]](options)

    def _deliver(self, options: dict[str, Any]) -> None:
        counts = {"told": 0, "failed": 0}
        while notice := deliver_next(timezone.now()):
            notice.refresh_from_db()
            counts["told" if notice.told_at else "failed"] += 1
        if options["json"]:
            self._print(counts)
        else:
            self.stdout.write(f"{counts['told']} told, {counts['failed']} failed.")

    def _list(self, options: dict[str, Any]) -> None:
        chosen = LogoutNotice.objects.select_related("client")
        if options["session"]:
            chosen = chosen.filter(sid=options["session"])
        if options["waiting"]:
            chosen = chosen.filter(due_at__isnull=False)
        notices = list(chosen[: options["limit"]])
        if options["json"]:
            self._print([_facts(notice) for notice in notices])
            return
        for notice in notices:
            ended = f"{notice.created_at:%Y-%m-%d %H:%M:%S}"
            self.stdout.write(f"{ended}  {notice.client.name:<24} {ledger.said(notice)[0]}")

    def _print(self, value: object) -> None:
        self.stdout.write(json.dumps(value, indent=2, ensure_ascii=False))


def _facts(notice: LogoutNotice) -> dict[str, object]:
    return {
        "sid": notice.sid,
        "sub": notice.sub,
        "client_id": notice.client.client_id,
        "client_name": notice.client.name,
        "channel": notice.channel,
        "ended_at": notice.created_at.isoformat(),
        "told_at": _moment(notice.told_at),
        "next_try_at": _moment(notice.due_at),
        "attempts": notice.attempts,
        "status": notice.status,
        "problem": notice.problem,
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
