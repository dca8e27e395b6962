"""R-12: a backup taken while people sign in is a whole installation, on a machine that has nothing but the secrets."""

import sqlite3
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.live.app import App
from tests.live.postgres import Postgres
from tests.live.server import DATABASE, Server
from tests.live.visitor import Visitor

pytestmark = pytest.mark.engines
BEFORE, AFTER = 8, 4  # sign-ins that are answered before the backup begins, and after it ended


@pytest.fixture
def server(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    """One whose database may be taken away."""
    url = ""
    if engine == "postgres":
        url = request.getfixturevalue("postgres").create(f"backup-{uuid.uuid4().hex}")
    server = Server(tmp_path / "server", url).prepare().start()
    yield server
    server.stop()


class Load:
    """People who sign in one after the other, each in a browser of their own, and what they were answered."""

    def __init__(self, app: App) -> None:
        self.app, self.answered = app, list[dict[str, Any]]()
        self._person, self._more = app.server.user("crowd"), threading.Condition()

    @contextmanager
    def running(self) -> Iterator["Load"]:
        over = threading.Event()
        thread = threading.Thread(target=self._sign_in, args=(over,))
        thread.start()
        try:
            yield self
        finally:
            over.set()
            thread.join(60)
            assert not thread.is_alive()

    def _sign_in(self, over: threading.Event) -> None:
        while not over.is_set():
            tokens = self.app.sign_in(self._person)
            with self._more:
                self.answered.append(tokens)
                self._more.notify_all()

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """So many more; all that were answered until then."""
        with self._more:
            goal = len(self.answered) + count
            assert self._more.wait_for(lambda: len(self.answered) >= goal, 60), "nobody signs in"
            return list(self.answered)


def back_up(server: Server, postgres: Postgres | None, to: Path) -> None:
    """As docs/production.md says; Python's `backup` is what `.backup` of the shell calls."""
    if postgres:
        command = [str(postgres.program("pg_dump")), "--format=custom", f"--file={to}", server.database]
        subprocess.run(command, check=True, capture_output=True)
        return
    with closing(sqlite3.connect(server.folder / DATABASE)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)


def restore(server: Server, postgres: Postgres | None, backup: Path) -> None:
    """Into an empty database. Of the old one nothing is left."""
    if postgres:
        postgres.drop(server.database)
        server.environment["IDP_DATABASE_URL"] = url = postgres.create(f"restored-{uuid.uuid4().hex}")
        command = [str(postgres.program("pg_restore")), f"--dbname={url}", str(backup)]
        subprocess.run(command, check=True, capture_output=True)
        return
    for file in server.folder.glob(f"{DATABASE}*"):
        file.unlink()
    backup.rename(server.folder / DATABASE)


def test_r_12_what_was_answered_before_the_backup_is_there_after_a_restore(
    server: Server, engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    postgres = request.getfixturevalue("postgres") if engine == "postgres" else None
    app, alice = App(server), Visitor(server.user("alice"))
    revoked, later = app.sign_in(alice), app.sign_in(alice)
    revoke(app, revoked)
    keys = server.get("/.well-known/jwks.json").content

    with Load(app).running() as load:
        acknowledged = load.wait_for(BEFORE)
        back_up(server, postgres, tmp_path / "backup")
        load.wait_for(AFTER)
    revoke(app, later)
    server.stop()
    restore(server, postgres, tmp_path / "backup")
    server.start()

    assert server.get("/.well-known/jwks.json").content == keys
    for tokens in acknowledged:
        assert verified(server, app, tokens["id_token"])["preferred_username"] == "crowd"
        assert server.userinfo(tokens["access_token"]).status_code == 200
        assert app.refresh(tokens["refresh_token"]).status_code == 200
    assert server.introspect(app.registration, revoked["access_token"]) == {"active": False}
    assert app.refresh(revoked["refresh_token"]).json()["error"] == "invalid_grant"
    assert verified(server, app, app.sign_in(alice)["id_token"])["sub"] == alice.person.sub
    assert alice.pages.count("/login") == 1, "the browser's session is there too"

    # What ended after the backup lives again, until the rule of docs/production.md is followed.
    assert server.userinfo(later["access_token"]).status_code == 200
    server.manage("people", "sign-out", "--yes")
    for tokens in (later, *acknowledged):
        assert server.userinfo(tokens["access_token"]).status_code == 401
        assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    app.sign_in(alice)
    assert alice.pages.count("/login") == 2


def revoke(app: App, tokens: dict[str, Any]) -> None:
    proof = (app.registration["client_id"], app.registration["client_secret"])
    answer = app.server.post("/oauth2/revoke", {"token": tokens["refresh_token"]}, auth=proof)
    assert answer.status_code == 200


def verified(server: Server, app: App, id_token: str) -> dict[str, Any]:
    """As any app verifies it: by PyJWT, with the key that is published now."""
    keys = jwt.PyJWKSet.from_dict(server.get("/.well-known/jwks.json").json())
    key = keys[jwt.get_unverified_header(id_token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        id_token, key, ["RS256"], audience=app.client_id, issuer=server.url, leeway=60
    )
    return claims
