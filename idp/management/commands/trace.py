"""`manage.py trace …`: why a request was refused, by its reference id, or the latest refusals of an app."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from idp.explaining.reading import Told, as_json, explain, kept
from idp.protocol.checks import Outcome

MARKS = {Outcome.PASSED: "passed", Outcome.FAILED: "FAILED", Outcome.NOT_REACHED: "-"}


class Command(BaseCommand):
    help = "Why a request was refused: the checks in order, and what was expected and received."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", nargs="?", help="as the page, the log or X-Request-Id has it")
        parser.add_argument("--app", metavar="CLIENT_ID", help="the latest refusals of this app instead")
        parser.add_argument("--limit", type=int, default=20, help="how many at most with --app; 20")
        parser.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        reference, app = options["reference"], options["app"]
        if bool(reference) == bool(app):
            raise CommandError("Give a reference id, or --app CLIENT_ID.")
        traces = kept(timezone.now())
        traces = (
            traces.filter(client_id=app)[: options["limit"]] if app else traces.filter(reference=reference)
        )
        found = [explain(trace) for trace in traces]
        if not found and reference:
            raise CommandError("No trace is kept under this reference: it is too old, or one too many.")
        if options["json"]:
            self.stdout.write(json.dumps([as_json(told) for told in found], indent=2, ensure_ascii=False))
            return
        for told in found:
            self._line(told) if app else self._whole(told)

    def _line(self, told: Told) -> None:
        trace = told.trace
        self.stdout.write(
            f"{trace.at:%Y-%m-%d %H:%M:%S}  {trace.reference}  {trace.endpoint:<12} {told.title}"
        )

    def _whole(self, told: Told) -> None:
        trace = told.trace
        self.stdout.write(f"{told.title} ({trace.endpoint}, {trace.at:%Y-%m-%d %H:%M:%S})")
        self.stdout.write(f"{trace.detail['reason']}\n")
        for step in told.steps:
            self.stdout.write(f"{MARKS[step.outcome]:>7}  {step}")
        for fact in told.facts:
            self.stdout.write(f"{fact.name}: {', '.join(fact.values) or 'nothing'}")
        for difference in told.differences:
            parts = "; ".join(f"{part.name}: {part.words}" for part in difference.parts if part.words)
            self.stdout.write(f"{difference.expected} differs at character {difference.position}: {parts}")
        if told.is_cut:
            self.stdout.write("Addresses that were too long to be kept whole are not compared.")
        if told.mend and told.client:
            self.stdout.write(f"Field in the admin: {told.mend} of {told.client.name}")
        if told.page:
            self.stdout.write(f"More: {told.page.path}")
