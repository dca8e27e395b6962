"""What a page does beside its forms where there is JavaScript, and hides where there is none."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e import steps
from tests.e2e.test_factors import add_app

pytestmark = pytest.mark.browser


def test_recovery_codes_are_copied_and_downloaded(page, live, person, shoot):
    alice = person("alice")
    steps.log_in(page, live, alice)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    _, codes = add_app(page, live)
    shoot(page, "recovery-codes-with-ways-to-keep-them")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    assert waiting.value.suggested_filename == "recovery-codes.txt"
    kept = waiting.value.path().read_text()
    assert kept == copied
    assert kept.splitlines()[2:] == codes
    assert "alice" in kept.splitlines()[0]
    box = page.get_by_role("link", name="I have saved them").bounding_box()
    assert box["height"] < 50, "one line"


def test_a_wait_counts_down_and_goes(page, live, person):
    alice, notice = person("alice"), page.locator(".notice.warning")
    page.clock.install()
    page.goto(f"{live.url}/login")
    for _ in range(25):  # on a slow machine the first waits are over before the next try
        with page.expect_navigation():
            steps.fill_in_login(page, alice, password="not the right one")
        if notice.count():
            break
    expect(notice.get_by_role("alert")).to_contain_text("too many tries")
    clock = notice.locator("[data-seconds]")
    before = clock.inner_text()
    page.clock.run_for(1000)
    expect(clock).not_to_have_text(before)
    assert re.fullmatch(r"\d:\d\d", clock.inner_text())
    assert clock.inner_text() < before
    page.clock.run_for(300_000)
    expect(notice).to_have_count(0)
