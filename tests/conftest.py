"""Fixtures for the whole suite: servers, PostgreSQL, cheaper passwords; how hard hypothesis tries."""

import os
import secrets
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from tests.live.chromium import chromium
from tests.live.clock import Clock
from tests.live.postgres import Postgres
from tests.live.server import Server

settings.register_profile("quick", deadline=None, max_examples=25)
settings.register_profile("ci", deadline=None, max_examples=50, print_blob=True)
# What is tried is read by Python alone, so one engine sees the many.
settings.load_profile("ci" if os.environ.get("CI") and "SIGNET_TEST_DATABASE" not in os.environ else "quick")

MakeServer = Callable[..., Server]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed shows what its servers said."""
    report = yield
    if report.failed:
        for name, value in item.funcargs.items():
            if isinstance(value, Server):
                report.sections.append((f"log of {name}", value.process.log()[-4000:]))
    return report


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which a password is scenery: Argon2id at its least. Never where hashing is the matter."""
    monkeypatch.setattr("accounts.hashers.Argon2id.time_cost", 1)
    monkeypatch.setattr("accounts.hashers.Argon2id.memory_cost", 64)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this worker's own."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def make_server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[MakeServer]:
    """`make_server(engine="postgres", IDP_…="…")`: started; ended with the session or before."""
    folder = tmp_path_factory.mktemp("servers")
    servers: list[Server] = []
    blank: dict[str, Server] = {}  # by engine: migrated once, and copied for each server

    def prepared(engine: str, name: str, **options: Any) -> Server:
        postgres = request.getfixturevalue("postgres") if engine == "postgres" else None
        if engine not in blank:
            database = postgres.create("signet_blank") if postgres else ""
            blank[engine] = Server(folder / f"blank_{engine}", database).prepare()
        database = postgres.create(name, template="signet_blank") if postgres else ""
        return Server(folder / name, database, **options).prepare(like=blank[engine])

    def make(
        *,
        engine: str = "",
        workers: int = 2,
        twin_of: Server | None = None,
        clock: Clock | None = None,
        certificate: Path | None = None,
        host: str = "localhost",
        **env: str,
    ) -> Server:
        if twin_of is not None:
            servers.append(twin_of.twin())
            return servers[-1].start()
        engine = engine or ("postgres" if request.config.getoption("postgres") else "sqlite")
        name = f"signet_{secrets.token_hex(4)}"
        env = {**(clock.environment() if clock else {}), **env}
        server = prepared(engine, name, settings=env, workers=workers, certificate=certificate, host=host)
        servers.append(server)
        return server.start()

    yield make
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def live(make_server: MakeServer) -> Server:
    """One Signet for all tests of this worker that leave it as they found it."""
    return make_server()


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    """For `make_server(clock=clock)`: that server's time is moved by `clock.forward(timedelta(days=90))`."""
    return Clock(tmp_path / "clock")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this worker: Playwright can be started once in a thread."""
    with chromium() as started:
        yield started
