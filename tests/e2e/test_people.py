"""People coming: invited to an app, by their own hand, and with another e-mail address; and their new pages."""

import io
import re
import secrets
import time

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e import steps
from tests.live.server import Person, Server

pytestmark = pytest.mark.browser
PASSWORD = "a quite different long password"


def link_to(server: Server, address: str, path: str) -> str:
    """The link in the newest mail to an address; mail goes out after the answer, so it may take a moment."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for mail in reversed(server.mails()):
            found = re.search(rf"http://\S+{path}\S+", mail.get_content())
            if mail["To"] == address and found:
                return found[0]
        time.sleep(0.2)
    raise AssertionError(f"no mail to {address}")


def test_an_invitation_leads_to_the_first_app(page, open_page, live, admin, demo_app, shoot, judge):
    app, name = demo_app("Notes"), f"ada-{secrets.token_hex(3)}"
    live.manage(
        "shell", "-c",
        "from idp.models import Client; c = Client.objects.get(client_id='{}'); "
        "c.initiate_login_uri = '{}/sign-in'; c.save()".format(app.registration["client_id"], app.url),
    )  # fmt: skip
    live.manage("group", "create", f"team-{name}")
    steps.log_in(page, live, admin)
    page.goto(f"{live.url}/admin/accounts/invitation/add/")
    shoot(page, "admin-invite")
    page.locator("#id_people").fill(f"email,name\n{name}@example.org,Ada Lovelace\nnobody,No Body")
    page.get_by_label(f"team-{name}").check()
    page.get_by_label("Where they land").select_option(label="Notes")
    page.get_by_role("button", name="Look what would happen").click()
    expect(page.get_by_text("line 3: email: Enter a valid email address.")).to_be_visible()
    judge(page, "admin-invite-bad-line")
    page.locator("#id_people").fill(f"email,name\n{name}@example.org,Ada Lovelace")
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("Nothing has been done yet")).to_be_visible()
    judge(page, "admin-invite-preview")
    page.get_by_role("button", name="Invite 1").click()
    expect(page.get_by_text("1 person gets a mail.")).to_be_visible()
    judge(page, "admin-invitations")

    ada = open_page()
    ada.goto(link_to(live, f"{name}@example.org", "/welcome/"))
    expect(ada.get_by_role("heading", name="Welcome, Ada Lovelace")).to_be_visible()
    ada.get_by_label("New password").fill(PASSWORD)
    ada.get_by_role("button", name="Save the password").click()
    expect(ada.get_by_role("heading", name=re.compile("Notes"))).to_be_visible()
    steps.allow(ada)
    ada.wait_for_url(f"{app.url}/**")
    expect(ada.get_by_text(f"team-{name}").first).to_be_visible()


def test_people_make_their_own_account_and_accept_the_terms(open_page, make_server, shoot, judge):
    """On a server of its own, for the switch and the terms are there for everybody."""
    server = make_server(IDP_SELF_REGISTRATION="on")
    server.manage("terms", "publish", "2026-11", "--text", "-", stdin="Be kind.\n\nLeave the place tidy.")
    page = open_page()
    page.goto(f"{server.url}/login?next=/account/profile")
    judge(page, "login-with-registration")
    page.get_by_role("link", name="Make an account").click()
    shoot(page, "register")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    shoot(page, "register-sent")
    link = link_to(server, "ada@example.org", "/register/")
    page.goto(link)
    assert link.rsplit("/", 1)[1] not in page.url, "S-106: the token has left the address"
    shoot(page, "register-new")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.get_by_label("I accept the terms of use").check()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page).to_have_url(f"{server.url}/account/profile")

    server.manage("terms", "publish", "2027-01", "--text", "-", stdin="Be kind.\n\n" + "And patient. " * 200)
    again = open_page(javascript=False)
    again.goto(f"{server.url}/login")
    steps.fill_in_login(again, Person("ada"), password=PASSWORD)
    expect(again.get_by_role("heading", name="Terms of use")).to_be_visible()
    again.get_by_role("button", name="I accept version 2027-01").click()
    expect(again).to_have_url(f"{server.url}/account/")
    looked = open_page()
    looked.goto(f"{server.url}/terms")
    shoot(looked, "terms")
    server.manage("terms", "publish", "2028-01", "--text", "-", stdin="Be kind.\n\n" + "And patient. " * 200)
    looked.goto(f"{server.url}/login")
    steps.fill_in_login(looked, Person("ada"), password=PASSWORD)
    shoot(looked, "terms-accept")


def test_an_e_mail_address_is_changed_once_it_is_confirmed(page, live, person, shoot):
    alice = person("alice")
    steps.log_in(page, live, alice)
    page.goto(f"{live.url}/account/profile")
    page.get_by_role("link", name="Change e-mail address").click()
    shoot(page, "account-email")
    new = f"new-{alice.username}@example.org"
    page.get_by_label("New e-mail address").fill(new)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text(f"A mail is on its way to {new}")).to_be_visible()
    page.goto(link_to(live, new, "/account/email/confirm/"))
    shoot(page, "account-email-confirm")
    page.get_by_role("button", name="Yes, change it").click()
    expect(page.get_by_text("Your e-mail address is changed.")).to_be_visible()
    expect(page.get_by_role("listitem").get_by_text(new)).to_be_visible()
    subjects = [mail["Subject"] for mail in live.mails() if mail["To"] == f"{alice.username}@example.org"]
    assert any("was changed" in subject for subject in subjects)


def test_a_picture_is_put_up(page, live, person, shoot):
    steps.log_in(page, live, person("alice"))
    file = io.BytesIO()
    Image.effect_mandelbrot((900, 600), (-2, -1, 1, 1), 40).convert("RGB").save(file, "JPEG")
    page.goto(f"{live.url}/account/picture")
    page.get_by_label("Picture").set_input_files(
        {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}
    )
    page.get_by_role("button", name="Save the picture").click()
    expect(page.get_by_role("img", name="Your picture")).to_be_visible()
    shoot(page, "account-profile")
    page.goto(f"{live.url}/account/picture")
    shoot(page, "account-picture")


def test_data_and_activity(page, live, person, shoot, judge):
    alice = person("alice")
    steps.log_in(page, live, alice)
    page.goto(f"{live.url}/account/activity")
    shoot(page, "account-activity")
    page.goto(f"{live.url}/account/data")
    shoot(page, "account-data")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download everything").click()
    assert alice.sub in download.value.path().read_text()
    page.get_by_label("Type your user name").fill(alice.username)
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("button", name="Keep my account")).to_be_visible()
    judge(page, "account-data-deletion")
    page.goto(f"{live.url}/account/")
    shoot(page, "account-overview-deletion")
    page.goto(f"{live.url}/account/data")
    page.get_by_role("button", name="Keep my account").click()
    expect(page.get_by_text("Your account stays.")).to_be_visible()


@pytest.mark.parametrize(
    "path", ["accounts/attribute/add/", "accounts/terms/add/", "idp/claimmapping/add/", "auth/group/"]
)
def test_new_pages_of_the_admin(page, live, admin, path, judge):
    steps.log_in(page, live, admin)
    assert page.goto(f"{live.url}/admin/{path}").status == 200
    judge(page, "admin-" + path.strip("/").replace("/", "-"))


def test_an_admin_looks_at_somebodys_pages(open_page, make_server, shoot):
    server = make_server(IDP_IMPERSONATION="on")
    admin = server.user("ada", "--superuser", "--staff", "--name", "Ada Lovelace")
    bob = server.user("bob", "--name", "Bob Builder")
    page = open_page()
    steps.log_in(page, server, admin)
    page.goto(f"{server.url}/admin/accounts/user/{bob.sub}/change/")
    page.get_by_role("link", name="See what they see").click()
    shoot(page, "admin-impersonate")
    page.get_by_label("Reason").fill("Ticket 4711: they see no apps")
    page.get_by_role("button", name="Look at their pages").click()
    expect(page.get_by_text("You are looking at the pages of Bob Builder")).to_be_visible()
    shoot(page, "account-looking")
    page.goto(f"{server.url}/account/profile")
    page.get_by_label("Full name").fill("Mallory")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("You are looking at the pages of Bob Builder")).to_be_visible()
    page.goto(f"{server.url}/account/profile")
    expect(page.get_by_label("Full name")).to_have_value("Bob Builder")
    page.get_by_role("button", name="Stop").click()
    expect(page).to_have_url(f"{server.url}/admin/accounts/user/{bob.sub}/change/")
