"""Two nodes on one PostgreSQL: what works once works once over both, and a request pushed to one opens at the other."""

import secrets
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from joserfc.jwk import ECKey

from tests.conftest import MakeServer
from tests.live.app import REDIRECT_URI, App, Attempt
from tests.live.server import Server
from tests.live.visitor import Visitor
from tests.reliability.conftest import AtOnce

pytestmark = pytest.mark.engines
KEY = ECKey.generate_key("P-256", {"kid": "app-1", "alg": "ES256", "use": "sig"})
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture(scope="module")
def nodes(make_server: MakeServer) -> tuple[Server, Server]:
    first = make_server(engine="postgres")
    return first, make_server(twin_of=first)


@pytest.fixture(scope="module")
def machine(nodes: tuple[Server, Server]) -> dict[str, Any]:
    return nodes[0].client(
        client_name="A machine",
        grant_types=["client_credentials"],
        scope="jobs",
        token_endpoint_auth_method="private_key_jwt",
        jwks={"keys": [KEY.as_dict(private=False)]},
    )


def assertion(client_id: str, issuer: str) -> str:
    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "exp": now + 60,
        "jti": secrets.token_urlsafe(12),
    }
    return jwt.encode(claims, KEY.private_key, "ES256", {"kid": "app-1"})


def test_s_056_an_assertion_shown_to_both_at_once_works_once(
    nodes: tuple[Server, Server], machine: dict[str, Any], at_once: AtOnce
) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": TYPE,
        "client_assertion": assertion(machine["client_id"], nodes[0].url),
    }
    turns: Iterator[Server] = iter(list(nodes) * 10)
    answers = at_once(20, lambda: next(turns).post("/oauth2/token", form))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19


def test_a_request_pushed_to_one_opens_at_the_other(nodes: tuple[Server, Server]) -> None:
    app, attempt = App(nodes[0]), Attempt()
    credentials = (app.client_id, app.registration["client_secret"])
    pushed = nodes[1].post("/oauth2/par", attempt.parameters(app.client_id), auth=credentials)
    assert pushed.status_code == 201, pushed.text
    url = f"{nodes[0].address}/oauth2/authorize?client_id={app.client_id}&request_uri={pushed.json()['request_uri']}"
    arrival = Visitor(nodes[0].user("alice")).authorize(url, REDIRECT_URI)
    assert arrival.parameters["state"] == attempt.state
    assert "code" in arrival.parameters
