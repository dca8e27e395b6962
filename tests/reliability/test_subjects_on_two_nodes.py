"""Two nodes on one PostgreSQL: apps of one sector made at the same moment share it; each node says one `sub`."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from tests.conftest import MakeServer
from tests.live.app import Attempt
from tests.live.server import Person, Server
from tests.live.visitor import Visitor

pytestmark = pytest.mark.engines
CALLBACK = "https://notes.example/callback"  # the visitor stops at the door


@pytest.fixture(scope="module")
def nodes(make_server: MakeServer) -> tuple[Server, Server]:
    first = make_server(engine="postgres")
    return first, make_server(twin_of=first)


def make_app(server: Server) -> dict[str, Any]:
    return server.client(
        client_name="Notes",
        redirect_uris=[CALLBACK],
        scope="openid",
        signet_first_party=True,
        subject_type="pairwise",
    )


def sub(server: Server, app: dict[str, Any], person: Person) -> str:
    attempt = Attempt()
    parameters = attempt.parameters(app["client_id"], redirect_uri=CALLBACK, scope="openid")
    arrival = Visitor(person).authorize(
        f"{server.address}/oauth2/authorize?{urlencode(parameters)}", CALLBACK
    )
    answer = server.token(
        app,
        grant_type="authorization_code",
        code=arrival.parameters["code"],
        redirect_uri=CALLBACK,
        code_verifier=attempt.verifier,
    )
    assert answer.status_code == 200, answer.text
    return str(jwt.decode(answer.json()["id_token"], options={"verify_signature": False})["sub"])


def test_a_sector_made_by_several_at_once_is_one(nodes: tuple[Server, Server]) -> None:
    with ThreadPoolExecutor(4) as pool:
        apps = list(pool.map(make_app, [nodes[0]] * 4))
    alice, bob = nodes[0].user("alice"), nodes[0].user("bob")
    found = {sub(node, app, alice) for node in nodes for app in apps[:2]}
    assert len(found) == 1
    assert found != {alice.sub}
    assert sub(nodes[1], apps[3], bob) not in found
