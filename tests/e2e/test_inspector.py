"""The inspector in Chromium: tokens of ours and of npm's jose, none of which leaves the browser unasked."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.developer_pages import Traffic, traffic
from tests.live.app import App
from tests.live.clock import Clock
from tests.live.node import Node
from tests.live.server import Person, Server
from tests.relying_parties.printed_module import PrintedModule

pytestmark = [pytest.mark.browser, pytest.mark.node]
__all__ = ["traffic"]
OTHER = "https://other.example"


@pytest.fixture(scope="module")
def jose() -> Iterator[Node]:
    with Node("tokens.mjs", OTHER) as jose:
        yield jose


@pytest.fixture(scope="module")
def app(live: Server) -> App:
    return App(live, client_name="Notes")


@pytest.fixture
def alice(person: Callable[..., Person]) -> Person:
    return person("alice")


@pytest.fixture
def tokens(app: App, alice: Person) -> dict[str, Any]:
    return app.sign_in(alice)


class Inspector:
    """The page, and what it says of the token that was pasted."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        page.goto(f"{server.url}/playground/jwt")
        expect(page.locator("body")).to_have_attribute("data-ready", "yes")

    def paste(self, token: str) -> None:
        self.page.get_by_label("Token", exact=True).fill(token)

    def verdict(self, text: str) -> None:
        expect(self.page.locator("#checks .notice")).to_contain_text(text)

    def report(self) -> str:
        return self.page.locator("[data-part=Report] pre").inner_text()


@pytest.fixture
def inspector(page: Page, live: Server, traffic: Traffic) -> Inspector:
    return Inspector(page, live)


# --- Ours -------------------------------------------------------------------------------------------


def test_an_id_token_of_ours_is_decoded_checked_and_explained(
    inspector: Inspector, app: App, tokens: dict[str, Any], alice: Person, traffic: Traffic, judge
) -> None:
    page = inspector.page
    inspector.paste(tokens["id_token"])
    inspector.verdict("It passes every check.")
    expect(page.locator("#decoded [data-claim=sub]")).to_contain_text(alice.sub)
    expect(page.locator("#decoded [data-claim=email]")).to_contain_text("From the scope email")
    expect(page.locator("#life")).to_contain_text("This token is alive")
    expect(page.locator("#key")).to_contain_text("Signs every new RS256 token until")
    assert traffic.holding(tokens["id_token"].split(".")[1]) == []
    judge(page, "inspector")

    page.get_by_label("Audience").fill("another-app")
    inspector.verdict("Refused: aud.")
    page.get_by_label("Audience").fill(app.client_id)
    page.get_by_label("Nonce").fill("another")
    inspector.verdict("Refused: nonce.")


def test_the_report_holds_all_but_the_signature(inspector: Inspector, tokens: dict[str, Any], alice: Person):
    inspector.paste(tokens["id_token"])
    inspector.verdict("It passes every check.")
    report = inspector.report()
    assert alice.sub in report
    assert "[x] signature: right" in report
    header, payload, signature = tokens["id_token"].split(".")
    for part in (header, payload, signature, signature[:20]):
        assert part not in report


def test_a_changed_token_of_ours_does_not_pass(inspector: Inspector, tokens: dict[str, Any]) -> None:
    header, payload, signature = tokens["id_token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["groups"] = ["admin"]
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    inspector.paste(f"{header}.{changed}.{signature}")
    inspector.verdict("Refused: signature.")


def test_an_access_token_is_known_for_one(inspector: Inspector, tokens: dict[str, Any]) -> None:
    inspector.paste(tokens["access_token"])
    inspector.verdict("It passes every check.")
    expect(inspector.page.locator("[data-check=typ]")).to_contain_text("typ is at+jwt")


@pytest.mark.parametrize("language", ["Python", "JavaScript"])
def test_the_code_that_it_offers_checks_the_next_token(
    inspector: Inspector, app: App, tokens: dict[str, Any], alice: Person, tmp_path: Path, language: str
) -> None:
    inspector.paste(tokens["id_token"])
    part = inspector.page.locator(f"[data-part^='Check it in {language}']")
    code = part.locator("pre").text_content() or ""
    later = app.sign_in(alice)["id_token"]
    forged = later[:-8] + "AAAAAAAA"
    if language == "Python":
        module: dict[str, Any] = {}
        exec(code, module)
        assert module["claims_of"](later)["sub"] == alice.sub
        with pytest.raises(module["jwt"].InvalidSignatureError):
            module["claims_of"](forged)
    else:
        with PrintedModule(tmp_path, code) as printed:
            assert printed.call("claimsOf", later)["sub"] == alice.sub
            assert printed.call("claimsOf", forged) == "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"


# --- What its issuer knows, after a click ----------------------------------------------------------


def ask(inspector: Inspector) -> None:
    inspector.page.get_by_role("button", name="Send it to its issuer and ask").click()


def test_ones_own_token_is_followed_from_life_to_death(
    page: Page, live: Server, app: App, tokens: dict[str, Any], alice: Person, traffic: Traffic, judge
) -> None:
    steps.log_in(page, live, alice)
    inspector = Inspector(page, live)
    inspector.paste(tokens["id_token"])
    ask(inspector)
    known = page.locator("#known")
    expect(known.locator("[data-check=Grant]")).to_have_attribute("data-ok", "true")
    expect(known.locator("[data-check=Session]")).to_have_attribute("data-ok", "true")
    expect(page.locator("#decoded [data-claim=groups]")).to_contain_text("From the scope groups")
    assert traffic.holding(tokens["id_token"]) == ["/playground/jwt/status"]
    judge(page, "inspector-known")

    live.post(
        "/oauth2/revoke",
        {"token": tokens["refresh_token"]},
        auth=(app.client_id, app.registration["client_secret"]),
    )
    ask(inspector)
    expect(known.locator("[data-check=Grant]")).to_have_attribute("data-ok", "false")
    expect(known).to_contain_text("revoked by the app")


def test_an_admin_may_ask_about_anybodys(
    page: Page, live: Server, admin: Person, tokens: dict, traffic
) -> None:
    steps.log_in(page, live, admin)
    inspector = Inspector(page, live)
    inspector.paste(tokens["access_token"])
    ask(inspector)
    expect(page.locator("#known [data-check=Grant]")).to_have_attribute("data-ok", "true")


def test_s_062_somebody_else_is_told_nothing(page: Page, live: Server, person, tokens: dict, traffic) -> None:
    steps.log_in(page, live, person("mallory"))
    inspector = Inspector(page, live)
    inspector.paste(tokens["id_token"])
    ask(inspector)
    expect(page.locator("#known")).to_contain_text("told to the person whom it is about, and to admins")
    expect(page.locator("#known [data-check]")).to_have_count(0)


# --- Other issuers: jose ----------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["jwk", "jwks", "pem"])
@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "ES384", "EdDSA"])
def test_a_token_of_jose_is_checked_with_a_key_that_is_pasted(
    inspector: Inspector, jose: Node, alg: str, given: str, traffic: Traffic
) -> None:
    made = jose.ask("sign", alg=alg, kid="k1" if given == "jwks" else "")
    another = jose.ask("sign", alg=alg, kid="k1" if given == "jwks" else "")
    assert "error" not in made, made
    keys = {
        "jwk": lambda made: json.dumps(made["jwk"]),
        "jwks": lambda made: json.dumps({"keys": [{"kty": "RSA", "kid": "k0"}, made["jwk"]]}),
        "pem": lambda made: made["pem"],
    }[given]
    inspector.paste(made["token"])
    inspector.verdict("not everything could be checked: kid, signature")
    field = inspector.page.get_by_label("Keys of that issuer")
    field.fill(keys(made))
    inspector.verdict("It passes every check.")
    field.fill(keys(another))
    inspector.verdict("Refused: signature.")
    expect(inspector.page.locator("#ours")).to_be_hidden()
    assert traffic.holding(made["token"].split(".")[1]) == []


def test_a_shared_secret_checks_hs256_and_a_public_key_does_not(inspector: Inspector, jose: Node) -> None:
    secret = "a secret of more than thirty-two letters"
    inspector.paste(jose.ask("share", alg="HS256", secret=secret)["token"])
    field = inspector.page.get_by_label("Keys of that issuer")
    field.fill(secret)
    inspector.verdict("It passes every check.")
    field.fill("another secret of more than thirty-two letters")
    inspector.verdict("Refused: signature.")
    field.fill(jose.ask("sign", alg="RS256")["pem"])
    inspector.verdict("Refused: alg, signature.")


def test_a_private_key_is_refused_with_a_word(inspector: Inspector, jose: Node) -> None:
    inspector.paste(jose.ask("sign", alg="ES256")["token"])
    inspector.page.get_by_label("Keys of that issuer").fill("-----BEGIN PRIVATE KEY-----\nabc")
    inspector.verdict("Never paste it anywhere")


def test_an_encrypted_token_is_told_as_such(inspector: Inspector, jose: Node, judge) -> None:
    inspector.paste(jose.ask("encrypt")["token"])
    expect(inspector.page.locator("#life")).to_contain_text("This is encrypted (JWE).")
    expect(inspector.page.locator("#decoded")).to_contain_text("A256GCMKW")
    expect(inspector.page.locator("#sections")).to_be_hidden()
    judge(inspector.page, "inspector-encrypted")


@pytest.mark.parametrize(
    "text", ["hello", "a.b.c", "eyJhbGciOiJub25lIn0.bm8", "...", "é.é.é", "eyJhbGciOiJ9.e30."]
)
def test_what_is_no_token_is_told_as_such(inspector: Inspector, text: str) -> None:
    inspector.paste(text)
    expect(inspector.page.locator("#life .notice.warning")).to_be_visible()
    expect(inspector.page.locator("#sections")).to_be_hidden()


def test_markup_inside_a_token_stays_text(inspector: Inspector, jose: Node) -> None:
    claims = {"name": "<img src=x onerror=alert(1)>", "<b>": "<script>alert(1)</script>"}
    inspector.paste(jose.ask("sign", alg="ES256", claims=claims)["token"])
    expect(inspector.page.locator("#decoded [data-claim=name]")).to_contain_text("<img src=x")
    expect(inspector.page.locator("#decoded img, #decoded script, #decoded b:not(.dot)")).to_have_count(0)


# --- Without JavaScript -----------------------------------------------------------------------------


def test_without_script_the_server_decodes_ones_own_and_expired_tokens(
    make_server, clock: Clock, open_page, page: Page, faults
) -> None:
    server = make_server(workers=1, clock=clock)
    alice, app = server.user("alice"), App(server, client_name="Notes")
    token = app.sign_in(alice)["id_token"]

    def decode(page: Page) -> None:
        page.goto(f"{server.url}/playground/jwt")
        page.get_by_label("Token", exact=True).fill(token)
        page.get_by_role("button", name="Decode on the server").click()

    stranger = open_page(javascript=False)
    decode(stranger)
    expect(stranger.get_by_role("alert")).to_contain_text("it is not yours")
    expect(stranger.get_by_text(alice.sub)).to_have_count(0)

    mine = open_page(javascript=False)
    steps.log_in(mine, server, alice)
    decode(mine)
    expect(mine.get_by_text(alice.sub)).to_be_visible()
    expect(mine.get_by_text("the sign-in that this token came from still holds")).to_be_visible()

    clock.forward(timedelta(hours=1))
    decode(stranger)
    expect(stranger.get_by_text(alice.sub)).to_be_visible()


def test_with_script_the_form_never_sends_the_token(
    inspector: Inspector, tokens: dict[str, Any], traffic
) -> None:
    inspector.paste(tokens["id_token"])
    inspector.verdict("It passes every check.")
    inspector.page.evaluate("document.getElementById('paste').requestSubmit()")
    inspector.verdict("It passes every check.")
    assert traffic.holding(tokens["id_token"]) == []


def test_what_is_no_token_is_said_in_words(live: Server, page: Page) -> None:
    inspector = Inspector(page, live)
    inspector.paste("hello")
    expect(page.locator("#decoded")).to_contain_text("Cannot be read: cut off: no base64url has this length.")
    expect(page.locator("#decoded")).not_to_contain_text("atob")
