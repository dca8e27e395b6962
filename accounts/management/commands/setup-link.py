# ruff: noqa: N999  the name of the file is the name of the command
"""`manage.py setup-link`: a new one-time link with which the first admin is made (S-133)."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import setup


class Command(BaseCommand):
    help = "Prints a link, good for one hour and once, with which the first admin is made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="although there is an admin: makes another")
        parser.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            url = setup.new_link(timezone.now(), force=options["force"])
        except setup.AdminExists as error:
            raise CommandError("There is an admin already; --force makes a link for another.") from error
        self.stdout.write(json.dumps({"url": url}) if options["json"] else url)
