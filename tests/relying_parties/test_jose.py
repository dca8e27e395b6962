"""npm's jose with a remote JWKS: what a Node service does to check a token that it was handed."""

from collections.abc import Iterator

import pytest

from tests.live.app import App
from tests.live.node import Node
from tests.live.server import Server
from tests.relying_parties.parts import CHANGES, altered

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def app(live: Server) -> App:
    return App(live)


@pytest.fixture(scope="module")
def jose(live: Server) -> Iterator[Node]:
    with Node("jose.mjs", live.url) as jose:
        yield jose


@pytest.fixture
def tokens(app, alice):
    return app.sign_in(alice)


def test_an_id_token_tells_who_signed_in(jose, app, tokens, alice):
    assert jose.ask("verify", token=tokens["id_token"], audience=app.client_id)["claims"]["sub"] == alice.sub


def test_an_access_token_verifies_with_the_same_keys(jose, tokens, alice):
    assert jose.ask("verify", token=tokens["access_token"], typ="at+jwt")["claims"]["sub"] == alice.sub


@pytest.mark.parametrize("part", CHANGES)
def test_a_changed_character_is_refused(jose, app, tokens, part):
    assert "error" in jose.ask("verify", token=altered(tokens["id_token"], part), audience=app.client_id)
