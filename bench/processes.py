"""Servers as processes: start, wait, stop, and what /proc says of their whole tree."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.wire import BenchError

_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def tree(root: int) -> list[int]:
    """`root` and all that descends from it."""
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        try:
            children = [task.joinpath("children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
        except OSError:  # gone in between
            continue
        queue += [int(child) for line in children for child in line.split()]
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of the tree, and of those of its processes that ended and were waited for."""
    ticks = 0
    for pid in tree(root):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11:15])  # utime, stime, cutime, cstime
    return ticks / _TICKS


def pss_mib(root: int) -> float:
    kib = 0
    for pid in tree(root):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kib += int(line.split()[1])
    return kib / 1024


def answers(port: int, path: str) -> bool:
    """Whether the server gives 200 on `path` now."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as sock:
            sock.sendall(
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
            )
            return sock.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


@contextmanager
def serving(
    command: list[str], *, port: int, path: str, log: Path, cwd: Path, env: dict[str, str] | None = None
) -> Iterator[tuple[int, float]]:
    """Runs a server; yields its pid and the seconds from spawn to the first 200 on `path`."""
    with log.open("ab") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            while not answers(port, path):
                if process.poll() is not None or time.perf_counter() - start > 30:
                    raise BenchError(f"{' '.join(command)} did not come up")
                time.sleep(0.005)
            yield process.pid, time.perf_counter() - start
        except Exception as error:
            error.add_note(f"The server's last lines:\n{log.read_text()[-3000:]}")
            raise
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its own session: nobody else is in the group
        process.wait()
