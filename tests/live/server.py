"""A whole Signet for tests: gunicorn, real workers, its own database and secrets; seen from outside."""

import base64
import json
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_string, policy
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import Any

import requests

from tests.live.commands import Commands
from tests.live.process import Process, environment

# Everybody comes from one address here; what the throttle does is the matter of tests/accounts.
SETTINGS = {"IDP_THROTTLE_EXEMPT": "127.0.0.0/8", "IDP_LOG_FORMAT": "json"}
DATABASE = "signet.sqlite3"  # beside the secrets, where no other is named
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Person:
    username: str
    sub: str = ""
    password: str = PASSWORD


@dataclass
class Server:
    """A provider whose issuer is `url`; `make_server` in conftest.py hands out started ones."""

    folder: Path
    database: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    workers: int = 2
    shared: "Server | None" = None  # the node whose issuer, secrets and database this one has too
    certificate: Path | None = None  # for https: the certificate and its key
    host: str = "localhost"  # or 127.0.0.1, for two in one browser: all ports of a host share their cookies

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = Process(self.folder / "server.log", certificate=self.certificate)
        scheme = "https" if self.certificate else "http"
        self.address = f"{scheme}://{self.host}:{self.process.port}"  # of this node
        self.url: str = self.shared.url if self.shared else self.address  # the issuer

    @cached_property
    def environment(self) -> dict[str, str]:
        if self.shared:
            return self.shared.environment
        return environment(
            DJANGO_SETTINGS_MODULE="idp.settings",
            IDP_ISSUER=self.url,
            IDP_DATA_DIR=str(self.folder),
            IDP_DATABASE_URL=self.database,
            IDP_SECRET_KEY=secrets.token_urlsafe(48),
            IDP_ENCRYPTION_KEYS="1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
            IDP_EMAIL_URL=f"file://{self.folder}/mails",
            **{**SETTINGS, **self.settings},
        )

    def prepare(self, *, like: "Server | None" = None) -> "Server":
        """Once for a new database: its tables, and the static files; copies of those of `like`.

        On PostgreSQL the database itself is the copy already.
        """
        if like is None:
            self.manage("migrate", "--verbosity=0")
            self.manage("collectstatic", "--noinput", "--verbosity=0")
            return self
        shutil.copytree(like.folder / "static", self.folder / "static")
        if not self.database:
            shutil.copyfile(like.folder / DATABASE, self.folder / DATABASE)
        return self

    def start(self) -> "Server":
        self.process.gunicorn("--workers", str(self.workers), env=self.environment, ready="/readyz")
        return self

    def stop(self) -> None:
        self._commands.stop()
        self.process.stop()

    def twin(self) -> "Server":
        """Another node: the same issuer, secrets and database, and an address of its own."""
        return Server(self.folder / f"twin-{secrets.token_hex(4)}", shared=self)

    # --- What an operator does -----------------------------------------------------------------------

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """`manage.py …` beside the server; a failure is an AssertionError with what it said."""
        done = self.try_manage(*arguments, stdin=stdin)
        assert done.returncode == 0, f"manage.py {' '.join(arguments)}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def try_manage(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return self._commands.run(*arguments, stdin=stdin)

    @cached_property
    def _commands(self) -> Commands:
        return Commands(self.environment)

    def client(self, *options: str, **metadata: Any) -> dict[str, Any]:
        """Registers an app from RFC 7591 metadata; gives the registration response."""
        answer = self.manage("client", "create", "--from-metadata", "-", *options, stdin=json.dumps(metadata))
        registered: dict[str, Any] = json.loads(answer)
        return registered

    def user(self, username: str, *options: str, password: str = PASSWORD) -> Person:
        """A person who can sign in; `options` as `manage.py user create` has them."""
        mail = [] if "--email" in options else ["--email", f"{username}@example.org"]
        answer = self.manage(
            "user", "create", username, *mail, *options, "--password-stdin", "--json", stdin=password
        )
        return Person(username, json.loads(answer)["sub"], password)

    def mails(self) -> list[EmailMessage]:
        """All mail sent so far, oldest first."""
        files = sorted((self.folder / "mails").glob("*.log"), key=lambda file: file.stat().st_mtime_ns)
        texts = [text for file in files for text in file.read_text().split("-" * 79) if text.strip()]
        return [message_from_string(text.strip() + "\n", policy=policy.default) for text in texts]

    @property
    def verify(self) -> str | bool:
        """As `requests` wants it."""
        return str(self.certificate) if self.certificate else True

    # --- What a program asks -------------------------------------------------------------------------

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.address + path, **{"timeout": 30, "verify": self.verify, **options})

    def post(self, path: str, data: Mapping[str, str], **options: Any) -> requests.Response:
        return requests.post(self.address + path, data, **{"timeout": 30, "verify": self.verify, **options})

    def token(self, client: Mapping[str, Any], **parameters: str) -> requests.Response:
        """Asks the token endpoint as `client`, by HTTP Basic when it has a secret."""
        if "client_secret" in client:
            return self.post("/oauth2/token", parameters, auth=(client["client_id"], client["client_secret"]))
        return self.post("/oauth2/token", {"client_id": client["client_id"], **parameters})

    def userinfo(self, access_token: str) -> requests.Response:
        return self.get("/oauth2/userinfo", headers={"Authorization": f"Bearer {access_token}"})

    def introspect(self, client: Mapping[str, Any], token: str) -> dict[str, Any]:
        answer = self.post(
            "/oauth2/introspect", {"token": token}, auth=(client["client_id"], client["client_secret"])
        )
        assert answer.status_code == 200, answer.text
        facts: dict[str, Any] = answer.json()
        return facts
