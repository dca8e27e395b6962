"""The main job: one sign-in, two apps that are not ours, and a sign-out that both notice."""

import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Route, expect

from tests.e2e import steps
from tests.live.app import REDIRECT_URI, App, Attempt

pytestmark = pytest.mark.browser


def test_one_login_opens_two_apps_and_one_sign_out_closes_both(page, demo_app, person, shoot, judge):
    notes, photos = demo_app("Notes"), demo_app("Photos", first_party=True)
    alice = person("alice")

    page.goto(notes.url)
    page.get_by_role("link", name="Sign in with Signet").click()
    expect(page.get_by_text("Notes").first).to_be_visible()
    shoot(page, "login-for-an-app")
    steps.fill_in_login(page, alice)
    expect(page.get_by_role("heading", name="Allow Notes")).to_be_visible()
    expect(page.get_by_text(f"{alice.username}@example.org")).to_be_visible()
    shoot(page, "consent")
    steps.allow(page)
    expect(page.get_by_role("heading", name="Hello, Alice Liddell")).to_be_visible()
    expect(page.get_by_text("Verified with Signet")).to_be_visible()
    judge(page, "demo-app")

    page.goto(photos.url)
    page.get_by_role("link", name="Sign in with Signet").click()
    expect(page, "no password, and no question: it is one of our own").to_have_url(f"{photos.url}/")
    expect(page.get_by_role("heading", name="Hello, Alice Liddell")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile(f"^{photos.url}/"))
    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    page.goto(notes.url)
    expect(page.get_by_text("You signed out elsewhere")).to_be_visible()
    page.get_by_role("link", name="Sign in with Signet").click()
    expect(page.get_by_label("Password", exact=True)).to_be_visible()


def test_consent_is_asked_once_and_refusing_goes_back_to_the_app(page, demo_app, person):
    notes, alice = demo_app("Notes"), person("alice")
    page.goto(f"{notes.url}/sign-in")
    steps.fill_in_login(page, alice)
    page.get_by_role("button", name="Do not allow").click()
    expect(page).to_have_url(re.compile(f"^{notes.url}/callback"))
    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()

    page.goto(f"{notes.url}/sign-in")
    steps.allow(page)
    expect(page.get_by_role("heading", name="Hello")).to_be_visible()

    page.context.clear_cookies(domain="127.0.0.1")
    page.goto(f"{notes.url}/sign-in")
    expect(page.get_by_role("heading", name="Hello"), "remembered").to_be_visible()


def test_all_of_it_works_without_javascript(open_page, demo_app, person):
    page, notes, alice = open_page(javascript=False), demo_app("Notes"), person("alice")
    page.goto(f"{notes.url}/sign-in")
    steps.fill_in_login(page, alice)
    steps.allow(page)
    expect(page.get_by_role("heading", name="Hello, Alice Liddell")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()


def test_a_wrong_password_says_so_and_keeps_the_way_to_the_app(page, demo_app, person, shoot):
    notes, alice = demo_app("Notes", first_party=True), person("alice")
    page.goto(f"{notes.url}/sign-in")
    steps.fill_in_login(page, alice, password="not this one, surely")
    expect(page.get_by_role("alert")).to_be_visible()
    shoot(page, "login-refused")
    steps.fill_in_login(page, alice)
    expect(page.get_by_role("heading", name="Hello, Alice Liddell")).to_be_visible()


def test_form_post_reaches_the_app_under_the_strict_policy(page, live, person):
    """INTEROP.md, 25: the page sends itself by a script with a nonce, to the app's origin only."""
    app, alice, attempt = App(live, client_name="Forms"), person("alice"), Attempt()
    received: list[str] = []

    def callback(route: Route) -> None:
        received.append(route.request.post_data or "")
        route.fulfill(body="thanks")

    page.route(REDIRECT_URI, callback)
    page.goto(app.request(attempt, response_mode="form_post"))
    steps.fill_in_login(page, alice)
    steps.allow(page)
    expect(page.get_by_text("thanks")).to_be_visible()
    answer = parse_qs(received[0])
    assert answer["state"] == [attempt.state]
    assert answer["iss"] == [live.url]
    assert "code" in answer
