"""The two demo apps that `manage.py up` shows single sign-on with: registered, and run beside it."""

import os
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts import audit
from idp.clients.authentication import SECRET
from idp.management.processes import Process
from idp.models import Client, ClientSecret
from idp.protocol import secrets

EXAMPLES = Path(settings.BASE_DIR) / "examples"


@dataclass(frozen=True)
class DemoApp:
    """One of the two; its secret is derived, so that it needs keeping nowhere."""

    name: str
    colour: str
    url: str

    @property
    def client_id(self) -> str:
        return f"demo-{self.name.lower()}"

    @property
    def secret(self) -> str:
        return secrets.digest(self.client_id, "demo app")

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def register(self, now: datetime) -> None:
        client, created = Client.objects.update_or_create(
            client_id=self.client_id,
            defaults={
                "name": f"{self.name} (demo)",
                "redirect_uris": [f"{self.url}/callback"],
                "post_logout_redirect_uris": [f"{self.url}/"],
                "client_uri": self.url,
                "first_party": True,
                "enabled": True,
            },
        )
        ClientSecret.objects.get_or_create(
            digest=secrets.digest(self.secret, SECRET),
            defaults={"client": client, "hint": self.secret[-4:], "created_at": now},
        )
        client.touch()
        if created:
            audit.record("client.created", client_id=client.client_id, name=client.name)

    def process(self, other: "DemoApp") -> Process:
        """gunicorn with one process, since the app keeps its sessions in memory."""
        command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", "--threads", "4"]
        command += ["--no-control-socket", "--log-level", "warning", "demo_app"]
        return Process(f"demo app {self.name}", command, self._environ(other), EXAMPLES, self.port)

    def _environ(self, other: "DemoApp") -> dict[str, str]:
        """What an app of somebody else would have: nothing of ours."""
        ours = ("IDP_", "DATABASE_", "DJANGO_", "WEB_CONCURRENCY")
        return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
            "APP_NAME": self.name,
            "APP_URL": self.url,
            "APP_COLOUR": self.colour,
            "APP_SECRET_KEY": secrets.digest(self.client_id, "demo app sessions"),
            "OIDC_ISSUER": settings.ISSUER,
            "OIDC_CLIENT_ID": self.client_id,
            "OIDC_CLIENT_SECRET": self.secret,
            "OTHER_NAME": other.name,
            "OTHER_URL": other.url,
        }


Apps = tuple[DemoApp, DemoApp] | tuple[()]


def apps(port: int) -> Apps:
    """On the two ports after Signet's, at two hosts, as apps of two owners would be."""
    return (
        DemoApp("Notes", "#1f6b52", f"http://localhost:{port + 1}"),
        DemoApp("Photos", "#7a3e8e", f"http://127.0.0.1:{port + 2}"),
    )


@transaction.atomic
def register(apps: Apps, now: datetime) -> None:
    for app in apps:
        app.register(now)


def processes(apps: Apps) -> list[Process]:
    return [app.process(other) for app, other in zip(apps, reversed(apps), strict=True)]
