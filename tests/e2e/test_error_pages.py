"""Each error page: what people read when nothing can go on, and that it never sends them elsewhere."""

import pytest
from playwright.sync_api import expect

from tests.e2e import steps
from tests.live.app import App

pytestmark = pytest.mark.browser

REQUESTS = {
    "unknown-app": ({"client_id": "no-such-app"}, 400, "This sign-in can't go on"),
    "wrong-redirect-uri": ({"redirect_uri": "http://127.0.0.1:9/callback/"}, 400, "This sign-in can't go on"),
}
ADDRESSES = {
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


def test_a_form_from_a_page_without_cookies_is_refused_kindly(page, live, person, shoot):
    page.goto(f"{live.url}/login")
    page.context.clear_cookies()
    steps.fill_in_login(page, person("alice"))
    expect(page.get_by_role("heading", name="Please try once more")).to_be_visible()
    shoot(page, "error-csrf")
