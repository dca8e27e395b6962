"""The page of the doctor, an app's tabs "try it" and "grade", and the page of hostile mode, in a browser."""

import pytest
from playwright.sync_api import expect

from idp.hostile import server
from tests.e2e import steps
from tests.live.app import App

pytestmark = pytest.mark.browser


def test_an_admin_examines_signet_and_an_app(live, page, person, judge):
    olivia = person("olivia", "--superuser", "--staff", "--name", "Olivia Owner")
    app = App(live, client_name="Garden", signet_require_pkce=False)
    page.goto(f"{live.url}/admin/doctor/")
    steps.fill_in_login(page, olivia)
    page.get_by_role("link", name="Fetch http").click()
    expect(page.get_by_text("What an app sees at the public address")).to_be_visible()
    judge(page, "admin-doctor")
    page.get_by_role("link", name=f"app Garden ({app.client_id})").first.click()
    page.get_by_role("link", name="Grade", exact=True).click()
    expect(page.get_by_text("Sends PKCE with every sign-in")).to_be_visible()
    judge(page, "admin-app-grade")
    page.get_by_role("link", name="Try it").click()
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.get_by_role("heading", name="8. Userinfo")).to_be_visible()
    judge(page, "admin-app-try")


def test_the_page_of_hostile_mode(page, judge):
    with server.serving(0) as playing:
        page.goto(playing.provider.issuer)
        page.get_by_role("button", name="It let me in").first.click()
        page.get_by_role("button", name="It let me in").nth(1).click()
        page.get_by_role("button", name="It let me in").nth(2).click()
        expect(page.get_by_text("2 of 3 right.")).to_be_visible()
        judge(page, "hostile")
