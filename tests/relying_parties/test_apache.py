"""Debian's mod_auth_openidc on Apache, by docs/apps/apache.md: sign-in by form_post, sign-out both ways."""

import secrets
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urljoin, urlsplit

import pytest
import requests

from tests.conftest import MakeServer
from tests.live.server import Person, Server
from tests.live.visitor import Arrival, Visitor, forms
from tests.relying_parties.apache import Apache
from tests.relying_parties.page import Page


@pytest.fixture(scope="module")
def server(make_server: MakeServer) -> Server:
    return make_server(IDP_FETCH_NETWORKS="127.0.0.0/8")


@pytest.fixture(scope="module")
def apache(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apache]:
    with Apache(tmp_path_factory.mktemp("apache")) as apache:
        page = Page("apache", server, apache.url)
        page.register()
        apache.start(page.block("apache"))
        yield apache


@pytest.fixture
def alice(server: Server) -> Person:
    return server.user(f"alice-{secrets.token_hex(3)}", "--email-verified", "--group", "staff")


class Browser:
    """One person's browser at the site; `provider` holds what it has at Signet."""

    def __init__(self, site: str, person: Person) -> None:
        self.site, self.session, self.provider = site, requests.Session(), Visitor(person)

    def get(self, path: str) -> requests.Response:
        return self.session.get(urljoin(self.site, path), allow_redirects=False, timeout=30)

    def sign_in(self) -> tuple[str, Arrival]:
        """Opens the site's door; gives the authorization request, and the answer that the site took."""
        asked = self.get("/").headers["Location"]
        arrival = self.provider.authorize(asked, f"{self.site}/signed-in")
        taken = self.session.post(arrival.url, arrival.parameters, allow_redirects=False, timeout=30)
        assert (taken.status_code, taken.headers.get("Location")) == (302, f"{self.site}/"), taken.text
        return asked, arrival


@pytest.fixture
def browser(apache: Apache, alice: Person) -> Browser:
    return Browser(apache.url, alice)


def test_the_application_behind_it_knows_who_signed_in(browser, alice):
    browser.sign_in()
    told = browser.get("/").json()
    assert told["x-remote-user"] == alice.username
    assert told["oidc_claim_sub"] == alice.sub
    assert told["oidc_claim_email"] == f"{alice.username}@example.org"


def test_it_asks_with_pkce_and_is_answered_by_a_form(browser):
    asked, arrival = browser.sign_in()
    request = parse_qs(urlsplit(asked).query)
    assert (request["code_challenge_method"], request["response_mode"]) == (["S256"], ["form_post"])
    assert {"code", "state", "iss"} <= arrival.parameters.keys()
    assert not urlsplit(arrival.url).query


def test_a_group_opens_a_part_of_the_site_and_its_absence_does_not(browser, apache, server):
    browser.sign_in()
    assert browser.get("/staff").status_code == 200
    stranger = Browser(apache.url, server.user(f"bob-{secrets.token_hex(3)}"))
    stranger.sign_in()
    assert stranger.get("/").status_code == 200
    assert stranger.get("/staff").status_code in (401, 403)


def test_its_logout_signs_the_person_out_and_brings_them_back(browser, apache):
    browser.sign_in()
    bye = f"{apache.url}/bye"
    leave = browser.get(f"/signed-in?logout={quote(bye, safe='')}").headers["Location"]
    assert browser.provider.authorize(leave, bye).url.startswith(bye)
    assert browser.get("/bye").status_code == 200
    asked = browser.get("/").headers["Location"]
    answer = browser.provider.authorize(f"{asked}&prompt=none", f"{apache.url}/signed-in")
    assert answer.parameters["error"] == "login_required"


def test_a_sign_out_at_signet_ends_the_session_at_the_site(browser, server, apache):
    browser.sign_in()
    page = browser.provider.session.get(f"{server.url}/logout", timeout=30)
    form = next(form for form in forms(page) if form.action.endswith("/logout"))
    browser.provider.session.post(form.action, form.fields, timeout=30)
    until = time.monotonic() + 20
    while browser.get("/").status_code == 200:
        assert time.monotonic() < until, f"the site was not told:\n{apache.log()}"
        time.sleep(0.1)
    assert browser.get("/").is_redirect
