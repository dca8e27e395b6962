"""Each error page: what people read when nothing can go on, and that it never sends them elsewhere."""

import pytest
from playwright.sync_api import expect

from tests.e2e import steps
from tests.live.app import App
from tests.live.postgres import Postgres
from tests.live.server import Server

pytestmark = pytest.mark.browser

REQUESTS = {
    "unknown-app": ({"client_id": "no-such-app"}, 400, "This sign-in can't go on"),
    "wrong-redirect-uri": ({"redirect_uri": "http://127.0.0.1:9/callback/"}, 400, "This sign-in can't go on"),
}
ADDRESSES = {
    "repeated-parameter": ("/oauth2/authorize?client_id=one&client_id=two", 400),
    "not-found": ("/no-such-page", 404),
    "expired-sign-in": ("/oauth2/authorize/long-gone", 410),
    "expired-link": ("/password/reset/no-such-link", 410),
}


@pytest.fixture(scope="module")
def app(live):
    return App(live, client_name="Notes")


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_that_proves_no_app_ends_here(page, live, app, name, shoot):
    changes, status, heading = REQUESTS[name]
    answer = page.goto(app.request(**changes))
    assert answer.status == status
    assert answer.request.redirected_from is None
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    shoot(page, f"error-{name}")


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_address_that_leads_nowhere_says_what_to_do(page, live, name, shoot):
    path, status = ADDRESSES[name]
    answer = page.goto(live.url + path)
    assert answer.status == status
    assert page.url.startswith(live.url)
    shoot(page, f"error-{name}")


def test_the_admin_is_closed_to_people_without_a_right(page, live, person, shoot):
    steps.log_in(page, live, person("mallory"))
    assert page.goto(f"{live.url}/admin/").status == 403
    shoot(page, "error-forbidden")


def test_r_02_a_database_that_is_away_is_a_page_that_says_so(page, tmp_path, judge):
    postgres = Postgres()
    postgres.start()
    server = Server(tmp_path / "server", postgres.create("signet")).prepare().start()
    try:
        steps.log_in(page, server, server.user("alice"))
        postgres.kill()
        assert page.goto(f"{server.url}/account/").status == 503
        expect(page.get_by_role("heading", name="Back in a moment")).to_be_visible()
        judge(page, "error-unavailable")
    finally:
        server.stop()
        postgres.remove()


def test_a_form_from_a_page_without_cookies_is_refused_kindly(page, live, person, shoot):
    page.goto(f"{live.url}/login")
    page.context.clear_cookies()
    steps.fill_in_login(page, person("alice"))
    expect(page.get_by_role("heading", name="Please try once more")).to_be_visible()
    shoot(page, "error-csrf")
