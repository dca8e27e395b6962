"""`manage.py up`: everything between a fresh checkout and a running Signet, safe to repeat."""

import os
import sys
from argparse import ArgumentParser
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
from keys import rotation


class Command(BaseCommand):
    help = "Sets up the database, keys and static files, then serves. On this machine, two demo apps run beside it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, help="where to listen; without it, the issuer's port or 8000")
        parser.add_argument("--workers", type=int, help="processes; without it, one a core")
        parser.add_argument("--no-demo", action="store_true", help="leave the two demo apps out")

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"] or default_port()
        follow_port(port)
        now = timezone.now()
        with_demo = settings.DEMO and settings.LOCAL and not options["no_demo"]
        refuse_taken_ports(port, with_demo=with_demo)
        prepare(now)
        if with_demo:
            demo.register(port, now)
        lines = self.summary(now, port, with_demo=with_demo)
        connections.close_all()
        signet = gunicorn(port, options["workers"])
        if not with_demo:  # nothing to look after: this process becomes the server
            self.stdout.write("\n".join(lines))
            self.stdout.flush()
            os.chdir(signet.folder)
            os.execve(signet.command[0], signet.command, dict(signet.environ))
        sys.exit(self.run_together([signet, *demo.processes(port)], lines))

    def run_together(self, servers: list[processes.Process], lines: list[str]) -> int:
        try:
            with processes.Together(servers) as together:
                if not together.answering():
                    return 1
                self.stdout.write("\n".join(lines))
                self.stdout.flush()
                return together.wait()
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
            return 0

    def summary(self, now: datetime, port: int, *, with_demo: bool) -> list[str]:
        rows = [("Signet", settings.ISSUER)]
        if link := setup.new_link(now):
            rows.append(("First admin", f"{link}\n{'':15}works once, for an hour; another: manage.py setup-link"))
        elif settings.ADMIN_PATH:
            rows.append(("Admin", f"{settings.ISSUER}/{settings.ADMIN_PATH}/"))
        if with_demo:
            rows += [("Demo apps" if not i else "", f"{app.url}  {app.name}") for i, app in enumerate(demo.apps(port))]
        bold = self.style.MIGRATE_HEADING
        return ["", *(f"  {bold(f'{name:<12}')} {value}" for name, value in rows), "", "  Ctrl-C stops it.", ""]


def default_port() -> int:
    parts = urlsplit(settings.ISSUER)
    return (settings.LOCAL and parts.port) or 8000


def follow_port(port: int) -> None:
    """On another port this machine's issuer is another one: start again with it, if nobody chose one."""
    if port != default_port() and settings.LOCAL and not os.environ.keys() & {"IDP_ISSUER", "IDP_ISSUER_FILE"}:
        issuer = f"http://localhost:{port}"
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "IDP_ISSUER": issuer})


def refuse_taken_ports(port: int, *, with_demo: bool) -> None:
    users = {port: "Signet"} | ({app.port: f"the demo app {app.name}" for app in demo.apps(port)} if with_demo else {})
    for wanted, user in users.items():
        if not processes.is_free(wanted):
            raise CommandError(
                f"Port {wanted}, wanted for {user}, is taken. Stop what listens there, or use others: "
                f"make run PORT={port + 1000}"
            )


def prepare(now: datetime) -> None:
    if health.unapplied_migrations():
        call_command("migrate", interactive=False, verbosity=0)
    rotation.ensure_schedule(now)
    static_files.collect()


def gunicorn(port: int, workers: int | None) -> processes.Process:
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "--bind", f"127.0.0.1:{port}"]
    if workers:
        command += ["--workers", str(workers)]
    return processes.Process("Signet", command, os.environ, settings.BASE_DIR, port)
