"""Two nodes on one PostgreSQL: what one of them gave, the other knows."""

import time
from urllib.parse import urlencode

import jwt
import pytest

from tests.live.app import App
from tests.live.server import Server
from tests.live.visitor import Visitor

pytestmark = pytest.mark.engines
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(scope="module")
def nodes(make_server) -> tuple[Server, Server]:
    first = make_server(engine="postgres")
    return first, make_server(twin_of=first)


@pytest.fixture(scope="module")
def app(nodes) -> App:
    return App(nodes[0])


@pytest.fixture(scope="module")
def alice(nodes):
    return nodes[0].user("alice")


def test_both_say_the_same_of_themselves_whatever_address_they_have(nodes):
    for path in ("/.well-known/openid-configuration", "/.well-known/jwks.json"):
        assert nodes[0].get(path).content == nodes[1].get(path).content


def test_a_code_of_one_is_redeemed_at_the_other(nodes, app, alice):
    redemption, _ = app.code(Visitor(alice))
    tokens = nodes[1].token(app.registration, **redemption)
    assert tokens.status_code == 200, tokens.text
    assert nodes[0].userinfo(tokens.json()["access_token"]).json()["sub"] == alice.sub


def test_s_023_a_code_is_redeemed_at_one_of_them_only(nodes, app, alice, at_once):
    redemption, _ = app.code(Visitor(alice))
    turns = iter(list(nodes) * 10)
    answers = at_once(20, lambda: next(turns).token(app.registration, **redemption))
    assert [answer.status_code for answer in answers].count(200) == 1


def test_what_one_revoked_the_other_refuses_at_once(nodes, app, alice):
    tokens = app.sign_in(alice)
    credentials = (app.client_id, app.registration["client_secret"])
    revoked = nodes[1].post("/oauth2/revoke", {"token": tokens["refresh_token"]}, auth=credentials)
    assert revoked.status_code == 200
    assert nodes[0].userinfo(tokens["access_token"]).status_code == 401
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_s_030_refreshes_at_both_at_once_get_the_same_successor(nodes, app, alice, at_once):
    tokens = app.sign_in(alice)
    turns = iter(list(nodes) * 5)
    answers = at_once(10, lambda: app.refresh(tokens["refresh_token"], next(turns)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


def test_a_session_begun_at_one_is_known_at_the_other(nodes, app, alice):
    visitor = Visitor(alice)
    app.sign_in(visitor)
    elsewhere = App(nodes[1], client_name="Elsewhere")
    visitor.pages.clear()
    elsewhere.sign_in(visitor)
    assert not any(page.startswith("/login") for page in visitor.pages)


def test_a_device_asks_one_of_them_and_is_let_in_by_the_other(nodes, alice):
    device = nodes[0].client(
        client_name="Television",
        grant_types=[DEVICE, "refresh_token"],
        token_endpoint_auth_method="none",
        scope="openid offline_access",
    )
    asked = (
        nodes[0]
        .post(
            "/oauth2/device_authorization",
            {"client_id": device["client_id"], "scope": "openid offline_access"},
        )
        .json()
    )
    poll = {"grant_type": DEVICE, "device_code": asked["device_code"]}
    assert nodes[1].token(device, **poll).json()["error"] == "authorization_pending"
    assert nodes[0].token(device, **poll).json()["error"] == "slow_down"  # the pace is one for both

    page = f"{nodes[1].address}/device?{urlencode({'user_code': asked['user_code']})}"
    Visitor(alice).authorize(page, f"{nodes[1].address}/device/allowed")
    time.sleep(2 * asked["interval"] + 1)
    tokens = nodes[0].token(device, **poll)
    assert tokens.status_code == 200, tokens.text
    assert nodes[1].userinfo(tokens.json()["access_token"]).json()["sub"] == alice.sub
    assert nodes[1].token(device, **poll).json()["error"] == "invalid_grant"


def test_keys_rotated_between_the_code_and_its_redemption_trouble_nobody(nodes, app, alice):
    """The code at one, a rotation, the redemption at the other; every token is good at both, before and after."""
    first = app.sign_in(alice)
    for turn in range(3):
        redemption, _ = app.code(Visitor(alice))
        nodes[turn % 2].manage("keys", "rotate", "--algorithm", "RS256")
        answer = nodes[(turn + 1) % 2].token(app.registration, **redemption)
        assert answer.status_code == 200, answer.text
        for node in nodes:
            keys = jwt.PyJWKSet.from_dict(node.get("/.well-known/jwks.json").json())
            for tokens in (first, answer.json()):
                token = tokens["id_token"]
                key = keys[jwt.get_unverified_header(token)["kid"]]
                claims = jwt.decode(
                    token, key, algorithms=["RS256"], audience=app.client_id, issuer=nodes[0].url
                )
                assert claims["sub"] == alice.sub
                assert node.userinfo(tokens["access_token"]).json()["sub"] == alice.sub
