"""Passkeys, apps, recovery codes and step-up as people meet them, with Chromium's virtual authenticator."""

import base64
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import CDPSession, Page, expect

from tests.e2e import steps
from tests.factories import app_code
from tests.live.app import App
from tests.live.server import Person, Server

pytestmark = pytest.mark.browser


class Device:
    """An authenticator in Chromium; `present` is whether somebody touches it when it is asked."""

    def __init__(self, page: Page, *, present: bool = True) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": present,
        }
        added = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.id = added["authenticatorId"]

    def present(self, present: bool) -> None:
        self.session.send(
            "WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": self.id, "enabled": present}
        )

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.session.send(
            "WebAuthn.getCredentials", {"authenticatorId": self.id}
        )["credentials"]
        return found

    def give(self, credentials: list[dict[str, Any]]) -> None:
        for credential in credentials:
            self.session.send(
                "WebAuthn.addCredential", {"authenticatorId": self.id, "credential": credential}
            )


def add_passkey(page: Page, live: Server, device: Device, shoot: Callable[..., None] | None = None) -> None:
    """From the security page of somebody who is signed in; to it again."""
    page.goto(f"{live.url}/account/security")
    if shoot:
        shoot(page, "account-security-empty")
    page.get_by_role("link", name="Add a passkey").click()
    if shoot:
        shoot(page, "account-passkey-new")
    page.get_by_label("Name of this passkey").fill("My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Save your recovery codes")).to_be_visible()
    assert device.credentials()


def add_app(page: Page, live: Server, shoot: Callable[..., None] | None = None) -> tuple[bytes, list[str]]:
    """The seed that the app now has, and the recovery codes that came with it."""
    page.goto(f"{live.url}/account/security/app/new")
    seed = type_first_code(page, shoot)
    expect(page.get_by_role("heading", name="Save your recovery codes")).to_be_visible()
    return seed, page.locator("ol.codes code").all_inner_texts()


def type_first_code(page: Page, shoot: Callable[..., None] | None = None) -> bytes:
    if shoot:
        shoot(page, "account-app-new")
    page.get_by_text("Can't scan it?").click()
    seed = base64.b32decode(page.locator("details code").inner_text().replace(" ", ""))
    page.get_by_label("Code that the app shows").fill(app_code(seed=seed))
    page.get_by_role("button", name="Add the app").click()
    return seed


def next_code(live: Server, seed: bytes) -> str:
    """The code after the one that was used: it is within the window, and each is taken once."""
    return app_code(seed=seed, now=timezone.now() + timedelta(seconds=30))


def test_the_first_passkey_then_signs_in_by_the_button(page, live, person, shoot, judge):
    alice, device = person("alice"), Device(page)
    steps.log_in(page, live, alice)
    add_passkey(page, live, device, shoot)
    shoot(page, "recovery-codes")
    page.get_by_role("link", name="I have saved them").click()
    expect(page.locator("strong", has_text="My laptop")).to_be_visible()
    shoot(page, "account-security")
    page.get_by_role("link", name="Change My laptop").click()
    shoot(page, "account-passkey")
    steps.sign_out(page)

    device.present(False)  # nobody touches it, so that the autofill waits
    page.goto(f"{live.url}/account/sessions")
    judge(page, "login-with-passkey")
    device.present(True)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()


def test_the_browser_hears_how_one_is_called_and_which_passkeys_are_dead(page, live, person):
    """WebAuthn's signal methods; Chromium's own authenticator does as it is told."""
    alice, device = person("alice"), Device(page)
    steps.log_in(page, live, alice)
    add_passkey(page, live, device)
    page.goto(f"{live.url}/account/profile")
    page.get_by_label("Full name").fill("Alice Hargreaves")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your profile is saved")).to_be_visible()
    until(lambda: device.credentials()[0]["userDisplayName"] == "Alice Hargreaves")

    live.manage("user", "reset-mfa", alice.username)  # which ends the session too
    page.goto(f"{live.url}/account/")
    expect(page.get_by_text("That passkey did not work here")).to_be_visible()  # the autofill has offered it
    until(lambda: device.credentials() == [])


def until(is_so: Callable[[], bool]) -> None:
    """What a page tells the browser arrives when it will."""
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_autofill_signs_in_without_a_name(page, open_page, live, person):
    alice, device = person("alice"), Device(page)
    steps.log_in(page, live, alice)
    add_passkey(page, live, device)
    steps.sign_out(page)
    expect(page).to_have_url(re.compile("signed-out"))
    page.goto(f"{live.url}/account/")
    expect(page.get_by_role("heading", name="Alice Liddell")).to_be_visible()


def test_after_the_password_an_app_asks_for_its_code(page, open_page, live, person, shoot):
    alice = person("alice")
    steps.log_in(page, live, alice)
    seed, _ = add_app(page, live, shoot)

    other = open_page(javascript=False)
    other.goto(f"{live.url}/account/")
    steps.fill_in_login(other, alice)
    expect(other.get_by_role("heading", name="One more step")).to_be_visible()
    other.goto(f"{live.url}/account/")
    expect(other.get_by_label("Password", exact=True), "S-103: half a sign-in opens nothing").to_be_visible()
    other.goto(f"{live.url}/login/second-factor")
    other.get_by_label("Code of your authenticator app").fill("000000")
    other.get_by_role("button", name="Continue").click()
    expect(other.get_by_role("alert")).to_be_visible()
    other.get_by_label("Code of your authenticator app").fill(next_code(live, seed))
    other.get_by_label("On this device").select_option("7")
    other.get_by_role("button", name="Continue").click()
    expect(other.get_by_role("heading", name="Alice Liddell")).to_be_visible()

    steps.sign_out(other)
    other.goto(f"{live.url}/account/")
    steps.fill_in_login(other, alice)
    expect(other.get_by_role("heading", name="Alice Liddell"), "this device is spared").to_be_visible()


def test_the_page_of_the_second_step(page, open_page, live, person, shoot, judge):
    alice = person("alice")
    steps.log_in(page, live, alice)
    add_app(page, live)
    other = open_page()
    Device(other, present=False)
    other.goto(f"{live.url}/account/")
    steps.fill_in_login(other, alice)
    shoot(other, "second-factor-app")
    other.get_by_role("link", name="Use a recovery code").click()
    shoot(other, "second-factor-recovery")
    other.get_by_role("link", name="Get a code by mail").click()
    shoot(other, "second-factor-mail")
    other.get_by_role("button", name="Send the code").click()
    expect(other.get_by_text("A code is on its way")).to_be_visible()
    judge(other, "second-factor-mail-sent")


def test_an_app_asks_for_more_and_only_that_is_asked(page, open_page, live, person, judge):
    """Step-up: the password was typed already, so the second factor alone is missing."""
    alice, notes = person("alice"), App(live, client_name="Bank")
    steps.log_in(page, live, alice)
    seed, _ = add_app(page, live)

    other = open_page()
    other.goto(f"{live.url}/account/")
    steps.fill_in_login(other, alice)
    other.get_by_role("link", name="Get a code by mail").click()
    other.get_by_role("button", name="Send the code").click()
    other.get_by_label("Code from the mail").fill(mailed_code(live, alice))
    other.get_by_role("button", name="Continue").click()
    expect(other.get_by_role("heading", name="Alice Liddell")).to_be_visible()

    other.goto(notes.request(acr_values="urn:signet:mfa"))
    expect(other.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    expect(other.get_by_text("Bank asks for a second proof")).to_be_visible()
    expect(other.get_by_label("Password", exact=True)).to_have_count(0)
    expect(other.get_by_role("link", name="Get a code by mail"), "it is no second factor").to_have_count(0)
    judge(other, "step-up")
    other.get_by_label("Code of your authenticator app").fill(next_code(live, seed))
    other.get_by_role("button", name="Continue").click()
    with steps.returning(other):
        steps.allow(other)


def mailed_code(live: Server, person: Person) -> str:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for mail in reversed(live.mails()):
            if person.username in mail["To"] and (
                found := re.search(r"^\d{8}$", mail.get_content(), re.MULTILINE)
            ):
                return found[0]
        time.sleep(0.1)
    raise AssertionError("no code came")


def test_a_lost_phone_a_recovery_code_and_another_app(page, open_page, live, person):
    alice = person("alice")
    steps.log_in(page, live, alice)
    _, codes = add_app(page, live)
    assert len(codes) == 10

    other = open_page()
    other.goto(f"{live.url}/account/")
    steps.fill_in_login(other, alice)
    other.get_by_role("link", name="Use a recovery code").click()
    other.get_by_label("Recovery code").fill(codes[0].lower())
    other.get_by_role("button", name="Continue").click()
    expect(other.get_by_role("heading", name="Alice Liddell")).to_be_visible()
    other.goto(f"{live.url}/account/security")
    expect(other.get_by_text("9 of your codes are left")).to_be_visible()
    other.get_by_role("button", name="Remove Authenticator app").click()
    expect(other.get_by_text("Authenticator app is removed")).to_be_visible()
    add_app(other, live)
    other.goto(f"{live.url}/account/sessions")
    other.get_by_role("button", name="End all others").click()
    page.reload()
    expect(page.get_by_label("Password", exact=True)).to_be_visible()


def test_everything_lost_and_an_admins_link(page, open_page, live, person, shoot):
    alice = person("alice")
    steps.log_in(page, live, alice)
    add_app(page, live)

    other = open_page()
    other.goto(live.manage("user", "recovery-link", alice.username).strip().split()[-1])
    expect(other.get_by_role("heading", name="Get back in")).to_be_visible()
    shoot(other, "recover")
    other.get_by_role("button", name="Continue").click()
    other.get_by_label("New password").fill("a quite different long password")
    other.get_by_role("button", name="Save the password").click()
    expect(other.get_by_role("heading", name="Alice Liddell")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Password", exact=True)).to_be_visible()


def test_an_app_whose_admin_demands_a_second_factor_has_it_set_up_on_the_way(page, live, person, shoot):
    alice, vault = person("alice"), App(live, client_name="Vault", signet_required_acr="urn:signet:mfa")
    Device(page, present=False)
    page.goto(vault.request())
    steps.fill_in_login(page, alice)
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    shoot(page, "enrol-passkey")
    page.get_by_role("link", name="Add an authenticator app").click()
    shoot(page, "enrol-app")
    type_first_code(page)
    page.get_by_role("link", name="I have saved them").click()
    with steps.returning(page):
        steps.allow(page)


def test_a_page_that_took_too_long_leads_on(page, live, shoot):
    page.goto(f"{live.url}/login/second-factor?next=/account/sessions")
    expect(page.get_by_role("heading", name="This took too long")).to_be_visible()
    shoot(page, "login-expired")
    page.get_by_role("link", name="Sign in again").click()
    assert "next=%2Faccount%2Fsessions" in page.url


def test_terms_of_use_are_accepted_on_the_way_in(page, make_server, shoot):
    server = make_server()
    server.manage("terms", "publish", "1", "--url", "https://example.com/terms")
    alice = server.user("alice")
    page.goto(f"{server.url}/account/sessions")
    steps.fill_in_login(page, alice)
    expect(page.get_by_role("heading", name="Terms of use")).to_be_visible()
    shoot(page, "terms")
    page.get_by_role("button", name="I accept version 1").click()
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
    server.stop()
