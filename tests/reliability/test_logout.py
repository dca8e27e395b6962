"""Sign-outs at two live nodes: the couriers of all their processes tell the app of each session once (S-113, R-14)."""

import time
from collections.abc import Callable, Iterator

import jwt
import pytest

from tests.conftest import MakeServer
from tests.idp.logout.receiver import Receiver
from tests.live.app import App
from tests.live.server import Server
from tests.live.visitor import Visitor, forms

pytestmark = pytest.mark.engines


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def nodes(request: pytest.FixtureRequest, make_server: MakeServer) -> tuple[Server, Server]:
    first = make_server(engine=request.param, IDP_FETCH_NETWORKS="127.0.0.0/8")
    return first, make_server(twin_of=first)


def eventually(is_so: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.05)


def sign_out(visitor: Visitor, node: Server) -> None:
    """By the button on our own page, at that node."""
    page = visitor.session.get(f"{node.url}/logout", timeout=30)
    [form] = [form for form in forms(page) if form.action.endswith("/logout")][:1]
    address = form.action.replace(node.url, node.address)
    answer = visitor.session.post(
        address, form.fields, headers={"Host": node.url.partition("//")[2]}, timeout=30
    )
    assert answer.status_code in (200, 303), answer.text


def test_each_session_is_told_of_once(nodes: tuple[Server, Server], receiver: Receiver) -> None:
    app = App(nodes[0], backchannel_logout_uri=receiver.uri)
    visitors = [Visitor(nodes[0].user(f"{receiver.port}-{number}")) for number in range(4)]
    sids = {_sid(app.sign_in(visitor)) for visitor in visitors}
    receiver.delay = 0.2  # so that one node is still at it when the other looks
    for number, visitor in enumerate(visitors):
        sign_out(visitor, nodes[number % 2])
    eventually(lambda: len(receiver.requests) >= len(sids))
    time.sleep(1)
    assert sorted(receiver.sids) == sorted(sids)
    keys = jwt.PyJWKClient(f"{nodes[1].address}/.well-known/jwks.json")
    for token in receiver.tokens:
        key = keys.get_signing_key_from_jwt(token)
        assert jwt.decode(token, key, algorithms=["RS256"], audience=app.client_id, issuer=nodes[0].url)


def test_r_14_what_waited_through_an_outage_is_delivered_by_command(
    nodes: tuple[Server, Server], receiver: Receiver
) -> None:
    app = App(nodes[0], backchannel_logout_uri=receiver.uri)
    receiver.down()
    visitor = Visitor(nodes[0].user(f"{receiver.port}-alice"))
    sid = _sid(app.sign_in(visitor))
    sign_out(visitor, nodes[0])
    eventually(lambda: '"unreachable"' in nodes[0].manage("logouts", "list", f"--session={sid}", "--json"))
    receiver.up()
    eventually(lambda: bool(nodes[1].manage("logouts", "deliver")) and receiver.sids != [], seconds=40)
    assert receiver.sids == [sid]


def _sid(tokens: dict[str, str]) -> str:
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    return str(claims["sid"])
