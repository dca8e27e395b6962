"""Starts `manage.py testbed` of a Signet checkout as a process of its own, and tells it what to make.

The process has Signet's packages, and the app's tests have the app's: neither sees the other's.
"""

import base64
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from signet_testing.visitor import Visitor

PASSWORD = "correct horse battery staple"


class SignetFailed(Exception):
    """It did not start, or refused what it was told; the words say why."""


@dataclass(frozen=True)
class Client:
    client_id: str
    client_secret: str
    registration: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Person:
    username: str
    sub: str
    password: str = field(default=PASSWORD, repr=False)


def home() -> Path:
    """The checkout: SIGNET_HOME, or where this package lies, if it was installed with `pip install -e`."""
    folder = Path(os.environ.get("SIGNET_HOME") or Path(__file__).resolve().parents[2])
    if not (folder / "manage.py").is_file():
        raise SignetFailed(f"There is no Signet in {folder}: set SIGNET_HOME to its folder.")
    return folder


class Signet:
    """A context: starts a provider, and ends it with all that it kept."""

    def __enter__(self) -> "Signet":
        signet = home()  # before anything is there that would be left
        self._folder = Path(tempfile.mkdtemp(prefix="signet-", dir=_memory()))
        self._port = _free_port()
        self.issuer = f"http://localhost:{self._port}"
        self.discovery = f"{self.issuer}/.well-known/openid-configuration"
        self._log = (self._folder / "log").open("w+")
        self._process = subprocess.Popen(
            [_python(), "manage.py", "testbed", "--port", str(self._port)],
            cwd=signet,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        try:
            self._answer()
        except SignetFailed:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin:
            self._process.stdin.close()  # its sign to end
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    # --- What it can be told ------------------------------------------------------------------------------

    def client(self, redirect_uri: str = "", **metadata: Any) -> Client:
        """Registers an app, by the names of RFC 7591."""
        said: dict[str, Any] = {"client_name": "App under test"}
        if redirect_uri:
            said["redirect_uris"] = [redirect_uri]
        made = self._do("client", said={**said, **metadata})
        return Client(made["client_id"], made.get("client_secret", ""), made)

    def person(
        self, username: str, *, email: str = "", groups: tuple[str, ...] | list[str] = (), **claims: Any
    ) -> Person:
        """Somebody who can sign in; `claims` are fields of theirs, such as `name` and `given_name`."""
        email = email or f"{username}@example.com"
        made = self._do(
            "person", username=username, password=PASSWORD, email=email, groups=list(groups), claims=claims
        )
        return Person(username, made["sub"])

    def sign_in(self, url: str, person: Person, *, decision: str = "allow") -> str:
        """What a person does in a new browser at `url`; gives the address at the app where that ends."""
        return Visitor(self.issuer, person.username, person.password).go(url, decision)

    def new_key(self) -> str:
        """The key that signs is withdrawn, and another one signs at once; gives its kid."""
        return str(self._do("new_key")["kid"])

    def end_sessions(self, person: Person) -> int:
        """How many ended."""
        return int(self._do("end_sessions", username=person.username)["ended"])

    # --- How it is told -----------------------------------------------------------------------------------

    def _do(self, what: str, **said: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": what, **said}) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise SignetFailed(f"Signet has ended:\n{self._said()}") from error
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SignetFailed(f"Signet has ended:\n{self._said()}")
        answer: dict[str, Any] = json.loads(line)
        if "problem" in answer:
            raise SignetFailed(answer["problem"])
        return answer

    def _said(self) -> str:
        self._log.flush()
        return (self._folder / "log").read_text()[-4000:]

    def _environment(self) -> dict[str, str]:
        """Ours without anything that the app's own settings might tell Django or Python."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("IDP_", "DJANGO_", "PYTHON")) and name != "DATABASE_URL"
        }
        return {
            **kept,
            "DJANGO_SETTINGS_MODULE": "idp.settings",
            "IDP_ISSUER": self.issuer,
            "IDP_DATA_DIR": str(self._folder),
            "IDP_SECRET_KEY": secrets.token_urlsafe(48),
            "IDP_ENCRYPTION_KEYS": "1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
            "IDP_EMAIL_URL": f"file://{self._folder}/mails",
            "IDP_THROTTLE_EXEMPT": "127.0.0.0/8,::1/128",
            "IDP_FETCH_NETWORKS": "127.0.0.0/8,::1/128",
            "IDP_LOG_LEVEL": "WARNING",
            "IDP_DEMO": "off",
        }


def _python() -> str:
    own = home() / ".venv" / "bin" / "python"
    return str(own) if own.exists() else sys.executable


def _memory() -> str | None:
    """A folder in memory where the system has one: the database is gone with the machine's power at the latest."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
