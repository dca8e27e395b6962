"""A device is let in: the code on its screen, the page that asks, the answer; and an app that registered itself."""

import time
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import MakeServer
from tests.e2e.steps import allow, fill_in_login
from tests.live.app import REDIRECT_URI, Attempt
from tests.live.server import Person, Server

pytestmark = pytest.mark.browser
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(scope="module")
def server(make_server: MakeServer) -> Server:
    return make_server(IDP_REGISTRATION="open")


@pytest.fixture(scope="module")
def alice(server: Server) -> Person:
    return server.user("alice", "--name", "Alice Liddell", "--email-verified")


@pytest.fixture(scope="module")
def television(server: Server) -> dict[str, Any]:
    return server.client(
        client_name="Television",
        client_uri="https://television.example",
        initiate_login_uri="https://television.example/login",
        grant_types=[DEVICE, "refresh_token"],
        token_endpoint_auth_method="none",
        scope="openid profile email offline_access",
    )


@pytest.fixture(scope="module")
def wiki(server: Server) -> dict[str, Any]:
    """An app that nobody has used yet."""
    return server.client(
        client_name="Wiki",
        redirect_uris=["https://wiki.example/cb"],
        initiate_login_uri="https://wiki.example/login",
    )


def asked(server: Server, app: dict[str, Any]) -> dict[str, Any]:
    form = {"client_id": app["client_id"], "scope": "openid profile email offline_access"}
    agent = (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
    )
    answer = server.post("/oauth2/device_authorization", form, headers={"User-Agent": agent})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def tokens(server: Server, app: dict[str, Any], device_code: str) -> dict[str, Any]:
    answer: dict[str, Any] = server.token(app, grant_type=DEVICE, device_code=device_code).json()
    return answer


@pytest.mark.parametrize("javascript", [True, False])
def test_a_person_types_the_code_and_lets_the_device_in(
    server: Server, alice: Person, television: dict[str, Any], wiki, open_page, shoot, judge, javascript: bool
) -> None:
    page, waiting = open_page(javascript=javascript), asked(server, television)
    page.goto(waiting["verification_uri"])
    fill_in_login(page, alice)
    page.get_by_label("Code").fill("bcdf-ghjk")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("No device waits")
    if javascript:
        shoot(page, "device-unknown-code")
    page.get_by_label("Code").fill(waiting["user_code"].lower().replace("-", " "))
    page.get_by_role("button", name="Go on").click()
    for shown in ("Television", waiting["user_code"], "127.0.0.1", "Chrome on Linux", "alice@example.org"):
        expect(page.locator("main")).to_contain_text(shown)
    if javascript:
        shoot(page, "device-confirm")
    allow(page)
    expect(page.get_by_role("heading", name="Your device is connected")).to_be_visible()
    if javascript:
        shoot(page, "device-allowed")
    assert "id_token" in tokens(server, television, waiting["device_code"])
    page.goto(f"{server.url}/account/apps")
    start = page.get_by_role("link", name="Open Television").get_attribute("href")
    assert start == f"https://television.example/login?{urlencode({'iss': server.url})}"
    expect(page.get_by_role("link", name="Open Wiki")).to_be_visible()
    if javascript:
        judge(page, "apps-open")


def test_the_complete_address_still_asks_whether_it_is_the_code_on_the_device(
    server: Server, alice: Person, television: dict[str, Any], page: Page, shoot, judge
) -> None:
    waiting = asked(server, television)
    page.goto(waiting["verification_uri_complete"])
    fill_in_login(page, alice)
    expect(page.get_by_label("Code")).to_have_value(waiting["user_code"])
    judge(page, "device-code")
    page.get_by_text("Go on at your phone").click()
    expect(page.get_by_role("img", name="The address of this page, to be scanned")).to_be_visible()
    judge(page, "device-qr")
    page.get_by_role("button", name="It shows this code").click()
    page.get_by_role("button", name="Do not allow").click()
    expect(page.get_by_role("heading", name="The device was turned away")).to_be_visible()
    shoot(page, "device-denied")
    assert tokens(server, television, waiting["device_code"])["error"] == "access_denied"


def test_an_app_that_registered_itself_is_shown_with_a_warning_and_its_host(
    server: Server, alice: Person, page: Page, judge
) -> None:
    answer = server.post(
        "/oauth2/register", {}, json={"client_name": "Kanban", "redirect_uris": [REDIRECT_URI]}
    )
    assert answer.status_code == 201, answer.text
    parameters = Attempt().parameters(answer.json()["client_id"])
    page.goto(f"{server.url}/oauth2/authorize?{urlencode(parameters)}")
    fill_in_login(page, alice)
    expect(page.get_by_role("note")).to_contain_text("This app registered itself")
    expect(page.get_by_role("note")).to_contain_text("127.0.0.1:9")
    judge(page, "consent-registered-itself")


def test_a_registration_token_is_made_in_the_admin(server: Server, page: Page, judge) -> None:
    admin = server.user(f"ada-{time.time_ns()}", "--superuser", "--staff")
    page.goto(f"{server.url}/admin/idp/registrationtoken/add/")
    fill_in_login(page, admin)
    page.get_by_label("Note").fill("The build server")
    judge(page, "admin-registration-token-new")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("It is shown only now")).to_be_visible()
    judge(page, "admin-registration-token-made")
    page.get_by_role("link", name="I have put it away").click()
    expect(page.get_by_role("cell", name="live")).to_be_visible()
    judge(page, "admin-registration-tokens")
