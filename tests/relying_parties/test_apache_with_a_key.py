"""mod_auth_openidc that signs client assertions, by docs/apps/apache-with-a-key.md, its key command included."""

import secrets
import shlex
import subprocess
from collections.abc import Iterator

import pytest
import requests

from tests.conftest import MakeServer
from tests.live.server import Server
from tests.live.visitor import Visitor
from tests.relying_parties.apache import Apache
from tests.relying_parties.page import Page


@pytest.fixture(scope="module")
def server(make_server: MakeServer) -> Server:
    return make_server(IDP_FETCH_NETWORKS="127.0.0.0/8")


@pytest.fixture(scope="module")
def apache(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apache]:
    with Apache(tmp_path_factory.mktemp("apache")) as apache:
        page = Page("apache-with-a-key", server, apache.url)
        page.places["/etc/apache2"] = str(apache.folder)
        subprocess.run(shlex.split(page.block("sh")), check=True, capture_output=True)
        assert "client_secret" not in page.register()
        apache.start(page.block("apache"))
        yield apache


def test_a_sign_in_with_an_assertion_whose_key_is_read_from_the_site(apache, server):
    alice = server.user(f"alice-{secrets.token_hex(3)}")
    browser = requests.Session()
    door = browser.get(apache.url, allow_redirects=False, timeout=30)
    arrival = Visitor(alice).authorize(door.headers["Location"], f"{apache.url}/signed-in")
    taken = browser.get(arrival.url, allow_redirects=False, timeout=30)
    assert taken.headers.get("Location") == f"{apache.url}/", f"{taken.text}\n{apache.log()}"
    assert browser.get(apache.url, timeout=30).json()["x-remote-user"] == alice.username
