"""`manage.py throttle show|lift`: what too many tries have blocked, of a person or of an address (S-102)."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import audit, lifecycle, throttling
from accounts.models import User


class Command(BaseCommand):
    help = (
        "Shows and lifts what too many wrong passwords, codes or secrets, or too many requests, have blocked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        show = actions.add_parser("show", help="the tries that count, and for how long they block")
        lift = actions.add_parser("lift", help="forget them")
        for each in (show, lift):
            of = each.add_mutually_exclusive_group(required=True)
            of.add_argument("--person", help="user name or e-mail address")
            of.add_argument("--address", help="an IP address; its /24 or /64 counts as one")
            each.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        import_module(settings.ROOT_URLCONF)  # whoever throttles is known then
        getattr(self, f"_{options['action']}")(options)

    def _show(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        if options["person"]:
            found = throttling.of_person(_find(options["person"]).sub, now)
        else:
            found = throttling.of_address(options["address"], now)
        if options["json"]:
            self.stdout.write(json.dumps([asdict(each) for each in found], indent=2))
            return
        for each in found:
            waits = "locked" if each.locked else f"next in {each.wait} s" if each.wait else "not blocked"
            self.stdout.write(f"{each.kind}: {each.tries} counted, {waits}")
        if not found:
            self.stdout.write("Nothing is counted.")

    def _lift(self, options: dict[str, Any]) -> None:
        if options["person"]:
            lifted = lifecycle.lift_block(_find(options["person"]), actor="command")
        else:
            lifted = bool(throttling.lift_address(options["address"]))
            if lifted:
                block = throttling.address_block(options["address"])
                audit.record("login.unlocked", actor="command", subject=f"address:{block}")
        if options["json"]:
            self.stdout.write(json.dumps({"lifted": lifted}))
        else:
            self.stdout.write("Lifted." if lifted else "There was nothing to lift.")


def _find(name: str) -> User:
    user = User.objects.find(name)
    if user is None:
        raise CommandError(f"There is nobody called {name}.")
    return user
