"""Front-channel logout in a real browser: the app's page is loaded under our policy, and the way leads back to it."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
import pytest
from playwright.sync_api import expect

from tests.e2e import steps
from tests.live.app import App, Attempt

pytestmark = pytest.mark.browser


class Site(BaseHTTPRequestHandler):
    """An app in which every page is there; `visited` are their addresses."""

    visited: list[str] = []

    def do_GET(self) -> None:
        self.visited.append(self.path)
        body = b"<!doctype html><html lang=en><title>App</title><h1>The app</h1></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    Site.visited = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("javascript", [True, False])
def test_the_apps_page_is_loaded_and_the_browser_goes_on(live, open_page, person, site, javascript):
    page, alice = open_page(javascript=javascript), person("alice")
    app = App(
        live,
        redirect_uris=[f"{site}/callback"],
        post_logout_redirect_uris=[f"{site}/bye"],
        frontchannel_logout_uri=f"{site}/signed-out",
    )
    attempt = Attempt()
    page.goto(app.request(attempt, redirect_uri=f"{site}/callback").replace(live.address, live.url))
    steps.fill_in_login(page, alice)
    steps.allow(page)
    expect(page).to_have_url(re.compile(f"^{site}/callback"))
    tokens = live.token(
        app.registration,
        grant_type="authorization_code",
        code=dict(parse_qsl(urlsplit(page.url).query))["code"],
        redirect_uri=f"{site}/callback",
        code_verifier=attempt.verifier,
    ).json()

    query = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": f"{site}/bye", "state": "s"}
    page.goto(f"{live.url}/oauth2/logout?{urlencode(query)}", wait_until="commit")
    expect(page).to_have_url(f"{site}/bye?state=s")
    [loaded] = [path for path in Site.visited if path.startswith("/signed-out")]
    sid = jwt.decode(tokens["id_token"], options={"verify_signature": False})["sid"]
    assert parse_qs(urlsplit(loaded).query) == {"iss": [live.url], "sid": [sid]}


def test_a_sign_out_on_our_own_page_shows_whom_it_told(live, page, person, site, shoot, judge):
    alice = person("alice")
    app = App(live, redirect_uris=[f"{site}/callback"], frontchannel_logout_uri=f"{site}/signed-out")
    page.goto(app.request(redirect_uri=f"{site}/callback").replace(live.address, live.url))
    steps.fill_in_login(page, alice)
    steps.allow(page)
    expect(page).to_have_url(re.compile(f"^{site}/callback"))
    page.goto(f"{live.url}/account/")
    steps.sign_out(page)
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(page.get_by_text("asked in the browser")).to_be_visible()
    judge(page, "signed-out-of-apps")
    page.wait_for_timeout(500)
    assert any(path.startswith("/signed-out?") for path in Site.visited)

    steps.log_in(page, live, alice)
    page.goto(f"{live.url}/account/sessions")
    expect(page.get_by_role("heading", name="Ended in the last days")).to_be_visible()
    shoot(page, "sessions-ended")
