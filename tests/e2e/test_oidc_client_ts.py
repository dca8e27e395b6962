"""oidc-client-ts in a page in Chromium, set up by docs/apps/oidc-client-ts.md: all that it asks crosses origins."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.page_site import PageSite
from tests.live.chromium import Faults
from tests.live.node import require_packages
from tests.live.server import Person, Server
from tests.relying_parties import page as documented

pytestmark = [pytest.mark.browser, pytest.mark.node]
SILENT = "manager.signinSilent().then(user => user.access_token, error => `${error.name}: ${error.error}`)"


@pytest.fixture(scope="module")
def site(live: Server) -> Iterator[PageSite]:
    require_packages()
    with PageSite() as site:
        printed = documented.Page("oidc-client-ts", live, site.url)
        printed.register()
        site.module = printed.block("js")
        yield site


@pytest.fixture
def alice(person) -> Person:
    return person("alice")


@pytest.fixture
def signed_in(page: Page, site: PageSite, alice: Person) -> Page:
    page.goto(site.url)
    expect(page.get_by_role("heading")).to_have_text("Nobody")
    page.evaluate("() => { manager.signinRedirect() }")
    steps.fill_in_login(page, alice)
    steps.allow(page)
    expect(page.get_by_role("heading")).to_have_text(alice.sub)
    return page


def user(page: Page, member: str) -> object:
    return page.evaluate(f"manager.getUser().then(user => user.{member})")


def test_the_page_knows_who_signed_in_and_has_asked_userinfo(signed_in, alice):
    assert user(signed_in, "profile.email") == f"{alice.username}@example.org"
    assert user(signed_in, "profile.name") == "Alice Liddell"


def test_a_silent_renewal_is_a_refresh_with_rotation(signed_in):
    before = user(signed_in, "refresh_token")
    renewed = signed_in.evaluate(SILENT)
    assert renewed == user(signed_in, "access_token")
    assert user(signed_in, "refresh_token") != before


def test_a_frame_without_our_cookie_learns_that_a_sign_in_is_needed(signed_in):
    signed_in.evaluate("manager.removeUser()")
    assert signed_in.evaluate(SILENT) == "ErrorResponse: login_required"


def test_a_refusal_of_the_token_endpoint_can_be_read_by_the_page(signed_in, faults: Faults):
    """Without CORS on errors the page would see no more than "Failed to fetch"."""
    signed_in.evaluate(
        "manager.getUser().then(user => manager.storeUser(Object.assign(user, {refresh_token: 'another'})))"
    )
    assert signed_in.evaluate(SILENT) == "ErrorResponse: invalid_grant"
    [logged] = faults.found  # Chromium's own line for the status
    assert "400 (Bad Request)" in logged
    faults.found.clear()


def test_revocation_is_open_to_the_page(signed_in):
    signed_in.evaluate("manager.revokeTokens()")
    assert user(signed_in, "refresh_token") is None


def test_signing_out_ends_the_session_and_brings_the_person_back(signed_in, site):
    signed_in.evaluate("() => { manager.signoutRedirect() }")
    expect(signed_in).to_have_url(f"{site.url}/")
    expect(signed_in.get_by_role("heading")).to_have_text("Nobody")
    signed_in.evaluate("() => { manager.signinRedirect() }")
    expect(signed_in.get_by_label("Password", exact=True)).to_be_visible()
