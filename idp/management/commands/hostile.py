"""`manage.py hostile`: Signet plays a broken provider to your app, on this machine, and scores what the app took."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from idp.hostile import cases, driver, server
from idp.hostile.scoring import Report

PORT = 8400


class Command(BaseCommand):
    help = "Plays a broken provider to an app on this machine, and scores what the app accepts."
    requires_system_checks = []  # it uses nothing of the installation

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, default=PORT, help=f"of the broken provider, on 127.0.0.1 ({PORT})"
        )
        parser.add_argument(
            "--app", default="", help="where a sign-in at your app begins; without it, a page guides you"
        )
        parser.add_argument(
            "--signed-in-when",
            default="status=200",
            help="how one sees that somebody is in: text=…, no-text=…, path=/… or status=… (status=200)",
        )
        parser.add_argument(
            "--look-at", default="", help="the page where that is seen; without it, where the sign-in ends"
        )
        parser.add_argument(
            "--logout-uri", default="", help="your app's back-channel logout address, to try that too"
        )
        parser.add_argument(
            "--only", action="append", default=[], choices=[case.id for case in cases.table()], metavar="CASE",
            help="only this case, beside the honest one; may be repeated",
        )  # fmt: skip
        parser.add_argument("--list", action="store_true", help="print all cases, and begin nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            return self._list(options)
        if not settings.LOCAL:
            raise CommandError("Hostile mode is for a developer's machine: IDP_ISSUER is a public address.")
        try:
            with server.serving(options["port"]) as playing:
                report = self._drive(playing, options) if options["app"] else self._watch(playing)
        except OSError as error:
            raise CommandError(f"Port {options['port']}: {error.strerror}.") from error
        except driver.CannotDrive as refusal:
            raise CommandError(str(refusal)) from refusal
        self._print(report, options)
        if options["app"] and not report.passed:
            raise SystemExit(1)
        return None

    def _drive(self, playing: server.Application, options: dict[str, Any]) -> Report:
        app = driver.App(
            options["app"],
            driver.Sign.read(options["signed_in_when"]),
            options["look_at"],
            options["logout_uri"],
        )
        return driver.report(app, playing.provider, tuple(options["only"]))

    def _watch(self, playing: server.Application) -> Report:
        self.stderr.write(
            f"Issuer for your app, and the page to watch: {playing.provider.issuer}   (Ctrl-C ends it)"
        )
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return playing.report()

    def _print(self, report: Report, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=1, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(report.lines()))

    def _list(self, options: dict[str, Any]) -> None:
        if options["json"]:
            listed = [{"id": case.id, "name": case.name, "does": case.does} for case in cases.table()]
            return self.stdout.write(json.dumps(listed, indent=1, ensure_ascii=False))
        return self.stdout.write(
            "\n".join(f"{case.id:<26} {case.name}: {case.does}" for case in cases.table())
        )
