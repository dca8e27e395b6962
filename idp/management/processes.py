"""Processes beside one another: started together, and when one ends or a stop is asked for, all end."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_SECONDS = 15  # gunicorn itself gives requests in flight ten
START_SECONDS = 30


@dataclass(frozen=True)
class Process:
    """A server to be: its command, environment and the port that it will listen on."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    folder: Path
    port: int


class Together:
    """A context that starts `processes` and, on leaving, stops those that are left."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self.processes = processes
        self.running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Together":
        for number in STOPS:
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                signal.signal(number, _interrupt)
        for process in self.processes:
            self.running.append(subprocess.Popen(process.command, env=process.environ, cwd=process.folder))
        return self

    def answering(self) -> bool:
        """Waits until every port takes connections; False when a process ended instead."""
        deadline = time.monotonic() + START_SECONDS
        for process in self.processes:
            while not is_open(process.port):
                if time.monotonic() > deadline or any(child.poll() is not None for child in self.running):
                    return False
                time.sleep(0.02)
        return True

    def wait(self) -> int:
        """Until the first one ends, which none should: its exit code, or 1."""
        _, status = os.wait()
        return os.waitstatus_to_exitcode(status) or 1

    def __exit__(self, *_: object) -> None:
        for number in STOPS:
            signal.signal(number, signal.SIG_IGN)  # asked once is enough
        for child in self.running:
            child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.running:
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_free(port: int) -> bool:
    """Whether a server could listen there, asked as servers do."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
