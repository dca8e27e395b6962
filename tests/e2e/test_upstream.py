"""Coming from another provider, in Chromium: a second Signet, and npm's oidc-provider."""

import re
import secrets

import pytest
from playwright.sync_api import expect

from tests.e2e import steps
from tests.live.demo import DemoApp
from tests.live.node import Node
from tests.live.server import Server

CLIENT_ID, SECRET = "signet", "a secret: with % in it"


@pytest.fixture(scope="module")
def here(make_server) -> Server:
    """On another host than `live`, for cookies of one host are shared by all of its ports."""
    return make_server(workers=1, host="127.0.0.1", IDP_FETCH_NETWORKS="127.0.0.0/8")


@pytest.mark.browser
def test_a_second_signet_signs_people_in_once_they_have_linked_their_account(
    page, here: Server, live: Server, person, tmp_path, judge
):
    client = live.client(
        client_name="Here",
        redirect_uris=[f"{here.url}/login/with/second/callback"],
        scope="openid profile email",
    )
    here.manage(
        *("upstream", "create", "second", "--name", "Second Signet", "--issuer", live.url),
        *("--client-id", client["client_id"], "--secret-file", "-", "--may-create", "on"),
        stdin=client["client_secret"],
    )
    here.manage(
        "shell", "-c",
        "from idp.models import Upstream as U; "
        "[U.objects.create(slug=s, preset=s, name=n, client_id='x')"
        " for s, n in (('google', 'Google'), ('github', 'GitHub'))]",
    )  # fmt: skip
    carol = person("carol")
    alice = here.user("alice", "--name", "Alice Here", "--email-verified", "--superuser", "--staff")
    app = DemoApp(here, "Notes", tmp_path)
    try:
        page.goto(f"{app.url}/sign-in")
        expect(page.get_by_role("link", name="Sign in with Second Signet")).to_be_visible()
        judge(page, "login-upstream")
        page.get_by_role("link", name="Sign in with Second Signet").click()
        steps.fill_in_login(page, carol)
        steps.allow(page)
        expect(page.get_by_role("heading", name="Second Signet is new here")).to_be_visible()
        expect(page.get_by_text(f"{carol.username}@example.org")).to_be_visible()
        judge(page, "upstream-first-time")
        page.get_by_role("link", name="I have an account here").click()
        steps.fill_in_login(page, alice)
        expect(page.get_by_role("heading", name="Link these two accounts?")).to_be_visible()
        judge(page, "upstream-connect")
        page.get_by_role("button", name="Link them").click()
        steps.allow(page)
        expect(page.get_by_role("heading", name=re.compile("Hello"))).to_be_visible()

        page.goto(f"{here.url}/account/security")
        expect(page.get_by_role("button", name="Unlink Second Signet")).to_be_visible()
        judge(page, "security-linked")
        page.goto(f"{here.url}/admin/idp/upstream/")
        page.get_by_role("link", name="Second Signet").click()
        expect(page.get_by_text(f"{here.url}/login/with/second/callback")).to_be_visible()
        judge(page, "admin-upstream")

        page.context.clear_cookies(domain="127.0.0.1")
        page.goto(f"{app.url}/sign-in")
        page.get_by_role("link", name="Sign in with Second Signet").click()
        expect(page, "signed in there still, known here").to_have_url(re.compile(f"^{app.url}/"))

        page.goto(f"{here.url}/login/with/second/callback?state=made-up&code=x")
        expect(page.get_by_role("heading", name="Signing in with Second Signet did not work")).to_be_visible()
        judge(page, "upstream-refused")
    finally:
        app.stop()


@pytest.mark.browser
@pytest.mark.node
def test_npms_oidc_provider_signs_somebody_new_in_at_an_app(page, here: Server, tmp_path):
    with Node("oidc-provider.mjs", f"{here.url}/login/with/node/callback", CLIENT_ID, SECRET) as provider:
        issuer = provider.ask("issuer")["issuer"]
        here.manage(
            *("upstream", "create", "node", "--name", "Node", "--issuer", issuer, "--client-id", CLIENT_ID),
            *("--secret-file", "-", "--may-create", "on", "--believe-domain", "node.example"),
            stdin=SECRET,
        )
        for theirs in (
            "https://fonts.googleapis.com/**",
            f"{issuer}/favicon.ico",
        ):  # their pages miss these here
            page.route(theirs, lambda route: route.fulfill(status=200, content_type="text/css", body=""))
        name = f"nora-{secrets.token_hex(2)}"
        app = DemoApp(here, "Notes", tmp_path)
        try:
            page.goto(f"{app.url}/sign-in")
            page.get_by_role("link", name="Sign in with Node").click()
            page.locator("input[name=login]").fill(name)
            page.locator("input[name=password]").fill("any, for it asks nobody")
            page.get_by_role("button", name="Sign-in").click()
            page.get_by_role("button", name="Continue").click()
            steps.allow(page)
            expect(page.get_by_role("heading", name=re.compile("Hello"))).to_be_visible()
        finally:
            app.stop()
        shown = here.manage("user", "show", f"{name}@node.example", "--json")
        assert '"email_verified_by": "upstream:node"' in shown
        assert '"name": "Nora Node"' in shown
