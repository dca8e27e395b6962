"""People's own pages: a forgotten password, a session ended from afar, an app sent away; and a picture of each page."""

import json
import re
import secrets
import time

import pytest
from playwright.sync_api import expect

from tests.e2e import steps
from tests.live.app import App
from tests.live.server import Person, Server
from tests.live.visitor import Visitor

pytestmark = pytest.mark.browser
NEW_PASSWORD = "a quite different long password"


def mailed_link(server: Server, person: Person) -> str:
    """The link in the newest mail to somebody; mail goes out after the answer, so it may take a moment."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for mail in reversed(server.mails()):
            if person.username in mail["To"] and (found := re.search(r"http://\S+/\S+", mail.get_content())):
                return found[0]
        time.sleep(0.1)
    raise AssertionError("no mail came")


def test_a_forgotten_password_is_replaced_by_mail_and_ends_all_sessions(page, open_page, live, person, shoot):
    alice, elsewhere = person("alice"), open_page()
    steps.log_in(elsewhere, live, alice)

    page.goto(f"{live.url}/login")
    page.get_by_role("link", name="Forgot your password?").click()
    shoot(page, "password-reset")
    page.get_by_label("E-mail").fill(f"{alice.username}@example.org")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    shoot(page, "password-reset-sent")

    link = mailed_link(live, alice)
    page.goto(link)
    assert link.rsplit("/", 1)[1] not in page.url, "S-106: the token has left the address"
    shoot(page, "password-new")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_text("Your new password is set")).to_be_visible()
    steps.fill_in_login(page, alice, password=NEW_PASSWORD)
    expect(page).to_have_url(f"{live.url}/account/")

    elsewhere.reload()
    expect(elsewhere.get_by_label("Password", exact=True)).to_be_visible()
    assert open_page().goto(link).status == 410


def test_a_session_ended_from_another_browser_is_over(page, open_page, live, person, shoot):
    alice, lost = person("alice"), open_page()
    steps.log_in(lost, live, alice)
    steps.log_in(page, live, alice)
    page.goto(f"{live.url}/account/sessions")
    expect(page.locator("section.card")).to_have_count(2)
    shoot(page, "account-sessions")
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_text("The session has ended")).to_be_visible()
    lost.reload()
    expect(lost.get_by_label("Password", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()


def test_an_app_that_was_sent_away_has_no_tokens_left(page, live, person, shoot):
    alice, app = person("alice"), App(live, client_name="Nosy")
    tokens = app.sign_in(alice)
    steps.log_in(page, live, alice)
    page.goto(f"{live.url}/account/apps")
    shoot(page, "account-apps")
    page.get_by_role("button", name="Remove access of Nosy").click()
    expect(page.get_by_text("Nosy no longer has access")).to_be_visible()
    expect(page.get_by_role("button", name="Remove access of Nosy")).to_have_count(0)
    assert live.userinfo(tokens["access_token"]).status_code == 401
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_changed_password_keeps_this_session_and_ends_the_others(page, open_page, live, person, shoot):
    alice, other = person("alice"), open_page()
    steps.log_in(other, live, alice)
    steps.log_in(page, live, alice)
    page.goto(f"{live.url}/account/password")
    shoot(page, "account-password")
    page.get_by_label("Current password").fill(alice.password)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("Your password is changed")).to_be_visible()
    other.reload()
    expect(other.get_by_label("Password", exact=True)).to_be_visible()


def test_signing_out_at_an_app_without_a_hint_asks_first(page, live, person, shoot):
    alice = person("alice")
    steps.log_in(page, live, alice)
    page.goto(f"{live.url}/oauth2/logout")
    expect(page.get_by_role("heading", name="Sign out?")).to_be_visible()
    shoot(page, "logout")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    shoot(page, "signed-out")
    page.goto(f"{live.url}/account/")
    expect(page.get_by_label("Password", exact=True)).to_be_visible()


def test_an_app_may_ask_who_is_going_on(page, live, person, judge):
    alice, app = person("alice"), App(live, client_name="Notes")
    app.sign_in(Visitor(alice))
    steps.log_in(page, live, alice)
    page.goto(app.request(prompt="select_account"))
    expect(page.get_by_role("heading", name="Choose an account")).to_be_visible()
    judge(page, "select-account")


def test_an_app_may_ask_for_the_password_again(page, live, person, shoot):
    alice, app = person("alice"), App(live, client_name="Bank")
    app.sign_in(Visitor(alice))
    steps.log_in(page, live, alice)
    page.goto(app.request(prompt="login"))
    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    shoot(page, "login-again")
    page.get_by_label("Password", exact=True).fill(alice.password)
    with steps.returning(page):
        page.get_by_role("button", name="Continue").click()


def test_an_admins_links_let_people_in(page, open_page, live, person, shoot):
    invited = json.loads(live.manage("user", "create", f"bob-{secrets.token_hex(3)}", "--json"))
    page.goto(invited["link"])
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    shoot(page, "welcome")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Save the password").click()
    expect(page).to_have_url(f"{live.url}/account/")  # in, for who is new has nothing else to prove

    other = open_page()
    other.goto(live.manage("user", "login-link", invited["username"]).strip().split()[-1])
    shoot(other, "login-link")
    other.get_by_role("button", name="Sign in").click()
    expect(other).to_have_url(f"{live.url}/account/")


@pytest.mark.parametrize("path", ["/account/", "/account/profile", "/keys"])
def test_other_pages_of_people(page, live, person, path, shoot):
    steps.log_in(page, live, person("alice"))
    assert page.goto(live.url + path).status == 200
    shoot(page, path.strip("/").replace("/", "-"))
