"""What the server fetches, and from where it never does (S-070, S-072); a real server on loopback, names by hand."""

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from idp import outbound
from idp.outbound import Fetched, Unreachable, fetch

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]

DRIPS = {
    "/drip/status": b"HTTP/1.1 200 OK" + b"K" * 50,
    "/drip/headers": b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 50,
}


class Site(BaseHTTPRequestHandler):
    seen: list[dict[str, str]] = []

    def do_GET(self) -> None:
        type(self).seen.append({"path": self.path, **dict(self.headers)})
        if self.path in DRIPS:
            self.drip(DRIPS[self.path])
            return
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/")
            self.end_headers()
            return
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Set-Cookie", "a=b")
        self.end_headers()
        if self.path == "/large":
            self.wfile.write(b"x" * (outbound.MAX_BYTES + 1))
        elif self.path == "/drip":
            self.drip(b" " * 50)
        else:
            self.wfile.write(b"{}")

    def drip(self, answer: bytes) -> None:
        """A byte at a time, each far sooner than a read may take."""
        with contextlib.suppress(OSError):
            for byte in answer:
                self.wfile.write(bytes([byte]))
                time.sleep(0.1)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    Site.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def own_network(settings: Any) -> None:
    settings.FETCH_NETWORKS = LOOPBACK


def test_a_network_of_ones_own_is_fetched_from(site: str, own_network: None) -> None:
    assert fetch(f"{site}/keys") == Fetched(200, "application/json", b"{}")
    assert fetch(f"{site}/missing").status == 404


def test_the_request_has_the_names_host_and_carries_nothing_else(
    site: str, own_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    named = site.replace("127.0.0.1", "localhost")
    fetch(f"{named}/a")
    fetch(f"{named}/b")
    assert [seen["Host"] for seen in Site.seen] == [named.removeprefix("http://")] * 2
    assert not any({"Cookie", "Authorization"} & set(seen) for seen in Site.seen)


@pytest.mark.parametrize("path", ["/redirect", "/large"])
def test_s_070_redirects_and_large_answers_are_refused(site: str, own_network: None, path: str) -> None:
    with pytest.raises(Unreachable):
        fetch(site + path)
    assert len(Site.seen) == 1


@pytest.mark.parametrize("path", ["/drip", "/drip/status", "/drip/headers"])
def test_s_070_an_answer_that_drips_is_cut_off_wherever_it_is(
    site: str, own_network: None, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.4)
    began = time.monotonic()
    with pytest.raises(Unreachable) as refused:
        fetch(site + path)
    assert time.monotonic() - began < 1.8
    assert refused.value.reason == "too slow"


@pytest.mark.parametrize("first", [b"", b"\x16\x03\x03\x40\x00"])
def test_s_070_a_handshake_that_does_not_end_is_cut_off(
    own_network: None, monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.4)

    def serve(listening: socket.socket) -> None:
        accepted, _ = listening.accept()
        with accepted, contextlib.suppress(OSError):
            for byte in first + bytes(50):  # the beginning of a record of TLS, and then drop by drop
                accepted.sendall(bytes([byte]))
                time.sleep(0.1)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, args=[listening], daemon=True).start()
        began = time.monotonic()
        with pytest.raises(Unreachable):
            fetch(f"https://127.0.0.1:{listening.getsockname()[1]}/")
        assert time.monotonic() - began < 1.8


def test_s_014_what_strangers_can_have_fetched_holds_few_threads_at_once(
    site: str, own_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 1)
    slow = [
        threading.Thread(target=_refused, args=[f"{site}/drip"]) for _ in range(outbound.STRANGERS_AT_ONCE)
    ]
    for thread in slow:
        thread.start()
    time.sleep(0.1)
    with pytest.raises(outbound.Busy):
        outbound.fetch_for_strangers(f"{site}/keys")
    for thread in slow:
        thread.join()
    assert outbound.fetch_for_strangers(f"{site}/keys").status == 200


def _refused(url: str) -> None:
    with pytest.raises(Unreachable):
        outbound.fetch_for_strangers(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]",
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "[fe80::1]",
        "[fd00::1]", "[fec0::1]", "[ff02::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::127.0.0.1]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_s_070_private_addresses_in_any_spelling_are_refused(
    host: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket.socket, "connect", _never)
    with pytest.raises(Unreachable):
        fetch(f"{scheme}://{host}:9/")


def _never(*args: Any) -> None:
    pytest.fail(f"a connection was tried: {args[1:]}")


def test_s_070_plain_http_is_refused_for_public_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _never)
    with pytest.raises(Unreachable):
        fetch("http://93.184.215.14/")


def test_s_070_a_name_that_means_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    private = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.1.2.3", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: private)
    monkeypatch.setattr(socket.socket, "connect", _never)
    with pytest.raises(Unreachable):
        fetch("https://app.example/jwks")


def test_s_070_own_networks_open_nothing_else(own_network: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _never)
    for url in ("http://10.0.0.1/", "https://192.168.1.1/", "http://93.184.215.14/"):
        with pytest.raises(Unreachable):
            fetch(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "file:///etc/passwd",
        "ftp://a/",
        "https://",
        "https://[x]/",
        "gopher://a",
        "//a",
        "https://a b/",
    ],
)
def test_s_072_every_failure_says_the_same(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _never)
    with pytest.raises(Unreachable) as refused:
        fetch(url)
    assert str(refused.value) == "The address could not be fetched."
