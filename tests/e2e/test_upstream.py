"""Coming from another provider: a second Signet, in Chromium, and npm's oidc-provider by plain requests."""

import re
import secrets
from urllib.parse import urljoin

import pytest
import requests
from playwright.sync_api import expect

from tests.e2e import steps
from tests.live.app import REDIRECT_URI, App
from tests.live.demo import DemoApp
from tests.live.node import Node
from tests.live.server import PASSWORD, Server
from tests.live.visitor import forms

CLIENT_ID, SECRET = "signet", "a secret: with % in it"


@pytest.fixture(scope="module")
def here(make_server) -> Server:
    """On another host than `live`, for cookies of one host are shared by all of its ports."""
    return make_server(workers=1, host="127.0.0.1", IDP_FETCH_NETWORKS="127.0.0.0/8")


@pytest.mark.browser
def test_a_second_signet_signs_people_in_once_they_have_linked_their_account(
    page, here: Server, live: Server, person, tmp_path, shoot
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
        shoot(page, "login-upstream")
        page.get_by_role("link", name="Sign in with Second Signet").click()
        steps.fill_in_login(page, carol)
        steps.allow(page)
        expect(page.get_by_role("heading", name="Second Signet is new here")).to_be_visible()
        expect(page.get_by_text(f"{carol.username}@example.org")).to_be_visible()
        shoot(page, "upstream-first-time")
        page.get_by_role("link", name="I have an account here").click()
        steps.fill_in_login(page, alice)
        expect(page.get_by_role("heading", name="Link these two accounts?")).to_be_visible()
        shoot(page, "upstream-connect")
        page.get_by_role("button", name="Link them").click()
        steps.allow(page)
        expect(page.get_by_role("heading", name=re.compile("Hello"))).to_be_visible()

        page.goto(f"{here.url}/account/security")
        expect(page.get_by_role("button", name="Unlink Second Signet")).to_be_visible()
        shoot(page, "security-linked")
        page.goto(f"{here.url}/admin/idp/upstream/")
        page.get_by_role("link", name="Second Signet").click()
        expect(page.get_by_text(f"{here.url}/login/with/second/callback")).to_be_visible()
        shoot(page, "admin-upstream")

        page.context.clear_cookies(domain="127.0.0.1")
        page.goto(f"{app.url}/sign-in")
        page.get_by_role("link", name="Sign in with Second Signet").click()
        expect(page, "signed in there still, known here").to_have_url(re.compile(f"^{app.url}/"))

        page.goto(f"{here.url}/login/with/second/callback?state=made-up&code=x")
        expect(page.get_by_role("heading", name="Signing in with Second Signet did not work")).to_be_visible()
        shoot(page, "upstream-refused")
    finally:
        app.stop()


@pytest.mark.node
def test_npms_oidc_provider_signs_somebody_new_in_at_an_app(here: Server):
    with Node("oidc-provider.mjs", f"{here.url}/login/with/node/callback", CLIENT_ID, SECRET) as provider:
        issuer = provider.ask("issuer")["issuer"]
        here.manage(
            *(
                "upstream",
                "create",
                "node",
                "--issuer",
                issuer,
                "--client-id",
                CLIENT_ID,
                "--secret-file",
                "-",
            ),
            *("--may-create", "on", "--believe-domain", "node.example"),
            stdin=SECRET,
        )
        app = App(here)
        traveller = Traveller(f"nora-{secrets.token_hex(2)}")
        arrived = traveller.travel(app.request(), stop=REDIRECT_URI)
        assert "code=" in arrived, arrived
        shown = here.manage("user", "show", f"{traveller.name}@node.example", "--json")
        assert '"email_verified_by": "upstream:node"' in shown
        assert '"name": "Nora Node"' in shown
        seen = [path for path in traveller.seen if path.startswith(issuer)]
        assert len(seen) >= 2, "its pages to sign in and to agree"


class Traveller:
    """One browser between two providers: follows redirects and pages that lead on, fills in what forms there are."""

    def __init__(self, name: str) -> None:
        self.name, self.seen, self.session = name, list[str](), requests.Session()
        self.session.trust_env = False

    def travel(self, url: str, *, stop: str) -> str:
        """The address of the app to which it leads in the end."""
        answer = self._send("GET", url)
        for _ in range(30):
            to = answer.headers.get("Location", "") or _refresh(answer.text)
            if not to:
                answer = self._fill_in(answer)
                continue
            to = urljoin(answer.url, to)
            if to.startswith(stop):
                return to
            answer = self._send("GET", to)
        raise AssertionError(f"lost at {answer.url}:\n{answer.text[-2000:]}")

    def _fill_in(self, page: requests.Response) -> requests.Response:
        self.seen.append(page.url)
        assert page.status_code == 200, f"{page.status_code} at {page.url}:\n{page.text[-2000:]}"
        if way := re.search(r'href="(/login/with/node[^"]+)"', page.text):
            return self._send("GET", urljoin(page.url, way[1].replace("&amp;", "&")))
        form = forms(page)[0]
        form.fields |= {
            name: value
            for name, value in (("login", self.name), ("password", PASSWORD))
            if name in form.fields
        }
        if "allow" in form.buttons.get("decision", []):
            form.fields["decision"] = "allow"
        return self._send("POST", form.action, form.fields)

    def _send(self, method: str, url: str, data: dict[str, str] | None = None) -> requests.Response:
        headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"} if method == "POST" else {}
        return self.session.request(
            method, url, data=data, headers=headers, allow_redirects=False, timeout=30
        )


def _refresh(page: str) -> str:
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else ""
