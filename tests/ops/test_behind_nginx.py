"""The server block of docs/production.md, in a real nginx before a real Signet."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator

import pytest
import requests
from requests.adapters import HTTPAdapter

from idp.environment import Environment
from idp.management.processes import is_open
from tests.live.process import ROOT
from tests.live.server import Server
from tests.live.visitor import forms

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
AROUND = """
daemon off; pid {folder}/pid; error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    {documented}
}}
"""


def documented(listen: int, upstream: int) -> str:
    """The block as printed, less its certificate and the redirect from port 80, on ports of ours."""
    page = (ROOT / "docs" / "production.md").read_text()
    block = re.search(r"```nginx\n(upstream.*?)```", page, re.DOTALL)[1].rpartition("server {")[0]
    block = re.sub(r"\n +(ssl_\w+|listen \[::\]).*", "", block)
    block = re.sub(r"listen 443.*;", f"listen 127.0.0.1:{listen};", block)
    return block.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}").replace("id.example.com", "localhost")


class From(HTTPAdapter):
    """Connects from an address of its own, as another machine would."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args, **options) -> None:
        super().init_poolmanager(*args, source_address=(self.address, 0), **options)


@pytest.fixture(scope="module")
def server(make_server) -> Server:
    return make_server(workers=1, IDP_TRUSTED_PROXIES="127.0.0.1", IDP_THROTTLE_EXEMPT="")


@pytest.fixture(scope="module")
def front(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if NGINX is None:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    block = documented(port, server.process.port)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, documented=block))
    nginx = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf"])
    while not is_open(port):
        assert nginx.poll() is None, "nginx does not take the documented block"
    yield f"http://127.0.0.1:{port}"
    nginx.terminate()
    nginx.wait(20)


def test_it_passes_pages_and_answers(front: str):
    assert requests.get(f"{front}/login", timeout=10).status_code == 200
    assert requests.get(f"{front}/.well-known/jwks.json", timeout=10).json()["keys"]


def test_s_091_the_audit_log_has_the_address_that_connected_and_not_one_made_up(front: str, server: Server):
    session = requests.Session()
    session.mount("http://", From("127.0.0.7"))
    made_up = {"X-Forwarded-For": "198.51.100.9", "Forwarded": "for=198.51.100.9"}
    page = session.get(f"{front}/login", headers=made_up, timeout=10)
    form = next(form for form in forms(page) if "password" in form.fields)
    form.fields |= {"username": "mallory", "password": "guessed"}
    own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    session.post(form.action, form.fields, headers={**made_up, **own}, timeout=10)
    events = server.manage("audit", "tail", "--json")
    assert "127.0.0.7" in events
    assert "198.51.100.9" not in events


def test_a_long_authorization_request_fits_through(front: str):
    answer = requests.get(f"{front}/oauth2/authorize?client_id=nobody&state={'x' * 7500}", timeout=10)
    assert "Signet" in answer.text


def test_s_014_a_large_body_ends_at_the_front(front: str):
    answer = requests.post(f"{front}/oauth2/token", data=b"a=" + b"x" * 300_000, timeout=10)
    assert answer.status_code == 413


def test_the_documented_settings_are_settings():
    """Each IDP_ line on the page parses, and together they are what production needs."""
    lines = re.findall(r"^(IDP_\w+)=(.+)$", (ROOT / "docs" / "production.md").read_text(), re.MULTILINE)
    environment = Environment(dict(lines))
    assert environment["IDP_ISSUER"] == "https://id.example.com"


def test_r_10_sixty_half_open_and_forty_slow_connections_hold_up_nobody(front: str):
    """In small; gunicorn alone is held up by them, so production.md puts this server before it."""
    port = int(front.rpartition(":")[2])
    slow = b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\ngrant"
    connections = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(100)]
    try:
        for each in connections[60:]:
            each.sendall(slow)
        for _ in range(5):
            found = requests.get(f"{front}/.well-known/openid-configuration", timeout=5)
            assert found.status_code == 200
            assert found.elapsed.total_seconds() < 1
    finally:
        for each in connections:
            each.close()
