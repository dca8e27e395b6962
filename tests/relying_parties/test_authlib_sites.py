"""Authlib's integrations for Django, FastAPI and Flask, by the whole little sites that docs/apps prints."""

import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from tests.live.process import Process, environment
from tests.live.server import Person, Server
from tests.live.visitor import Visitor
from tests.relying_parties.page import Page

DJANGO = Path(__file__).with_name("authlib_site.py")


def django(process: Process, code: Path) -> None:
    env = environment(SITE_CODE=str(code))
    process.gunicorn("--threads=2", "--no-control-socket", DJANGO.stem, env=env, cwd=DJANGO.parent)


def fastapi(process: Process, code: Path) -> None:
    command = [sys.executable, "-m", "uvicorn", "--fd", str(process.socket.fileno()), f"{code.stem}:app"]
    process.start(command, env=environment(), cwd=code.parent)


def flask(process: Process, code: Path) -> None:
    process.gunicorn("--no-control-socket", f"{code.stem}:app", env=environment(), cwd=code.parent)


# By the name of the page.
SITES: dict[str, Callable[[Process, Path], None]] = {"authlib": django, "fastapi": fastapi, "flask": flask}


@pytest.fixture(scope="module", params=SITES)
def site(
    request: pytest.FixtureRequest, live: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp(request.param)
    process = Process(folder / "site.log")
    page = Page(request.param, live, f"http://127.0.0.1:{process.port}")
    page.register()
    SITES[request.param](process, page.save("python", folder / "documented.py"))
    yield f"http://127.0.0.1:{process.port}"
    process.stop()


@pytest.fixture(scope="module")
def bob(live: Server) -> Person:
    """Who has allowed none of the sites anything."""
    return live.user(f"bob-{secrets.token_hex(3)}")


def test_the_site_knows_who_signed_in(site, alice):
    browser = requests.Session()
    assert browser.get(f"{site}/", timeout=30).text == "Nobody"
    door = browser.get(f"{site}/login", allow_redirects=False, timeout=30)
    arrival = Visitor(alice).authorize(door.headers["Location"], f"{site}/callback")
    assert browser.get(arrival.url, timeout=30).text == alice.sub


@pytest.mark.parametrize("issuer", ["", "https://mallory.example"])
def test_an_answer_that_another_provider_sent_is_refused(site, alice, issuer):
    """RFC 9207 section 2.4: nothing of it is redeemed, and the right answer is still good."""
    browser = requests.Session()
    door = browser.get(f"{site}/login", allow_redirects=False, timeout=30)
    arrival = urlsplit(Visitor(alice).authorize(door.headers["Location"], f"{site}/callback").url)
    said = dict(parse_qsl(arrival.query))
    forged = {**said, "iss": issuer} if issuer else {name: said[name] for name in ("code", "state")}
    assert browser.get(f"{site}/callback", params=forged, timeout=30).status_code == 400
    assert browser.get(f"{site}/", timeout=30).text == "Nobody"
    assert browser.get(f"{site}/callback", params=said, timeout=30).text == alice.sub


def test_an_answer_that_another_browser_began_is_refused(site, alice):
    door = requests.get(f"{site}/login", allow_redirects=False, timeout=30)
    arrival = Visitor(alice).authorize(door.headers["Location"], f"{site}/callback")
    stranger = requests.Session()
    answer = stranger.get(arrival.url, timeout=30)
    assert (answer.status_code, answer.text) == (400, "mismatching_state")
    assert stranger.get(f"{site}/", timeout=30).text == "Nobody"


def test_who_refuses_is_nobody(site, bob):
    browser = requests.Session()
    door = browser.get(f"{site}/login", allow_redirects=False, timeout=30)
    arrival = Visitor(bob).authorize(door.headers["Location"], f"{site}/callback", decision="deny")
    answer = browser.get(arrival.url, timeout=30)
    assert (answer.status_code, answer.text) == (400, "access_denied")
    assert browser.get(f"{site}/", timeout=30).text == "Nobody"
