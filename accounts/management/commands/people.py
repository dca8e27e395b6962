"""`manage.py people import`: people of another system, with their password hashes. `people sign-out`: everybody."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import lifecycle
from accounts.importing import READERS
from accounts.importing.incoming import Unreadable
from accounts.importing.plan import BAD, Plan, carry_out, plan
from accounts.models import User
from keys.management.asking import ask

REASON = "everybody was signed out"


class Command(BaseCommand):
    help = "Adds the people of another system, or signs everybody out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        do = actions.add_parser("import", help="read a file, say what would happen, and do it")
        do.description = "Their passwords work as before, and are hashed anew at a sign-in."
        do.add_argument("file", help="- for standard input")
        do.add_argument("--from", dest="source", required=True, choices=list(READERS))
        do.add_argument("--dry-run", action="store_true", help="say what would happen, and do nothing")
        do.add_argument("--skip-bad", action="store_true", help="add the others when somebody can't be added")
        out = actions.add_parser(
            "sign-out", help="end all sessions and what apps were given, offline access too: of everybody"
        )
        out.add_argument("--yes", action="store_true", help="don't ask")
        for each in (do, out):
            each.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "import":
            self._import(options)
        else:
            self._sign_out(options)

    def _sign_out(self, options: dict[str, Any]) -> None:
        """Person by person, so that one that was cut off can be run again."""
        if not options["yes"]:
            self.stderr.write(
                "Everybody has to sign in again, admins too, and every app asks for access anew."
            )
            ask("Sign everybody out?")
        now, people, sessions, grants = timezone.now(), 0, 0, 0
        for user in User.objects.iterator():
            ended, revoked = lifecycle.sign_out(user, actor="command", reason=REASON, now=now)
            people, sessions, grants = people + bool(ended or revoked), sessions + ended, grants + revoked
        if options["json"]:
            answer = {"people": people, "sessions_ended": sessions, "grants_ended": grants}
            self.stdout.write(json.dumps(answer, indent=2))
        else:
            self.stdout.write(f"Ended: {sessions} sessions and {grants} grants, of {people} people.")

    def _import(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        try:
            planned = plan(READERS[options["source"]](_data(options["file"])))
        except Unreadable as error:
            raise CommandError(f"{options['file']} can't be read as {options['source']}: {error}") from error
        refused = bool(planned.count(BAD)) and not options["skip_bad"]
        added = 0
        if not options["dry_run"] and not refused:
            added = carry_out(planned, actor="command", source=options["source"], now=now)
        self._print(planned, options, added)
        if refused and not options["dry_run"]:
            raise CommandError("Nobody was added: mend what is bad, or leave it out with --skip-bad.")

    def _print(self, planned: Plan, options: dict[str, Any], added: int) -> None:
        if options["json"]:
            answer = {"dry_run": options["dry_run"], "added": added, **planned.as_json()}
            self.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False))
            return
        for each in planned.people:
            words = "; ".join(filter(None, (each.why, *each.notes)))
            self.stdout.write(f"{each.outcome:<5} {each.incoming.username}{': ' if words else ''}{words}")
        for name in planned.new_groups:
            self.stdout.write(f"group {name}")
        self.stdout.write(f"{added} added.")


def _data(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from error
