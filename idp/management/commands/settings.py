"""`manage.py settings`: the effective settings with secrets masked, or the README's table of them."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from idp.environment import SETTINGS


class Command(BaseCommand):
    help = "Prints the settings as this process reads them, secrets masked."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--json", action="store_true", help="as one JSON object")
        how.add_argument(
            "--markdown", action="store_true", help="names, defaults and meanings, as in the README"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["markdown"]:
            self.stdout.write(markdown())
            return
        effective = settings.ENVIRONMENT.describe()
        if options["json"]:
            self.stdout.write(json.dumps(effective, indent=2))
            return
        for name, value in effective.items():
            self.stdout.write(f"{name:<28} {value}")


def markdown() -> str:
    rows = ["| name | default | meaning |", "|---|---|---|"]
    for name, setting in SETTINGS.items():
        default = f"`{setting.default}`" if setting.default else ""
        rows.append(f"| `{name}` | {default} | {setting.help.replace('|', '/')} |")
    return "\n".join(rows)
