"""Rotation under load: relying parties that cache the JWKS as long as they may never meet an unknown key.

The server's clock moves through two whole rotations. All the time tokens are issued, and each is verified
twice by each relying party: as soon as it is issued, and at the last moment of its life.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from unittest import mock

import jwt
import pytest
import time_machine

from tests.conftest import MakeServer
from tests.live.app import App
from tests.live.clock import Clock
from tests.live.node import Node
from tests.live.server import Person, Server
from tests.live.visitor import Visitor

SIGNING_PERIOD, PUBLISH_BEFORE = timedelta(days=3), timedelta(hours=24)
STEP = timedelta(minutes=20)
LIFE = timedelta(minutes=10)


@pytest.fixture
def server(make_server: MakeServer, clock: Clock) -> Iterator[Server]:
    server = make_server(clock=clock, IDP_KEY_SIGNING_PERIOD="3d", IDP_KEY_PUBLISH_BEFORE="24h")
    yield server
    server.stop()


def max_age(server: Server) -> int:
    """How long an app may cache the JWKS, by the first answer that the server gives."""
    header = server.get("/.well-known/jwks.json").headers["Cache-Control"]
    found = re.search(r"max-age=(\d+)", header)
    assert found, header
    return int(found[1])


class PyJWT:
    """PyJWKClient with the longest cache allowed, also for a key that it does not know."""

    def __init__(self, server: Server, clock: Clock) -> None:
        address, cache = f"{server.url}/.well-known/jwks.json", max_age(server)
        self.keys = jwt.PyJWKClient(address, lifespan=cache, cooldown_duration=cache)
        self.clock = clock

    def verify(self, token: str, audience: str) -> None:
        now = self.clock.now()
        with time_machine.travel(now), mock.patch("time.monotonic", now.timestamp):
            key = self.keys.get_signing_key_from_jwt(token)
            jwt.decode(token, key, algorithms=["RS256"], audience=audience)


class Jose:
    """The same in Node."""

    def __init__(self, node: Node, clock: Clock) -> None:
        self.node, self.clock = node, clock

    def verify(self, token: str, audience: str) -> None:
        self.node.ask("clock", seconds=self.clock.offset.total_seconds())
        answer = self.node.ask("verify", token=token, audience=audience)
        assert "error" not in answer, answer


@dataclass
class Seen:
    """What a run went through, so that the test can say that there was something to go through."""

    kids: list[str] = field(default_factory=list)
    verified: int = 0

    def token(self, token: str) -> None:
        kid = jwt.get_unverified_header(token)["kid"]
        if kid not in self.kids:
            self.kids.append(kid)


def audience(token: str) -> str:
    found: str = jwt.decode(token, options={"verify_signature": False})["aud"]
    return found


def through_two_rotations(
    server: Server, clock: Clock, app: App, alice: Person, parties: list[PyJWT | Jose]
) -> Seen:
    seen, visitor = Seen(), Visitor(alice)
    end = clock.now() + 2 * SIGNING_PERIOD + 2 * PUBLISH_BEFORE
    while clock.now() < end:
        response = app.sign_in(visitor)
        tokens = [response["id_token"], response["access_token"]]
        for pause in (LIFE - timedelta(seconds=10), STEP - LIFE):
            for token in tokens:
                seen.token(token)
                for party in parties:
                    party.verify(token, audience(token))
                    seen.verified += 1
            clock.forward(pause)
    return seen


@pytest.mark.slow
@pytest.mark.node
def test_no_token_is_refused_before_during_and_after_two_rotations(server, clock):
    app, alice = App(server, scope="openid"), server.user("alice")
    with Node("jose.mjs", server.url, str(max_age(server))) as node:
        seen = through_two_rotations(server, clock, app, alice, [PyJWT(server, clock), Jose(node, clock)])
    assert len(seen.kids) >= 3, "two rotations are three keys"
    assert seen.verified > 1000
