"""A new installation: the setup link makes the first admin, who registers an app, which then signs them in."""

import json

import pytest
from playwright.sync_api import expect

from tests.live.app import REDIRECT_URI, App
from tests.live.server import PASSWORD, Person

pytestmark = pytest.mark.browser
SHOWN = ("Client id", "Client secret")


@pytest.fixture
def new_server(make_server):
    server = make_server()
    yield server
    server.stop()


@pytest.fixture
def setup_link(new_server):
    link: str = json.loads(new_server.manage("setup-link", "--json"))["url"]
    return link


@pytest.fixture
def admin_page(page, setup_link):
    """The first admin, at the admin's front page."""
    page.goto(setup_link)
    assert setup_link.rsplit("/", 1)[1] not in page.url, "S-106: the token has left the address"
    page.get_by_label("User name").fill("ada")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Full name").fill("Ada Lovelace")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create the admin").click()
    expect(page.get_by_text("You are the first admin")).to_be_visible()
    return page


def test_s_133_the_setup_link_makes_one_admin_and_then_is_dead(open_page, admin_page, setup_link, shoot):
    shoot(admin_page, "admin-index")
    other = open_page()
    answer = other.goto(setup_link)
    assert answer.status == 410
    expect(other.get_by_role("heading", name="This link no longer works")).to_be_visible()


def test_the_setup_page_and_a_refused_password(page, setup_link, shoot, judge):
    page.goto(setup_link)
    shoot(page, "setup")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password", exact=True).fill("password1234")
    page.get_by_role("button", name="Create the admin").click()
    expect(page.get_by_role("alert")).to_be_visible()
    judge(page, "setup-refused")


def test_an_app_registered_in_the_admin_signs_its_admin_in(admin_page, new_server, shoot, judge):
    admin_page.goto(f"{new_server.url}/admin/idp/client/add/")
    judge(admin_page, "admin-app-add")
    admin_page.get_by_label("Name:", exact=True).fill("Notes")
    admin_page.get_by_label("Redirect URIs:", exact=True).fill(REDIRECT_URI)
    admin_page.get_by_role("button", name="Save").first.click()
    expect(admin_page.get_by_role("heading", name="Notes is registered")).to_be_visible()
    judge(admin_page, "admin-app-registered")
    shown = {name: admin_page.get_by_role("row", name=name).locator("code").inner_text() for name in SHOWN}

    admin_page.goto(f"{new_server.url}/admin/idp/client/")
    shoot(admin_page, "admin-apps")
    admin_page.get_by_role("link", name="Notes").click()
    shoot(admin_page, "admin-app")
    assert shown["Client secret"] not in admin_page.content(), "S-042: shown once"

    app = App(new_server, {"client_id": shown["Client id"], "client_secret": shown["Client secret"]})
    assert app.sign_in(Person("ada"), scope="openid")["token_type"] == "Bearer"
