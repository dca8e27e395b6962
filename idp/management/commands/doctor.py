"""`manage.py doctor`: what is wrong or weak here, and what mends it. Exit code 1 when something is wrong."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from idp.diagnosis import Finding, findings


class Command(BaseCommand):
    help = "Says what is wrong or weak in this installation, and what mends it."
    requires_system_checks = []  # they are among its findings

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        found = findings(timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in found], indent=1))
        else:
            lines = [
                f"{each.level}: {each.about}: {each.what}" + (f" → {each.mend}" if each.mend else "")
                for each in found
            ]
            self.stdout.write("\n".join(lines) or "Nothing is wrong.")
        if any(finding.level == "error" for finding in found):
            raise SystemExit(1)


def _line(finding: Finding) -> str:
    mend = f" → {finding.mend}" if finding.mend else ""
    return f"{finding.level}: {finding.about}: {finding.what}{mend}"
