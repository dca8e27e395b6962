"""What a page does beside its forms where there is JavaScript, and hides where there is none."""

import pytest
from playwright.sync_api import expect

from tests.e2e import steps
from tests.e2e.test_factors import add_app

pytestmark = pytest.mark.browser


def test_recovery_codes_are_copied_and_downloaded(page, live, person, judge):
    alice = person("alice")
    steps.log_in(page, live, alice)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    _, codes = add_app(page, live)
    judge(page, "recovery-codes-with-ways-to-keep-them")
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


WATCH = """() => new Promise((done) => {
  const clock = document.querySelector("[data-seconds]"), seen = [];
  const timer = setInterval(() => {
    if (clock?.isConnected) return seen.push(clock.textContent);
    clearInterval(timer);
    done(seen);
  }, 100);
})"""


def test_a_wait_counts_down_and_goes(page, make_server):
    server = make_server(IDP_THROTTLE_EXEMPT="")
    alice, notice = server.user("alice"), page.locator(".notice.warning")
    page.goto(f"{server.url}/login")
    for _ in range(40):  # the first waits, of the address, are of a second
        with page.expect_navigation():
            steps.fill_in_login(page, alice, password="not the right one")
        if notice.count() and notice.locator("[data-seconds]").inner_text() > "0:02":
            break
    seen = list(dict.fromkeys(page.evaluate(WATCH)))
    assert len(seen) > 1
    assert seen == [f"0:{left:02}" for left in range(len(seen), 0, -1)]
    expect(notice).to_have_count(0)
