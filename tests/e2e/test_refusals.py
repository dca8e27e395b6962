"""Why was it refused? One journey of an admin, from the error page to the field that mends it."""

import pytest
from playwright.sync_api import expect

from tests.e2e import steps
from tests.live.app import App

pytestmark = pytest.mark.browser


def test_from_a_refusal_to_what_mends_it(page, live, admin, shoot, judge):
    app = App(live, client_name="Notes")
    steps.log_in(page, live, admin)
    wrong = app.request(redirect_uri=app.registration["redirect_uris"][0] + "/")
    assert page.goto(wrong).status == 400
    expect(page.get_by_text("a slash too many at the end")).to_be_visible()
    weight = len(page.content().encode())
    assert weight < 60_000
    judge(page, "refusal-error-page")
    reference = page.get_by_text("Reference:").locator("code").inner_text()

    page.get_by_role("link", name="What this check means").click()
    expect(page.get_by_role("heading", name="The redirect URI is not one that is registered")).to_be_visible()
    shoot(page, "refusal-page-of-the-check")
    page.goto(f"{live.url}/docs/errors")
    shoot(page, "refusal-list-of-checks")

    page.goto(f"{live.url}/admin/idp/trace/?q={reference}")
    page.locator("#result_list tbody a").first.click()
    expect(page.get_by_text("a slash too many at the end")).to_be_visible()
    judge(page, "refusal-in-the-admin")

    page.goto(wrong)
    page.get_by_role("link", name="Mend it in the admin").click()
    expect(page.locator("#id_redirect_uris")).to_be_in_viewport()
    page.locator("nav.tabs").get_by_role("link", name="Refusals").click()
    page.locator("details.refusal summary").first.click()
    expect(page.get_by_text("a slash too many at the end").first).to_be_visible()
    judge(page, "refusal-tab")
