"""The playground in Chromium: all cards, with and without what can be left out, and what its page may never do."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from idp.playground.tampering import table
from tests.e2e import steps
from tests.e2e.developer_pages import Traffic, traffic, weight
from tests.live.server import Person, Server

pytestmark = pytest.mark.browser
__all__ = ["traffic"]
HEAVIEST = 60_000


@pytest.fixture
def alice(person: Callable[..., Person]) -> Person:
    return person("alice")


class Run:
    """Somebody at the playground; a card is named by its id."""

    def __init__(self, page: Page, server: Server, person: Person) -> None:
        self.page, self.server, self.person = page, server, person

    def open(self) -> "Run":
        self.page.goto(f"{self.server.url}/playground")
        expect(self.page.locator("body")).to_have_attribute("data-ready", "yes")
        return self

    def card(self, id: str) -> Locator:
        return self.page.locator(f"#{id}")

    def press(self, card: str, name: str) -> None:
        self.card(card).get_by_role("button", name=name, exact=True).click()

    def answer(self, card: str, name: str, status: int) -> Locator:
        """Presses, and gives the last message, whose status is `status`."""
        self.card(card).locator(".message").evaluate_all("all => all.forEach(one => one.remove())")
        self.press(card, name)
        message = self.card(card).locator(".message").last
        expect(message).to_have_attribute("data-status", str(status))
        return message

    def leave_out(self, name: str) -> None:
        self.card("prepare").get_by_label(f"Leave {name} out").check()

    def authorize(self) -> "Run":
        self.press("authorize", "Go there")
        self.page.wait_for_url(re.compile(r"/(login|playground#authorize)"))
        if "/login" in self.page.url:
            steps.fill_in_login(self.page, self.person)
        expect(self.page.locator("#arrival").get_by_role("heading", name="Back again")).to_be_visible()
        assert "code=" not in self.page.url
        return self

    def exchange(self) -> "Run":
        self.answer("exchange", "Exchange the code", 200)
        return self

    def check(self, card: str, name: str) -> str:
        """What a check of that name says: true, false or null."""
        found = self.card(card).locator(f"[data-check={name}]").get_attribute("data-ok")
        assert found is not None
        return found

    def state(self) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(self.page.evaluate("sessionStorage['signet.playground']"))
        return kept


@pytest.fixture
def run(page: Page, live: Server, alice: Person, traffic: Traffic) -> Run:
    return Run(page, live, alice).open()


# --- The journey ------------------------------------------------------------------------------------


def test_all_cards_from_discovery_to_the_quiz(run: Run, judge) -> None:
    page = run.page
    judge(page, "playground-start")
    run.press("discover", "Fetch the discovery document")
    expect(run.card("discover").get_by_text(f"{run.server.url}/oauth2/token").first).to_be_visible()
    run.authorize()
    assert run.check("authorize", "state") == run.check("authorize", "iss") == "true"

    run.answer("exchange", "With a wrong verifier", 400)
    run.answer("exchange", "Without a verifier", 400)
    run.exchange()
    expect(run.card("read").locator("[data-claim=sub] td").first).to_contain_text(run.person.sub)
    expect(run.card("read").locator("#read-state")).to_contain_text("The signature is right")

    run.press("verify", "Fetch the keys and verify")
    expect(run.card("verify").get_by_text("Every check passes")).to_be_visible()
    names = ["form", "alg", "typ", "crit", "kid", "signature", "iss", "aud", "exp", "iat", "nonce", "at_hash"]
    assert [run.check("verify", name) for name in names] == ["true"] * len(names)

    run.press("tamper", "First, the real token")
    expect(run.card("tamper").locator("#genuine [data-server='200']")).to_be_visible()

    message = run.answer("call", "Call userinfo", 200)
    expect(message).to_contain_text(f"{run.person.username}@example.org")
    run.answer("call", "Without a token", 401)

    run.answer("refresh", "Refresh", 200)
    run.answer("refresh", "Retry with the one before", 200)

    run.press("logout", "Sign out here")
    expect(page.locator("#farewell")).to_contain_text("Signed out, and back with the state that was sent")
    assert "state=" not in page.url
    run.answer("logout", "Userinfo with the old token", 401)
    run.answer("logout", "Refresh with the old token", 400)
    judge(page, "playground-end")

    quiz = run.card("quiz")
    quiz.get_by_label("Yes, anybody can.").check()
    quiz.get_by_role("button", name="Grade my answers").click()
    expect(page.get_by_text("1 of 3 right")).to_be_visible()
    judge(page, "playground-quiz-graded")


def test_a_replayed_code_is_refused_and_ends_what_it_gave(run: Run) -> None:
    run.authorize().exchange()
    expect(run.answer("exchange", "Again (replay)", 401)).to_contain_text("invalid_token")
    expect(run.card("exchange").locator(".message").first).to_have_attribute("data-status", "400")
    expect(run.page.locator("#run")).to_contain_text("The code was shown twice")
    run.answer("refresh", "Refresh", 400)


def test_a_stolen_refresh_token_ends_the_family(run: Run) -> None:
    run.authorize().exchange()
    run.press("refresh", "As a thief: the first one")
    expect(run.card("refresh").get_by_text("Refresh twice first")).to_be_visible()
    run.answer("refresh", "Refresh", 200)
    run.answer("refresh", "Refresh", 200)
    run.answer("refresh", "As a thief: the first one", 401)
    expect(run.card("refresh").locator(".message").first).to_have_attribute("data-status", "400")
    expect(run.page.locator("#run")).to_contain_text("ended the whole family")
    expect(run.card("refresh").locator(".family .dead")).to_have_count(3)


def test_a_bound_token_is_of_no_use_to_a_thief(run: Run) -> None:
    run.authorize().exchange()
    assert '"token_type": "DPoP"' in run.answer("call", "Get a bound token", 200).inner_text()
    run.answer("call", "Call with a proof", 200)
    expect(run.answer("call", "As a thief: the same proof again", 401)).to_contain_text("jti was used before")
    expect(run.answer("call", "As a thief: with another key", 401)).to_contain_text("bound to another key")
    expect(run.answer("call", "As a thief: as Bearer", 401)).to_contain_text("send it as DPoP")


def test_an_expired_code_is_refused(make_server, page: Page, faults) -> None:
    server = make_server(workers=1, IDP_CODE_LIFETIME="2s")
    run = Run(page, server, server.user("alice")).open().authorize()
    expect(run.answer("exchange", "When it has expired", 400)).to_contain_text("The code has expired.")
    faults.found[:] = [fault for fault in faults.found if "/oauth2/token" not in fault]


# --- What can be left out ---------------------------------------------------------------------------


def test_without_state_nobody_can_tell_whose_answer_it_is(run: Run) -> None:
    run.leave_out("state")
    run.authorize()
    assert run.check("authorize", "state") == "null"
    assert "state" not in run.state()["callback"]["params"]
    run.exchange()


def test_without_nonce_the_id_token_could_be_of_another_sign_in(run: Run) -> None:
    run.leave_out("nonce")
    run.authorize().exchange()
    run.press("verify", "Fetch the keys and verify")
    expect(run.card("verify").get_by_text("nonce cannot be checked")).to_be_visible()
    assert run.check("verify", "nonce") == "null"
    expect(run.card("read").locator("[data-claim=nonce]")).to_have_count(0)


def test_without_pkce_this_server_gives_no_code(run: Run) -> None:
    run.leave_out("PKCE")
    run.authorize()
    expect(run.page.locator("#arrival")).to_contain_text("code_challenge is missing")
    expect(run.card("exchange").get_by_role("button")).to_have_count(0)


def test_a_changed_state_or_nonce_is_noticed_by_the_page(run: Run) -> None:
    run.authorize().exchange()
    # The page keeps the keys it fetches for this, and with them its own idea of what was sent.
    expect(run.card("read").locator("#read-state")).to_contain_text("The signature is right")
    run.page.evaluate(
        "() => { const kept = JSON.parse(sessionStorage['signet.playground']);"
        "kept.sent.state = 'another'; kept.sent.nonce = 'another';"
        "sessionStorage['signet.playground'] = JSON.stringify(kept) }"
    )
    run.page.reload()
    assert run.check("authorize", "state") == "false"
    run.press("verify", "Fetch the keys and verify")
    expect(run.card("verify").get_by_text("Refused: nonce.")).to_be_visible()


def test_a_wrong_redirect_uri_ends_on_a_page_of_the_server(run: Run) -> None:
    run.page.get_by_label("redirect_uri").fill("https://mallory.example/callback")
    run.press("authorize", "Go there")
    expect(run.page.get_by_role("heading", name="This sign-in can't go on")).to_be_visible()


def test_a_server_that_wants_pushed_requests_gets_them(make_server, page: Page, faults) -> None:
    server = make_server(workers=1, IDP_REQUIRE_PUSHED_REQUESTS="on", IDP_REQUIRE_DPOP_NONCE="on")
    run = Run(page, server, server.user("alice")).open().authorize().exchange()
    run.answer("call", "Get a bound token", 200)
    run.answer("call", "Call with a proof", 200)
    faults.found[:] = [fault for fault in faults.found if "/oauth2/" not in fault]  # asked for a nonce first


# --- The tamper table -------------------------------------------------------------------------------


def test_every_forgery_is_refused_by_the_browser_and_by_the_server(run: Run, judge) -> None:
    run.authorize().exchange()
    run.press("tamper", "Try all")
    expect(run.page.locator("#genuine")).to_contain_text(
        f"{len(table())} forgeries, {len(table())} of them refused"
    )
    for row in table():
        item = run.page.locator(f"#forgery-{row.id}")
        expect(item.locator("[data-server]")).to_have_attribute("data-server", "401")
        assert item.locator("[data-browser]").get_attribute("data-browser") == row.check, row.id
        assert 'error="invalid_token"' in (item.text_content() or ""), row.id
    run.page.locator("#forgery-own-key summary").click()
    judge(run.page, "playground-tampered")


def test_a_change_of_ones_own_is_refused_and_none_is_not(run: Run) -> None:
    run.authorize().exchange()
    run.card("tamper").get_by_text("A change of your own").click()
    field = run.page.get_by_label("Payload of the access token")
    claims = json.loads(field.input_value())
    run.press("tamper", "Send it")
    expect(run.card("tamper").locator("details .outcome [data-server='200']")).to_be_visible()
    field.fill(json.dumps({**claims, "scope": "openid profile email groups admin"}))
    run.press("tamper", "Send it")
    expect(run.card("tamper").locator("details .outcome [data-browser=signature]")).to_be_visible()
    expect(run.card("tamper").locator("details .outcome [data-server='401']")).to_be_visible()


def test_what_is_typed_into_a_token_is_read_at_once(run: Run) -> None:
    run.authorize().exchange()
    field = run.page.get_by_label("A token, to be read and changed")
    header, _, signature = field.input_value().split(".")
    field.fill(f"{header}.eyJzdWIiOiJtYWxsb3J5In0.{signature}")
    expect(run.card("read").locator("[data-claim=sub] td").first).to_contain_text("mallory")
    expect(run.card("read").locator("#read-state")).to_contain_text("the signature is wrong")


# --- To copy ----------------------------------------------------------------------------------------

RUNNERS: dict[str, list[str]] = {
    "curl": ["sh", "-c"],
    "Python": [sys.executable, "-c"],
    "JavaScript": ["node", "--input-type=module", "-e"],
}


def output(message: Locator, language: str) -> str:
    message.get_by_role("button", name=language, exact=True).click()
    text = message.locator(".request pre").inner_text()
    done = subprocess.run([*RUNNERS[language], text], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("language", RUNNERS)
def test_a_request_that_is_copied_does_the_same(run: Run, language: str) -> None:
    run.authorize()
    refused = output(run.answer("exchange", "With a wrong verifier", 400), language)
    assert "400" in refused
    assert "code_verifier does not match" in refused
    run.exchange()
    answered = output(run.answer("call", "Call userinfo", 200), language)
    assert "200" in answered
    assert run.person.sub in answered


# --- What the page may never do ---------------------------------------------------------------------


def test_s_104_no_token_or_code_of_a_run_reaches_the_log_or_an_address(
    run: Run, live: Server, traffic: Traffic
):
    run.authorize()
    secrets = [run.state()["callback"]["params"]["code"]]
    run.exchange()
    run.press("tamper", "Try all")
    expect(run.page.locator("#forgery-mixed [data-server='401']")).to_be_visible()
    run.answer("refresh", "Refresh", 200)
    tokens = run.state()["tokens"]
    run.press("logout", "Sign out here")
    expect(run.page.locator("#farewell")).to_contain_text("Signed out")
    secrets += [run.state()["prepared"]["verifier"], tokens["refresh_token"]]
    secrets += [part for kind in ("id_token", "access_token") for part in tokens[kind].split(".")[1:]]
    log = live.process.log()
    assert "refused: invalid_token" in log  # it is the log of this very run
    assert [secret for secret in secrets if secret in log] == []
    addresses = " ".join(request.url for request in traffic.requests)
    assert [secret for secret in secrets[1:] if secret in addresses] == []  # the code comes by its redirect


def test_tokens_lie_in_this_tab_only(run: Run) -> None:
    run.authorize().exchange()
    assert run.page.evaluate("localStorage.length") == 0
    other = run.page.context.new_page()
    other.goto(f"{run.server.url}/playground")
    expect(other.locator("body")).to_have_attribute("data-ready", "yes")
    assert "tokens" not in json.loads(other.evaluate("sessionStorage['signet.playground']"))
    run.page.get_by_role("button", name="Start over").click()
    expect(run.page.locator("body")).to_have_attribute("data-ready", "yes")
    assert not run.state().get("tokens")


@pytest.mark.parametrize(
    "path", ["/playground", "/playground/jwt", "/playground/quiz", "/learn", "/developers"]
)
def test_a_page_weighs_under_60_kb(page: Page, live: Server, path: str) -> None:
    assert weight(page, live.url + path) < HEAVIEST


@pytest.mark.parametrize("path", ["/learn", "/developers", "/playground/quiz"])
def test_pages_without_script(open_page, live: Server, path: str) -> None:
    page = open_page(javascript=False)
    assert page.goto(live.url + path).status == 200
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize(
    "path", ["/learn", "/developers", "/playground/quiz", "/docs/apps", "/docs/apps/gitea"]
)
def test_pictures_of_pages(page: Page, live: Server, path: str, shoot, traffic: Traffic) -> None:
    page.goto(live.url + path)
    shoot(page, path.strip("/").replace("/", "-"))


def test_without_script_the_playground_says_where_to_read(open_page, live: Server) -> None:
    page = open_page(javascript=False)
    page.goto(f"{live.url}/playground")
    page.get_by_role("link", name="The same story without it").click()
    expect(page.get_by_role("heading", name="What a token is")).to_be_visible()


def test_at_another_address_it_leads_to_the_issuers(page: Page, live: Server) -> None:
    page.goto(f"{live.url.replace('localhost', '127.0.0.1')}/playground")
    page.get_by_role("link", name="Open it at").click()
    expect(page).to_have_url(f"{live.url}/playground")


def test_for_admins_only_it_asks_who_it_is_and_turns_others_away(make_server, page: Page, open_page) -> None:
    server = make_server(workers=1, IDP_PLAYGROUND="admin")
    run = Run(page, server, server.user("ada", "--superuser", "--staff"))
    page.goto(f"{server.url}/playground")
    steps.fill_in_login(page, run.person)
    expect(page.locator("body")).to_have_attribute("data-ready", "yes")
    run.authorize().exchange()

    other = open_page()
    steps.log_in(other, server, server.user("mallory"))
    assert other.goto(f"{server.url}/playground").status == 403
