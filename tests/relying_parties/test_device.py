"""npm's openid-client as a device: registers itself (RFC 7591), shows a code, polls (RFC 8628)."""

import json
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
import requests

from tests.conftest import MakeServer
from tests.live.node import Node
from tests.live.server import Person, Server
from tests.live.visitor import Visitor, forms

pytestmark = pytest.mark.node
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(scope="module")
def server(make_server: MakeServer) -> Server:
    return make_server(IDP_REGISTRATION="token")


@pytest.fixture(scope="module")
def carol(server: Server) -> Person:
    return server.user("carol")


@pytest.fixture
def device(server: Server) -> Iterator[Node]:
    token = json.loads(server.manage("registration-token", "create", "televisions", "--json"))
    with Node("device.mjs", server.url, token["registration_token"]) as device:
        yield device


@pytest.fixture
def asked(device: Node) -> dict[str, str]:
    device.ask(
        "register",
        metadata={
            "client_name": "Television",
            "grant_types": [DEVICE, "refresh_token"],
            "token_endpoint_auth_method": "none",
        },
    )
    asked = device.ask("ask", scope="openid email offline_access")
    assert "error" not in asked, asked
    return asked


def answer(person: Person, address: str, decision: str) -> str:
    """Opens the address that the device shows, and answers what it asks; the last address."""
    visitor = Visitor(person)
    page = visitor._send("GET", address)
    while not page.url.endswith(("/allowed", "/denied")):
        if page.is_redirect:
            page = visitor._send("GET", urljoin(page.url, page.headers["Location"]))
            continue
        page = visitor._send("POST", *filled(page, person, decision))
    return page.url


def filled(page: requests.Response, person: Person, decision: str) -> tuple[str, dict[str, str]]:
    """The form of the page that matters, as the person sends it."""
    for form in forms(page):
        if "username" in form.fields:
            return form.action, form.fields | {"username": person.username, "password": person.password}
        if "decision" in form.buttons:
            return form.action, form.fields | {"decision": decision}
        if "user_code" in form.fields:
            return form.action, form.fields
    raise AssertionError(page.text[-2000:])


def test_a_device_that_registered_itself_is_let_in(
    device: Node, asked: dict[str, str], carol: Person
) -> None:
    assert answer(carol, asked["verification_uri_complete"], "allow").endswith("/device/allowed")
    got = device.ask("poll")
    assert "error" not in got, got
    assert got["claims"]["sub"] == carol.sub
    assert got["tokens"]["refresh_token"]


def test_a_device_that_is_turned_away_hears_it(device: Node, asked: dict[str, str], carol: Person) -> None:
    assert answer(carol, asked["verification_uri_complete"], "deny").endswith("/device/denied")
    assert device.ask("poll") == {"error": "access_denied"}


def test_a_token_that_is_used_up_registers_nothing(device: Node, asked: dict[str, str]) -> None:
    refused = device.ask("register", metadata={"redirect_uris": ["https://app.example/cb"]})
    assert "error" in refused
