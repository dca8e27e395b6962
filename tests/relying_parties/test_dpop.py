"""npm's openid-client with its DPoP handle: proofs, nonces and retries are its own."""

from collections.abc import Iterator

import jwt
import pytest

from tests.live.app import REDIRECT_URI, SCOPE
from tests.live.node import Node
from tests.live.server import Server
from tests.live.visitor import Visitor

pytestmark = pytest.mark.node


def registered(live: Server, algorithm: str, **metadata: object) -> Node:
    client = live.client(
        client_name="An app with a key",
        redirect_uris=[REDIRECT_URI],
        grant_types=["authorization_code", "refresh_token"],
        scope=SCOPE,
        token_endpoint_auth_method="none",
        dpop_bound_access_tokens=True,
        **metadata,
    )
    return Node("dpop.mjs", live.url, client["client_id"], REDIRECT_URI, algorithm)


@pytest.fixture(params=["ES256", "PS256", "Ed25519"])
def app(live: Server, request: pytest.FixtureRequest) -> Iterator[Node]:
    with registered(live, request.param) as app:
        yield app


@pytest.fixture
def nonce_app(live: Server) -> Iterator[Node]:
    with registered(live, "ES256", signet_require_dpop_nonce=True) as app:
        yield app


def returned(app: Node, alice, how: str = "start") -> str:
    """The address to which the person comes back."""
    return Visitor(alice).authorize(app.ask(how, scope=SCOPE)["url"], REDIRECT_URI).url


@pytest.mark.parametrize("how", ["start", "push"])
def test_the_whole_life_of_tokens_that_are_bound_to_a_key(app, alice, how):
    answer = app.ask("finish", url=returned(app, alice, how))
    assert "error" not in answer, answer
    assert answer["tokens"]["token_type"] == "dpop"  # the library's spelling of it
    claims = jwt.decode(answer["tokens"]["access_token"], options={"verify_signature": False})
    assert claims["cnf"] == {"jkt": answer["jkt"]}
    assert app.ask("userinfo")["sub"] == alice.sub
    assert "error" not in app.ask("refresh")
    assert app.ask("userinfo")["sub"] == alice.sub


@pytest.mark.parametrize("how", ["start", "push"])
def test_ensure_dpopproof_at_par_endpoint_binding_and_dpop_auth_code_binding(app, alice, how):
    url = returned(app, alice, how)
    assert "error" in app.ask("steal", url=url)
    assert "error" not in app.ask("finish", url=url)


def test_what_is_stolen_without_the_key_is_of_no_use(app, alice):
    app.ask("finish", url=returned(app, alice))
    assert "error" in app.ask("stealUserinfo")
    assert "error" in app.ask("stealRefresh")
    assert app.ask("userinfo")["sub"] == alice.sub
    assert "error" not in app.ask("refresh")


def test_a_nonce_is_asked_for_once_and_then_known(nonce_app, alice):
    assert "error" not in nonce_app.ask("finish", url=returned(nonce_app, alice))
    assert nonce_app.ask("requests")["requests"] == 3  # the token request twice, and the JWKS
    assert nonce_app.ask("userinfo")["sub"] == alice.sub
    assert nonce_app.ask("requests")["requests"] == 4
