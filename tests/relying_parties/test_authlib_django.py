"""Authlib's integration for Django, by the whole little site that docs/apps/authlib.md prints."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from tests.live.process import Process, environment
from tests.live.server import Server
from tests.live.visitor import Visitor
from tests.relying_parties.page import Page

SITE = Path(__file__).with_name("authlib_site.py")


@pytest.fixture(scope="module")
def site(live: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("authlib")
    process = Process(folder / "site.log")
    page = Page("authlib", live, f"http://127.0.0.1:{process.port}")
    page.register()
    env = environment(SITE_CODE=str(page.save("python", folder / "documented.py")))
    process.gunicorn("--threads=2", "--no-control-socket", SITE.stem, env=env, cwd=SITE.parent)
    yield f"http://127.0.0.1:{process.port}"
    process.stop()


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
    assert (
        stranger.get(arrival.url, timeout=30).status_code == 500
    )  # the library raises MismatchingStateError
    assert stranger.get(f"{site}/", timeout=30).text == "Nobody"
