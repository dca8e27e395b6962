"""The admin: a picture of each kind of page, and what it asks before it acts."""

import pytest
from playwright.sync_api import expect

from tests.e2e import steps

pytestmark = pytest.mark.browser

ADMIN_PAGES = [
    "accounts/user/",
    "accounts/user/add/",
    "auth/group/add/",
    "accounts/session/",
    "accounts/auditevent/",
    "idp/grant/",
    "idp/consent/",
    "idp/client/connect/",
    "idp/client/connect/gitea/",
    "keys/signingkey/",
]


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_pages_of_the_admin(page, live, admin, path, judge):
    steps.log_in(page, live, admin)
    assert page.goto(f"{live.url}/admin/{path}").status == 200
    judge(page, "admin-" + path.strip("/").replace("/", "-"))


def test_a_person_in_the_admin_never_shows_a_password(page, live, admin, person, shoot):
    steps.log_in(page, live, admin)
    page.goto(f"{live.url}/admin/accounts/user/{person('alice').sub}/change/")
    expect(page.get_by_text("argon2")).to_have_count(0)
    shoot(page, "admin-person")


def test_rotating_a_key_says_what_will_happen_and_asks_first(page, live, admin, shoot):
    steps.log_in(page, live, admin)
    before = live.get("/.well-known/jwks.json").json()
    page.goto(f"{live.url}/admin/keys/signingkey/")
    page.get_by_role("link", name="Rotate RS256 now").click()
    expect(page.get_by_text("Every app will have seen it")).to_be_visible()
    shoot(page, "admin-key-rotate")
    assert live.get("/.well-known/jwks.json").json() == before


def test_an_app_with_pairwise_subjects_and_a_warning(page, live, admin, judge):
    app = live.client(
        client_name="Notes",
        redirect_uris=["https://notes.example/cb"],
        subject_type="pairwise",
        id_token_signed_response_alg="HS256",
    )
    steps.log_in(page, live, admin)
    page.goto(f"{live.url}/admin/idp/client/?q={app['client_id']}")
    page.get_by_role("link", name="Notes", exact=True).click()
    expect(page.get_by_text("whoever has the secret can make ID tokens for it")).to_be_visible()
    for heading in ("What people are called there", "What only it can read"):
        page.locator("summary").filter(has_text=heading).click()
    expect(page.get_by_text("pairwise: another at each sector")).to_be_visible()
    expect(page.get_by_label("ID token encryption:")).to_be_visible()
    judge(page, "admin-app-subjects")


def test_a_new_app_is_asked_for_its_kind_of_subjects(page, live, admin, judge):
    steps.log_in(page, live, admin)
    page.goto(f"{live.url}/admin/idp/client/add/")
    page.locator("summary").filter(has_text="What people are called there").click()
    expect(page.get_by_label("pairwise: another at each sector")).to_be_visible()
    judge(page, "admin-app-new-subjects")


def test_an_app_is_connected_and_its_page_has_tabs(page, live, admin, judge):
    steps.log_in(page, live, admin)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{live.url}/admin/idp/client/")
    page.get_by_role("link", name="Connect an app").click()
    page.get_by_role("link", name="Grafana").click()
    page.get_by_label("Where is your Grafana?").fill("grafana.example.com")
    page.get_by_role("button", name="Register it").click()
    expect(page.get_by_text("The secret is shown only now")).to_be_visible()
    page.get_by_role("button", name="Copy").nth(2).click()  # after those of id and secret
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("[server]\nroot_url = https://grafana")
    judge(page, "admin-app-connected")
    page.get_by_role("link", name="I have put it away").click()
    expect(page.get_by_label("Settings for")).to_have_value("grafana")
    judge(page, "admin-app-connect")
    page.get_by_role("link", name="Preview").click()
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Userinfo")).to_be_visible()
    judge(page, "admin-app-preview")
    page.get_by_role("link", name="Sessions").nth(1).click()
    expect(page.get_by_text("Nobody is signed in")).to_be_visible()
