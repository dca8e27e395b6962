"""`manage.py up`: everything between a fresh checkout and a running Signet, safe to repeat."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils import timezone

from accounts import setup
from idp import health
from idp.management import demo, processes, static_files
from keys import selftest


class Command(BaseCommand):
    help = "Sets up database, keys and static files, then serves; on this machine with two demo apps."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, help="where to listen; without it, the issuer's port or 8000")
        parser.add_argument("--workers", type=int, help="processes; without it, one a core")
        parser.add_argument("--no-demo", action="store_true", help="leave the two demo apps out")

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"] or default_port()
        apps = demo.apps(port) if settings.DEMO and settings.LOCAL and not options["no_demo"] else ()
        refuse_taken_ports(port, apps)
        if not settings.ISSUER_CHOSEN:
            serve_at(f"http://localhost:{port}")
        now = timezone.now()
        try:
            prepare(now)
        except selftest.UnusableKeys as refusal:
            raise CommandError(f"Signet does not start: {refusal}") from refusal
        demo.register(apps, now)
        summary = self.summary(apps, now)
        connections.close_all()
        signet = gunicorn(port, options["workers"])
        if apps:
            sys.exit(self.run_together([signet, *demo.processes(apps)], summary))
        self.stdout.write(summary)
        self.stdout.flush()
        become(signet)

    def run_together(self, servers: list[processes.Process], summary: str) -> int:
        try:
            with processes.Together(servers) as together:
                if not together.answering():
                    return 1
                self.stdout.write(summary)
                self.stdout.flush()
                return together.wait()
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
            return 0

    def summary(self, apps: demo.Apps, now: datetime) -> str:
        bold = self.style.MIGRATE_HEADING
        lines = (f"  {bold(f'{name:<12}')} {value}" for name, value in facts(apps, now))
        return "\n".join(["", *lines, ""])


def facts(apps: demo.Apps, now: datetime) -> Iterator[tuple[str, str]]:
    yield "Signet", settings.ISSUER
    if not setup.has_admin():
        yield "First admin", setup.new_link(now)
        yield "", "The link works once, for an hour. Another one: .venv/bin/python manage.py setup-link"
    elif settings.ADMIN_PATH:
        yield "Admin", f"{settings.ISSUER}/{settings.ADMIN_PATH}/"
    if settings.PLAYGROUND == "on":
        yield "Playground", f"{settings.ISSUER}/playground"
    for number, app in enumerate(apps):
        yield ("" if number else "Demo apps"), f"{app.url}  {app.name}"


def default_port() -> int:
    """Of an issuer that was chosen: where the last start listened is no choice."""
    return (settings.ISSUER_CHOSEN and settings.LOCAL and urlsplit(settings.ISSUER).port) or 8000


def serve_at(issuer: str) -> None:
    """Nobody chose an issuer, so it follows the port; kept for the commands that are typed beside this server."""
    settings.ADDRESS_FILE.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.ADDRESS_FILE.write_text(issuer, encoding="utf-8")
    os.environ["IDP_ISSUER"] = issuer  # what is started from here stays with it, whatever starts later
    if issuer != settings.ISSUER:
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606  this very command


def refuse_taken_ports(port: int, apps: demo.Apps) -> None:
    for number, user in [(port, "Signet"), *((app.port, f"the demo app {app.name}") for app in apps)]:
        if not processes.is_free(number):
            raise CommandError(
                f"Port {number}, where {user} would listen, is taken. Stop what listens there, "
                f"or choose others: make run PORT={port + 1000}"
            )


def prepare(now: datetime) -> None:
    if health.unapplied_migrations():
        call_command("migrate", interactive=False, verbosity=0)
    selftest.prove(now)
    static_files.collect()


def gunicorn(port: int, workers: int | None) -> processes.Process:
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}"]
    if workers:
        command += ["--workers", str(workers)]
    return processes.Process("Signet", command, os.environ, settings.BASE_DIR, port)


def become(process: processes.Process) -> None:
    """Nothing to look after beside it, so this process turns into the server: one less in memory."""
    os.chdir(process.folder)
    os.execve(process.command[0], list(process.command), dict(process.environ))  # noqa: S606  our own command
