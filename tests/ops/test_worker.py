"""The worker's own ideas, seen from outside: it stays with a busy connection, shares new ones, knows its settings."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tests.live.process import Process, environment

APP = """
import json, os, threading, time
from gunicorn.config import Config

looked_up, slowly = [], Config.__getattr__

def counted(settings, name):
    looked_up.append(name)
    return slowly(settings, name)

Config.__getattr__ = counted

def application(environ, start_response):
    time.sleep(float(environ["QUERY_STRING"] or 0))
    told = {"process": os.getpid(), "thread": threading.get_ident(), "looked_up": len(looked_up)}
    body = json.dumps(told).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
"""


@contextmanager
def serving(folder: Path, *, workers: int, threads: int = 4) -> Iterator[int]:
    (folder / "app_of_the_test.py").write_text(APP)
    process = Process(folder / "log")
    options = ("-w", str(workers), "--threads", str(threads), "-k", "idp.worker.Worker", "--keep-alive", "75")
    try:
        process.gunicorn(
            *("-c", "/dev/null", "--no-control-socket", "--pythonpath", str(folder)),
            *(*options, "app_of_the_test:application"),
            env=environment(),
        )
        yield process.port
    finally:
        process.stop()


def ask(connection: http.client.HTTPConnection, seconds: float = 0) -> dict[str, int]:
    connection.request("GET", f"/?{seconds}")
    return json.loads(connection.getresponse().read())


def test_requests_that_follow_at_once_stay_in_one_thread(tmp_path: Path):
    with serving(tmp_path, workers=1) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        threads = [ask(connection)["thread"] for _ in range(200)]
    changes = sum(a != b for a, b in pairwise(threads))
    assert changes < 100  # each one is a pause of this test; handed over each time it would be three in four


def test_a_connection_that_pauses_comes_back(tmp_path: Path):
    with serving(tmp_path, workers=1, threads=1) as port:
        first, second = (http.client.HTTPConnection("127.0.0.1", port) for _ in range(2))
        for _ in range(3):  # one thread, two kept connections: neither holds it
            ask(first)
            ask(second)
            time.sleep(0.05)


def test_more_busy_connections_than_threads_are_all_served(tmp_path: Path):
    with serving(tmp_path, workers=1, threads=2) as port:
        answers = []

        def visitor() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            answers.extend(ask(connection, 0.001) for _ in range(30))

        visitors = [threading.Thread(target=visitor) for _ in range(8)]
        for each in visitors:
            each.start()
        for each in visitors:
            each.join(30)
    assert len(answers) == 8 * 30


@pytest.mark.parametrize("connections", [8])
def test_connections_are_shared_among_processes(tmp_path: Path, connections: int):
    with serving(tmp_path, workers=2, threads=2) as port:
        opened = [http.client.HTTPConnection("127.0.0.1", port, timeout=20) for _ in range(connections)]
        processes: list[int] = []

        def visitor(connection: http.client.HTTPConnection) -> None:
            processes.append(ask(connection, 0.3)["process"])

        visitors = [threading.Thread(target=visitor, args=(connection,)) for connection in opened]
        for each in visitors:
            each.start()
        for each in visitors:
            each.join(30)
    assert min(processes.count(process) for process in set(processes)) >= connections // 4
    assert len(set(processes)) == 2


def test_no_request_looks_a_setting_up(tmp_path: Path):
    """Plain gunicorn does so 18 times a request, each through three calls."""
    with serving(tmp_path, workers=1) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        assert [ask(connection)["looked_up"] for _ in range(3)] == [0, 0, 0]
