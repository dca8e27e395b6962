"""`manage.py ldap check [USER]`: tries the directory, and shows what a person would get. Nothing is changed."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts import elsewhere
from accounts.directory import connection, people
from accounts.directory.connection import Unreachable
from accounts.directory.entries import Entry
from accounts.models.identity import DIRECTORY


class Command(BaseCommand):
    help = "Tries the directory of IDP_LDAP_URL as a sign-in would, and shows what a person of it would get."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        check = actions.add_parser("check", help="connect and search; fails if that does not work")
        check.add_argument("user", nargs="?", help="as somebody would type it on the sign-in page")
        check.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        answer = checked(options["user"] or "")
        if options["json"]:
            self.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False))
        else:
            for name, value in {**answer, **answer.get("person", {})}.items():
                if name != "person":
                    self.stdout.write(
                        f"  {name:<14}  {', '.join(map(str, value)) if isinstance(value, list) else value}"
                    )
        if not answer["ok"]:
            sys.exit(1)


def checked(name: str) -> dict[str, Any]:
    if not connection.is_on():
        return {"ok": False, "problem": "There is no directory: IDP_LDAP_URL is empty."}
    is_tls = settings.LDAP_URL.startswith("ldaps:") or settings.LDAP_START_TLS
    answer: dict[str, Any] = {"ok": True, "url": settings.LDAP_URL, "tls": is_tls, "base": settings.LDAP_BASE}
    connection.forget_failure()
    try:
        # Without a name too, so that base and filter are tried and not the connection alone.
        entry = connection.look_up(name or "signet-check", now=timezone.now())
    except Unreachable as error:
        return {**answer, "ok": False, "problem": str(error)}
    if not name:
        return answer
    if entry is None:
        problem = "The filter finds nobody, or several, or somebody without the id attribute."
        return {**answer, "ok": False, "problem": problem}
    problems = {"problem": entry.closed} if entry.closed else {}
    return {**answer, **problems, "ok": not entry.closed, "person": _person(entry)}


def _person(entry: Entry) -> dict[str, Any]:
    identity = elsewhere.find(DIRECTORY, entry.uid)
    return {
        "dn": entry.dn,
        "id": entry.uid,
        "username": entry.username,
        "email": people.proved_email(entry),
        **entry.names,
        "groups_there": list(entry.groups),
        "groups_here": sorted(group.name for group, is_in in people.groups_of(entry).items() if is_in),
        "account": identity.user.username_display if identity else "would be made",
    }
