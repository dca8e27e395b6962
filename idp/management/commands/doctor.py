"""`manage.py doctor`: what is wrong or weak here, and what mends it. Exit code 1 when something is wrong."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from idp.diagnosis import Asked, Checked, Finding, as_json, examine


class Command(BaseCommand):
    help = "Says what is wrong or weak in this installation, and what mends it."
    requires_system_checks = []  # they are among its findings

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--url",
            nargs="?",
            const=settings.ISSUER,
            default="",
            help="fetch this address as an app would, and compare; without a value, the issuer",
        )
        parser.add_argument("--mail-to", default="", help="send a mail to this address")
        parser.add_argument("--strict", action="store_true", help="exit code 1 for warnings too")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        examined = examine(Asked(timezone.now(), url=options["url"], mail_to=options["mail_to"]))
        if options["json"]:
            self.stdout.write(json.dumps(as_json(examined), indent=1))
        else:
            self.stdout.write("\n".join(_lines(examined, fetched=bool(options["url"]))))
        levels = {finding.level for each in examined for finding in each.findings}
        if "error" in levels or (options["strict"] and "warning" in levels):
            raise SystemExit(1)


def _lines(examined: list[Checked], *, fetched: bool) -> list[str]:
    findings = [finding for each in examined for finding in each.findings]
    lines = [_line(finding) for finding in findings]
    if any(finding.level != "hint" for finding in findings):
        return lines
    looked = [each.check.name for each in examined if fetched or each.check.name != "outside"]
    return [*lines, f"Nothing is wrong. Looked at: {', '.join(looked)}."]


def _line(finding: Finding) -> str:
    mend = f" → {finding.mend}" if finding.mend else ""
    return f"{finding.level}: {finding.about}: {finding.what}{mend}"
