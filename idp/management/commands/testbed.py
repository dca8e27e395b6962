"""`manage.py testbed`: a provider for the tests of an app, told what to make by lines of JSON; what rp/ starts.

It makes people with passwords that everybody knows, so it refuses any database that has somebody in it.
"""

import json
import sys
import threading
from argparse import ArgumentParser
from typing import Any
from wsgiref.simple_server import WSGIServer

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.wsgi import get_wsgi_application
from django.utils import timezone

from accounts.models import User
from idp.health import unapplied_migrations
from idp.local_server import on_this_machine
from idp.management import bed
from keys import selftest


class Command(BaseCommand):
    help = "Serves an empty Signet to the tests of an app; rp/ starts it, tells it what to make, and ends it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, required=True, help="where to listen, on this machine only")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LOCAL:
            raise CommandError("A test bed is for this machine: IDP_ISSUER is a public address.")
        if unapplied_migrations():
            call_command("migrate", interactive=False, verbosity=0)
        if User.objects.exists():
            raise CommandError(
                "There are people in this database: it is no test bed. Choose an empty IDP_DATA_DIR."
            )
        selftest.prove(timezone.now())
        server = _server(options["port"])
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self._say({"issuer": settings.ISSUER})
        for line in sys.stdin:  # until whoever started this closes it
            self._say(_carried_out(line))
        server.shutdown()

    def _say(self, answer: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(answer))
        self.stdout.flush()


def _carried_out(line: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        said = None
    return (
        bed.carry_out(said) if isinstance(said, dict) else {"problem": "Expected a JSON object on one line."}
    )


def _server(port: int) -> WSGIServer:
    """Files of the pages are read where they lie: nothing has to be collected first."""
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.WHITENOISE_AUTOREFRESH = True
    return on_this_machine(port, get_wsgi_application())
