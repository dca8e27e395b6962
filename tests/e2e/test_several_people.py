"""Two people in one browser, and one person by two devices."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e import steps

pytestmark = pytest.mark.browser


def test_two_people_sign_in_side_by_side_and_each_reaches_the_app_that_they_choose(
    page, live, demo_app, person, judge
):
    notes, photos = demo_app("Notes", first_party=True), demo_app("Photos", first_party=True)
    alice, bob = person("alice"), person("bob")
    page.goto(f"{notes.url}/sign-in")
    steps.fill_in_login(page, alice)
    expect(page.get_by_role("heading", name="Hello, Alice Liddell")).to_be_visible()

    page.goto(f"{live.url}/account/")
    page.get_by_role("link", name="Switch account").click()
    page.get_by_role("link", name="Use another account").click()
    steps.fill_in_login(page, bob)
    expect(page.get_by_role("heading", name="Bob Liddell")).to_be_visible()
    judge(page, "account-of-one-of-two")
    page.get_by_role("link", name="Switch account").click()
    expect(page.get_by_role("button", name=re.compile("Alice Liddell.*Last used", re.S))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Bob Liddell.*In use now", re.S))).to_be_visible()
    judge(page, "select-account")

    page.goto(f"{photos.url}/sign-in")
    expect(page.get_by_role("heading", name="Hello, Bob Liddell"), "the current one").to_be_visible()
    page.goto(f"{live.url}/logout")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Still signed in here")).to_be_visible()
    judge(page, "signed-out-one-stays")

    page.goto(f"{photos.url}/sign-in")
    expect(page.get_by_text("Photos").first).to_be_visible()
    judge(page, "select-account-for-an-app")
    page.get_by_role("button", name="Alice Liddell").click()
    expect(page.get_by_role("heading", name="Hello, Alice Liddell")).to_be_visible()

    page.goto(f"{live.url}/select-account")
    expect(page.get_by_role("button", name="Bob Liddell"), "who signed out is not named").to_have_count(0)


def test_a_phone_lets_a_screen_in_by_its_qr_code_and_number(open_page, live, demo_app, person, judge):
    """The first number is a wrong one, which ends that request."""
    screen, phone = open_page(), open_page()
    notes, alice = demo_app("Notes", first_party=True), person("alice")

    def begin() -> tuple[str, str]:
        screen.get_by_role("button", name="Use another device").click()
        expect(screen.get_by_role("img", name="QR code")).to_be_visible()
        screen.get_by_text("Without a camera").click()
        return screen.locator("code.value").inner_text().strip(), screen.locator(".number").inner_text()

    screen.goto(f"{notes.url}/sign-in")
    link, number = begin()
    judge(screen, "other-device-waits")
    phone.goto(link)
    steps.fill_in_login(phone, alice)
    expect(phone.get_by_role("heading", name="Sign in on another device?")).to_be_visible()
    expect(phone.get_by_text("Notes").first).to_be_visible()
    judge(phone, "other-device-approve")
    offered = phone.locator(".numbers button").all_inner_texts()
    phone.get_by_role("button", name=next(each for each in offered if each != number), exact=True).click()
    expect(phone.get_by_role("heading", name="That was another number")).to_be_visible()
    expect(screen.get_by_role("heading", name="Your other device said no")).to_be_visible()
    judge(screen, "other-device-over")

    screen.get_by_role("link", name="Sign in again").click()
    link, number = begin()
    phone.goto(link)
    phone.get_by_role("button", name=number, exact=True).click()
    expect(phone.get_by_role("heading", name="Go on at the other device")).to_be_visible()
    expect(screen.get_by_role("heading", name="Hello, Alice Liddell")).to_be_visible()
