"""One subprocess that a test starts on a free port, waits for, and ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


def environment(**settings: str) -> dict[str, str]:
    """Ours, less what the test run itself is told."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("IDP_", "SIGNET_", "DJANGO_"))
    }
    return {**kept, "PYTHONUNBUFFERED": "1", **settings}


class Process:
    """A server on a socket that is ours, so that its port is free for sure and outlives it."""

    def __init__(self, log: Path, *, certificate: Path | None = None) -> None:
        self.log_path = log
        self.certificate = certificate  # of https, with its key in the same file; None for http
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self.socket.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def gunicorn(self, *arguments: str, env: Mapping[str, str], cwd: Path = ROOT, ready: str = "/") -> None:
        """Starts gunicorn on our socket, and waits until it answers."""
        command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{self.socket.fileno()}", *arguments]
        if self.certificate:
            command += ["--certfile", str(self.certificate), "--keyfile", str(self.certificate)]
        self.start(command, env=env, cwd=cwd, ready=ready)

    def start(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path = ROOT, ready: str = "/"
    ) -> None:
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdout=log,
                stderr=log,
                pass_fds=[self.socket.fileno()],
                start_new_session=True,
            )
        until = time.monotonic() + START_SECONDS
        while not self._answers(ready):
            if self._process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise AssertionError(f"{command[:4]} did not start:\n{self.log()[-4000:]}")
            time.sleep(0.05)

    def _answers(self, ready: str) -> bool:
        try:
            scheme, verify = ("https", str(self.certificate)) if self.certificate else ("http", True)
            address = f"{scheme}://127.0.0.1:{self.port}{ready}"
            return requests.get(address, timeout=2, verify=verify).status_code < 500
        except requests.RequestException:
            return False

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def children(self) -> list[int]:
        """Of gunicorn: its workers."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def stop(self) -> None:
        """At once, as on Ctrl-C; what does not listen is killed with all its children."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=15)
