"""Processes beside one another, as `manage.py up` runs them: all or none."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.management.processes import Process, Together, is_free, is_open

LISTEN = "import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(60)"
LEAVE = "import sys; sys.exit({port} and 7)"


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def process(code: str, port: int) -> Process:
    return Process("test", [sys.executable, "-c", code.format(port=port)], os.environ, Path.cwd(), port)


def test_they_are_ready_when_every_port_answers(port: int):
    with Together([process(LISTEN, port)]) as together:
        assert together.answering()
        assert is_open(port)


def test_leaving_ends_them(port: int):
    with Together([process(LISTEN, port)]) as together:
        together.answering()
    assert not is_open(port)
    assert all(child.returncode is not None for child in together.running)


def test_one_that_ends_early_is_noticed(port: int):
    with Together([process(LEAVE, port)]) as together:
        assert not together.answering()


def test_the_exit_code_of_the_first_to_end_is_told(port: int):
    with Together([process(LISTEN, port), process(LEAVE, port)]) as together:
        assert together.wait() == 7


def test_an_asked_stop_ends_all_of_them(port: int):
    with Together([process(LISTEN, port)]) as together:
        together.answering()
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()
        with pytest.raises(KeyboardInterrupt):
            together.wait()
    assert not is_open(port)


def test_a_taken_port_is_not_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_an_unused_port_is_free(port: int):
    assert is_free(port)
