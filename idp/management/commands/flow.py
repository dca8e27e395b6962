"""`manage.py flow CLIENT`: a sign-in at an app, run from the terminal with a printed link, every message in short."""

import json
import sys
import webbrowser
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from idp.clients import registry
from idp.management import flow
from idp.management.flow import Begun, FlowFailed, Wishes
from idp.models import Client

BY_SECRET = (Client.AuthMethod.BASIC, Client.AuthMethod.POST)


class Command(BaseCommand):
    help = "Runs a whole sign-in as an app, over HTTP: prints a link, waits for the answer, checks all of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "client_id", metavar="CLIENT", help="client id of an app with a redirect URI at this machine"
        )
        parser.add_argument(
            "--scope", default="openid profile email", help="what is asked for (openid profile email)"
        )
        parser.add_argument(
            "--secret-stdin", action="store_true", help="read the app's secret from standard input"
        )
        parser.add_argument("--no-browser", action="store_true", help="print the link, and open nothing")
        parser.add_argument("--timeout", type=float, default=300, help="seconds to wait for the answer (300)")
        parser.add_argument(
            "--json", action="store_true", help="print the messages as JSON; the link goes to stderr"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        client = registry.find(options["client_id"])
        if client is None:
            raise CommandError("There is no app with this client id, or it is switched off.")
        told: list[dict[str, Any]] = []
        try:
            self._run(client, options, told)
        except FlowFailed as failure:
            if options["json"]:
                told.append({"step": "failed", "why": str(failure)})
                self.stdout.write(json.dumps(told, indent=1, ensure_ascii=False))
            raise CommandError(str(failure)) from failure
        if options["json"]:
            self.stdout.write(json.dumps(told, indent=1, ensure_ascii=False))
        else:
            self.stdout.write("All checks passed.")

    def _run(self, client: Client, options: dict[str, Any], told: list[dict[str, Any]]) -> None:
        registered = flow.redirect_uri_of(client)
        secret = _secret(client, options)
        with flow.listening(registered) as listener:
            uri = registered
            if flow.may_vary(registered, client):
                uri = _with_port(registered, listener.port)
            wishes = Wishes(client, secret, options["scope"], uri, settings.ISSUER)

            def tell(step: str, message: dict[str, Any]) -> None:
                told.append({"step": step, **message})
                if not options["json"]:
                    self.stdout.write(_text(step, message))
                    self.stdout.flush()

            flow.run(
                wishes,
                Begun(),
                show=lambda link: self._show(link, options),
                catch=lambda: listener.wait(options["timeout"]),
                tell=tell,
            )

    def _show(self, link: str, options: dict[str, Any]) -> None:
        out = self.stderr if options["json"] else self.stdout
        out.write(f"Open this in a browser, and sign in:\n{link}\n")
        out.flush()
        if not options["no_browser"]:
            webbrowser.open(link)


def _secret(client: Client, options: dict[str, Any]) -> str:
    """Only a digest of it is here, so whoever runs this has to have it."""
    if client.is_public:
        return ""
    if client.token_endpoint_auth_method not in BY_SECRET:
        raise FlowFailed("This app proves itself by its own key, which only it has.")
    if not options["secret_stdin"]:
        raise FlowFailed("This app has a secret: hand it in with --secret-stdin.")
    return sys.stdin.readline().strip()


def _with_port(uri: str, port: int) -> str:
    parts = urlsplit(uri)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return parts._replace(netloc=f"{host}:{port}").geturl()


def _text(step: str, message: dict[str, Any]) -> str:
    lines = [f"— {step}"]
    for name, value in message.items():
        if name == "checks":
            lines += [f"  {'✗' if word == 'WRONG' else '✓'} {check}: {word}" for check, word in value.items()]
        else:
            lines.append(
                f"  {name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
            )
    return "\n".join(lines)
