"""express-openid-connect, by the whole app that docs/apps/express.md prints, on Express 5."""

import shutil
from collections.abc import Iterator

import pytest
import requests

from tests.live.node import FOLDER, require_packages
from tests.live.process import Process, environment
from tests.live.server import Server
from tests.live.visitor import Visitor
from tests.relying_parties.page import Page

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def site(live: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    require_packages()
    folder = tmp_path_factory.mktemp("express")
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    process = Process(folder / "site.log")
    url = f"http://127.0.0.1:{process.port}"
    page = Page("express", live, url)
    page.places["listen(3000)"] = f"listen({{ fd: {process.socket.fileno()} }})"
    page.register()
    command = [shutil.which("node") or "node", str(page.save("js", folder / "printed.cjs"))]
    process.start(command, env=environment(), cwd=folder)
    yield url
    process.stop()


def signed_in(site: str, visitor: Visitor) -> requests.Session:
    browser = requests.Session()
    door = browser.get(f"{site}/login", allow_redirects=False, timeout=30)
    arrival = visitor.authorize(door.headers["Location"], f"{site}/callback")
    answer = browser.get(arrival.url, timeout=30)
    assert answer.url.rstrip("/") == site, answer.text
    return browser


def test_the_app_knows_who_signed_in(site, alice):
    assert requests.get(f"{site}/", timeout=30).text == "Nobody"
    assert signed_in(site, Visitor(alice)).get(f"{site}/", timeout=30).text == alice.sub


def test_an_answer_that_another_browser_began_is_refused(site, alice):
    door = requests.get(f"{site}/login", allow_redirects=False, timeout=30)
    arrival = Visitor(alice).authorize(door.headers["Location"], f"{site}/callback")
    stranger = requests.Session()
    assert stranger.get(arrival.url, timeout=30).status_code == 400
    assert stranger.get(f"{site}/", timeout=30).text == "Nobody"


def test_sign_out_ends_the_session_of_both(site, alice):
    visitor = Visitor(alice)
    browser = signed_in(site, visitor)
    door = browser.get(f"{site}/logout", allow_redirects=False, timeout=30)
    assert visitor.authorize(door.headers["Location"], site).url == site
    assert browser.get(f"{site}/", timeout=30).text == "Nobody"
    seen = len(visitor.pages)
    signed_in(site, visitor)
    assert "/login" in visitor.pages[seen:]
