"""OIDC Session Management in Chromium: oidc-client-ts on a page of another site, over https, asks our frame.

The session's own cookie never goes into another site's page, the browser state does: unless the browser keeps
third-party cookies away. Then the frame can't know, and says so, instead of having the page sign the person out.
"""

import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e import steps
from tests.e2e.page_site import PageSite
from tests.live.chromium import ARGUMENTS
from tests.live.node import require_packages
from tests.live.server import Person, Server
from tests.live.tls import Tls, certificate
from tests.relying_parties import page as documented

pytestmark = [pytest.mark.browser, pytest.mark.node]
NAMES = "--host-resolver-rules=MAP *.example 127.0.0.1"
WATCH = """() => {
  window.heard = []
  window.addEventListener('message', event => heard.push(event.data))
  window.events = []
  manager.events.addUserSignedOut(() => events.push('signed out'))
}"""
FRAME = """([address, message]) => new Promise(resolve => {
  const frame = document.createElement('iframe')
  window.addEventListener('message', event => event.source === frame.contentWindow && resolve(event.data))
  frame.onload = () => {
    frame.contentWindow.postMessage(message, '*')
    setTimeout(() => resolve('no answer'), 1000)
  }
  frame.src = address
  document.body.append(frame)
})"""


class World:
    """Signet, an app's site and a stranger's, each under a name of its own."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.server = Server(folder / "signet", settings={"IDP_SESSION_MANAGEMENT": "on"})
        pem = certificate(folder)
        fronts = [stack.enter_context(Tls(pem)) for _ in range(3)]
        provider, self.app, self.stranger = (
            f"https://{name}.example:{front.port}"
            for name, front in zip(("id", "app", "mallory"), fronts, strict=True)
        )
        self.server.url = provider
        self.frame = f"{provider}/oauth2/check-session"
        site = stack.enter_context(PageSite())
        fronts[0].target = self.server.process.port
        fronts[1].target = fronts[2].target = int(site.url.rpartition(":")[2])
        stack.callback(self.server.stop)
        self.server.prepare().start()
        site.module = watching(self.server, self.app)


def watching(server: Server, app: str) -> str:
    """The documented module, of an app registered for it, which asks our frame each second."""
    printed = documented.Page("oidc-client-ts", server, app)
    printed.register()
    usual, watched = "loadUserInfo: true,", "monitorSession: true, checkSessionIntervalInSeconds: 1,"
    module = printed.block("js")
    assert usual in module
    return module.replace(usual, watched)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    require_packages()
    with ExitStack() as stack:
        yield World(tmp_path_factory.mktemp("session-management"), stack)


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., BrowserContext]]:
    """A new browser, with its setting for cookies inside other sites' pages; a private window has them off."""
    with ExitStack() as started:

        def visit(*, third_party_cookies: bool = True) -> BrowserContext:
            profile = tmp_path / f"profile-{secrets.token_hex(3)}"
            (profile / "Default").mkdir(parents=True)
            chosen = {"block_third_party_cookies": not third_party_cookies}
            chosen["cookie_controls_mode"] = int(not third_party_cookies)
            (profile / "Default" / "Preferences").write_text(json.dumps({"profile": chosen}))
            context = browser.browser_type.launch_persistent_context(
                str(profile),
                executable_path=shutil.which("chromium"),
                args=[*ARGUMENTS, NAMES],
                ignore_https_errors=True,
            )
            started.callback(context.close)
            context.set_default_timeout(15_000)
            return context

        yield visit


@pytest.fixture
def alice(world: World) -> Person:
    return world.server.user(f"alice-{secrets.token_hex(3)}")


def signed_in(context: BrowserContext, app: str, person: Person) -> Page:
    page = context.new_page()
    page.goto(app)
    expect(page.get_by_role("heading")).to_have_text("Nobody")
    page.evaluate("() => { manager.signinRedirect() }")
    steps.fill_in_login(page, person)
    steps.allow(page)
    expect(page.get_by_role("heading")).to_have_text(person.sub)
    page.evaluate(WATCH)
    return page


def wait_for(page: Page, word: str) -> list[str]:
    page.wait_for_function("word => heard.includes(word) || events.includes(word)", arg=word)
    heard: list[str] = page.evaluate("heard")
    return heard


def test_the_page_of_another_site_notices_the_sign_out_here(visit, world, alice):
    context = visit()
    page = signed_in(context, world.app, alice)
    assert set(wait_for(page, "unchanged")) == {"unchanged"}

    elsewhere = context.new_page()
    elsewhere.goto(f"{world.server.url}/account/")
    steps.sign_out(elsewhere)
    expect(elsewhere.get_by_role("heading", name="You are signed out")).to_be_visible()

    wait_for(page, "changed")
    wait_for(page, "signed out")


def test_a_visit_to_pages_of_ours_changes_nothing(visit, world, alice):
    context = visit()
    page = signed_in(context, world.app, alice)
    elsewhere = context.new_page()
    elsewhere.goto(f"{world.server.url}/account/")
    page.evaluate("() => { heard.length = 0 }")
    assert set(wait_for(page, "unchanged")) == {"unchanged"}


def test_where_third_party_cookies_are_kept_away_the_frame_says_that_it_cannot_know(visit, world, alice):
    page = signed_in(visit(third_party_cookies=False), world.app, alice)
    page.reload()
    page.evaluate(WATCH)
    known = page.evaluate(
        "manager.getUser().then(user => `${manager.settings.client_id} ${user.session_state}`)"
    )
    assert page.evaluate(FRAME, [world.frame, known]) == "error"
    assert page.evaluate("events") == []
    assert page.evaluate("manager.getUser().then(user => user.profile.sub)") == alice.sub


def test_s_081_a_strangers_page_gets_no_answer(visit, world):
    page = visit().new_page()
    page.goto(world.app)
    question = [world.frame, f"app {'0' * 64}.salt"]
    assert page.evaluate(FRAME, question) == "error"  # nobody has signed in in this browser
    page.goto(world.stranger)
    assert page.evaluate(FRAME, question) == "no answer"


def test_what_is_no_question_is_an_error(visit, world, alice):
    page = signed_in(visit(), world.app, alice)
    zeros = "0" * 64
    for message in (
        "",
        "app",
        "app x.y",
        f"app  {zeros}.y",
        f"app {zeros}",
        f"app {zeros}. y",
        5,
        {"a": 1},
        None,
    ):
        assert page.evaluate(FRAME, [world.frame, message]) == "error", message
    assert page.evaluate(FRAME, [world.frame, f"app {zeros}.y"]) == "changed"


def test_on_this_machine_apps_on_other_ports_notice_too_by_plain_http(visit, make_server):
    """They are the same site, for which a cookie that is Lax is enough."""
    server = make_server(IDP_SESSION_MANAGEMENT="on")
    with PageSite() as site:
        app = site.url.replace("127.0.0.1", "localhost")
        site.module = watching(server, app)
        context, person = visit(third_party_cookies=False), server.user("alice")
        page = signed_in(context, app, person)
        assert set(wait_for(page, "unchanged")) == {"unchanged"}
        elsewhere = context.new_page()
        elsewhere.goto(f"{server.url}/account/")
        steps.sign_out(elsewhere)
        wait_for(page, "changed")
