"""One Signet on each database engine, with several worker processes, and people and apps of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Protocol, TypeVar

import pytest

from tests.conftest import MakeServer
from tests.live.app import App
from tests.live.server import Person, Server
from tests.live.visitor import Visitor

Answer = TypeVar("Answer")


class AtOnce(Protocol):
    def __call__(self, times: int, ask: Callable[[], Answer]) -> list[Answer]: ...


@pytest.fixture(scope="session")
def servers(make_server: MakeServer) -> Callable[[str], tuple[Server, App, Person]]:
    """Started on first use, one an engine."""
    started: dict[str, tuple[Server, App, Person]] = {}

    def on(engine: str) -> tuple[Server, App, Person]:
        if engine not in started:
            server = make_server(engine=engine, workers=3)
            started[engine] = server, App(server), server.user("alice")
        return started[engine]

    return on


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def server(servers, engine) -> Server:
    return servers(engine)[0]


@pytest.fixture
def app(servers, engine) -> App:
    return servers(engine)[1]


@pytest.fixture
def visitor(servers, engine) -> Visitor:
    return Visitor(servers(engine)[2])


@pytest.fixture
def at_once() -> AtOnce:
    """`at_once(50, ask)`: fifty threads that wait for one another, then ask; all their answers."""

    def at_once(times: int, ask: Callable[[], Answer]) -> list[Answer]:
        barrier = Barrier(times)

        def one() -> Answer:
            barrier.wait()
            return ask()

        with ThreadPoolExecutor(times) as threads:
            return [future.result() for future in [threads.submit(one) for _ in range(times)]]

    return at_once
