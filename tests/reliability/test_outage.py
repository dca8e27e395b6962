"""R-02: the database server is killed and comes back."""

import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.live.app import App
from tests.live.postgres import Postgres
from tests.live.server import Person, Server
from tests.live.visitor import Visitor

pytestmark = pytest.mark.engines
METADATA = ("/.well-known/openid-configuration", "/.well-known/jwks.json")


class Bed(NamedTuple):
    postgres: Postgres
    server: Server
    app: App
    alice: Person


@pytest.fixture
def bed(tmp_path) -> Iterator[Bed]:
    """A PostgreSQL of its own, since it will be killed."""
    postgres = Postgres()
    server = None
    try:
        postgres.start()
        server = Server(tmp_path / "server", postgres.create("signet")).prepare().start()
        yield Bed(postgres, server, App(server), server.user("alice"))
    finally:
        if server:
            server.stop()
        postgres.remove()


def timed(ask):
    started = time.monotonic()
    answer = ask()
    return answer, time.monotonic() - started


def test_r_02_a_killed_database_is_a_quick_503_and_its_return_needs_no_restart(bed):
    tokens = bed.app.sign_in(bed.alice)
    visitor = Visitor(bed.alice)
    code, _ = bed.app.code(visitor)
    metadata = {
        path: bed.server.get(path).content
        for path in ("/.well-known/openid-configuration", "/.well-known/jwks.json")
    }
    bed.postgres.kill()

    for _ in range(4):  # every worker finds out by itself
        for ask in (
            lambda: bed.server.userinfo(tokens["access_token"]),
            lambda: bed.app.refresh(tokens["refresh_token"]),
            lambda: bed.server.token(bed.app.registration, **code),
        ):
            answer, seconds = timed(ask)
            assert answer.status_code == 503, answer.text
            assert answer.json()["error"] == "temporarily_unavailable"
            assert int(answer.headers["Retry-After"]) > 0
            assert seconds < 2
    page = bed.server.get("/account/", cookies=visitor.session.cookies)
    assert page.status_code == 503
    assert page.headers["Content-Type"].startswith("text/html")
    for path, body in metadata.items():
        assert bed.server.get(path).content == body
    assert bed.server.get("/livez").status_code == 200
    assert bed.server.get("/readyz").status_code == 503

    bed.postgres.start()
    until = time.monotonic() + 5
    while bed.server.get("/readyz").status_code != 200:
        assert time.monotonic() < until, "not ready five seconds after the database"
        time.sleep(0.1)
    for _ in range(4):
        assert bed.server.userinfo(tokens["access_token"]).status_code == 200
    assert bed.app.refresh(tokens["refresh_token"]).status_code == 200, "what was promised before still holds"
    assert bed.server.token(bed.app.registration, **code).status_code == 200
