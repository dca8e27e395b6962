"""Services that check access tokens, in Python and in Node, by the code that docs/apps/apis.md prints."""

from typing import Any

import jwt
import pytest

from tests.live.app import App
from tests.live.server import Server
from tests.relying_parties.page import Page
from tests.relying_parties.parts import CHANGES, altered
from tests.relying_parties.printed_module import PrintedModule

API = "https://api.example.com"


@pytest.fixture(scope="module")
def app(live: Server) -> App:
    return App(live, signet_audiences=[API])


@pytest.fixture
def tokens(app, alice):
    return app.sign_in(alice)


def python(live: Server, token: str, audience: str) -> Any:
    names: dict[str, Any] = {}
    exec(Page("apis", live).block("python"), names)
    return names["claims"](token, audience)


def test_a_python_service_reads_who_and_which_app(live, app, tokens, alice):
    claims = python(live, tokens["access_token"], API)
    assert (claims["sub"], claims["client_id"]) == (alice.sub, app.client_id)


def test_a_python_service_refuses_what_is_not_for_it(live, app, tokens):
    with pytest.raises(jwt.InvalidAudienceError):
        python(live, tokens["access_token"], "https://other.example.com")
    with pytest.raises(jwt.InvalidTokenError, match="not an access token"):
        python(live, tokens["id_token"], app.client_id)
    for part in CHANGES:
        with pytest.raises((jwt.InvalidTokenError, jwt.PyJWKClientError)):
            python(live, altered(tokens["access_token"], part), API)


@pytest.mark.node
def test_a_node_service_reads_the_same_and_refuses_the_same(live, app, tokens, alice, tmp_path):
    with PrintedModule(tmp_path, Page("apis", live).block("js")) as service:
        assert service.call("claims", tokens["access_token"], API)["sub"] == alice.sub
        refused = [(tokens["access_token"], "https://other.example.com"), (tokens["id_token"], app.client_id)]
        refused += [(altered(tokens["access_token"], part), API) for part in CHANGES]
        for token, audience in refused:
            assert str(service.call("claims", token, audience)).startswith("ERR_J")
