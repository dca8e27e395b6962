"""The inspector's server side: to whom it tells what, and that a token is neither kept nor logged (S-104)."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt as pyjwt
import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from accounts import sessions
from idp.models import ClaimMapping
from keys import ring, rotation
from keys.signing import sign
from tests.factories import make_admin, make_user, sign_in
from tests.idp.app import App, make_client


def status(browser: Browser, token: str) -> Any:
    return browser.post("/playground/jwt/status", {"token": token})


def facts(browser: Browser, token: str) -> dict[str, bool | None]:
    response = status(browser, token)
    assert response.status_code == 200, response.content
    return {fact["name"].split()[0]: fact["good"] for fact in response.json()["facts"]}


@pytest.fixture
def tokens(app: App) -> dict[str, str]:
    return app.tokens(scope="openid profile email groups")


ALL_GOOD = dict.fromkeys(("Signature", "Key", "Time", "App", "Session", "Grant"), True)


@pytest.mark.parametrize("kind", ["id_token", "access_token"])
def test_a_person_is_told_all_about_their_own_token(app: App, tokens: dict[str, str], kind: str):
    assert facts(app.browser, tokens[kind]) == ALL_GOOD
    answer = status(app.browser, tokens[kind]).json()
    assert answer["kind"] == {"id_token": "ID token", "access_token": "access token"}[kind]


@pytest.mark.parametrize("kind", ["id_token", "access_token"])
def test_an_admin_is_told_about_everybodys(tokens: dict[str, str], kind: str):
    browser = Browser()
    sign_in(browser, make_admin())
    assert facts(browser, tokens[kind]) == ALL_GOOD


@pytest.mark.parametrize("who", ["nobody", "mallory", "staff without the right"])
def test_s_062_somebody_else_is_told_nothing(tokens: dict[str, str], who: str):
    browser = Browser()
    if who != "nobody":
        sign_in(browser, make_user(is_staff=who != "mallory"))
    response = status(browser, tokens["access_token"])
    assert response.status_code == 403
    assert set(response.json()) == {"problem"}


def test_each_claim_has_its_true_source(app: App):
    claims = json.dumps({"id_token": {"email": None}})
    token = app.tokens(scope="openid profile", claims=claims)["id_token"]
    sources = status(app.browser, token).json()["sources"]
    assert sources["name"] == "the scope profile"
    assert sources["email"] == "the request's claims parameter"
    assert sources["auth_time"] == "the session"
    assert sources["nonce"] == "the app's request"
    assert sources["iss"] == "the provider"


def _session_ends(app: App) -> None:
    sessions.end_all(app.user, reason="test", now=timezone.now())


def _grant_ends(app: App) -> None:
    app.client.grants.update(revoked_at=timezone.now(), revoke_reason="test")


def _app_goes(app: App) -> None:
    app.client.enabled = False
    app.client.save()


@pytest.mark.parametrize(
    ("happens", "bad"),
    [(_session_ends, {"Session", "Grant"}), (_grant_ends, {"Grant"}), (_app_goes, {"App"})],
)
@pytest.mark.parametrize("kind", ["id_token", "access_token"])
def test_what_ended_is_told(
    app: App, tokens: dict[str, str], happens: Callable[[App], None], bad: set[str], kind: str
):
    happens(app)
    browser = Browser()
    sign_in(browser, make_admin())
    found = facts(browser, tokens[kind])
    assert {name for name, good in found.items() if good is False} == bad


def test_one_revoked_access_token_is_told(app: App, tokens: dict[str, str]):
    app.post("/oauth2/revoke", {"token": tokens["access_token"]})
    assert facts(app.browser, tokens["access_token"])["Grant"] is False
    assert facts(app.browser, tokens["id_token"])["Grant"] is True


def test_an_expired_token_is_told_as_expired(app: App, tokens: dict[str, str]):
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        assert facts(app.browser, tokens["id_token"])["Time"] is False


def test_a_machines_token_is_an_admins_matter(make_app: Callable[..., App]):
    machine = make_app(make_client(grant_types=["client_credentials"], scopes=["a"]))
    token = machine.token(grant_type="client_credentials").json()["access_token"]
    browser = Browser()
    sign_in(browser, make_admin())
    assert facts(browser, token)["Grant"] is None
    machine.post("/oauth2/revoke", {"token": token})
    assert facts(browser, token)["Grant"] is False


def test_a_token_by_a_revoked_key_is_no_longer_ours(app: App, tokens: dict[str, str]):
    now = timezone.now()
    rotation.revoke(ring.ring(now).signing("RS256").kid, now)
    ring.forget()
    assert status(app.browser, tokens["id_token"]).status_code == 400


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "..", "é.é.é", "\0", "eyJhbGciOiJub25lIn0.e30.", "a.b.c.d.e", "a" * 70_000]
)
def test_s_015_what_is_no_token_is_a_plain_refusal(app: App, token: str):
    assert status(app.browser, token).status_code == 400
    assert app.browser.post("/playground/jwt", {"token": token}).status_code == 400


def test_odd_claims_of_our_own_signature_are_no_fault(app: App):
    """What other code of ours may sign one day: no sid, a number as audience, nothing at all."""
    now, iss = timezone.now(), "http://localhost:8000"
    browser = Browser()
    sign_in(browser, make_admin())
    for claims in ({"aud": 5}, {"aud": []}, {"sid": 5, "jti": "x.y"}, {"sid": "x"}, {"client_id": ["x"]}):
        token = sign({"iss": iss, **claims}, typ="JWT", now=now)
        assert status(browser, token).status_code == 200


def test_s_082_a_form_from_elsewhere_is_refused(tokens: dict[str, str]):
    strict = Browser(enforce_csrf_checks=True)
    for path in ("/playground/jwt", "/playground/jwt/status"):
        assert strict.post(path, {"token": tokens["id_token"]}).status_code == 403


def test_s_104_a_token_reaches_no_log(app: App, tokens: dict[str, str], caplog: pytest.LogCaptureFixture):
    caplog.set_level(0)
    for path in ("/playground/jwt", "/playground/jwt/status"):
        app.browser.post(path, {"token": tokens["id_token"]})
        Browser().post(path, {"token": tokens["id_token"]})
    for part in tokens["id_token"].split("."):
        assert part not in caplog.text


def test_s_064_the_answer_is_kept_nowhere(app: App, tokens: dict[str, str]):
    assert "no-store" in status(app.browser, tokens["id_token"])["Cache-Control"]
    assert "no-store" in app.browser.post("/playground/jwt", {"token": tokens["id_token"]})["Cache-Control"]


# --- Without JavaScript -----------------------------------------------------------------------------


def page(browser: Browser, token: str) -> tuple[int, str]:
    response = browser.post("/playground/jwt", {"token": token})
    return response.status_code, response.content.decode()


def test_ones_own_token_is_decoded_with_its_facts(app: App, tokens: dict[str, str]):
    code, text = page(app.browser, tokens["id_token"])
    assert code == 200
    assert "Alice Liddell" in text
    assert "From the scope profile." in text
    assert "<h3>What its issuer knows</h3>" in text


@pytest.mark.parametrize("who", ["nobody", "mallory", "admin"])
def test_a_living_token_of_somebody_else_is_not_decoded(tokens: dict[str, str], who: str):
    browser = Browser()
    if who != "nobody":
        sign_in(browser, make_user() if who == "mallory" else make_admin())
    code, text = page(browser, tokens["id_token"])
    assert code == 400
    assert "Alice Liddell" not in text
    assert "it is not yours" in text


def test_an_expired_token_is_decoded_for_everybody_but_nothing_is_told_of_it(
    app: App, tokens: dict[str, str]
):
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        code, text = page(Browser(), tokens["id_token"])
    assert code == 200
    assert "Alice Liddell" in text
    assert "<h3>What its issuer knows</h3>" not in text


@pytest.mark.django_db
def test_s_080_what_a_token_says_is_escaped():
    token = pyjwt.encode({"exp": 1, "name": "<script>alert(1)</script>", "<b>": 1}, "s" * 32, "HS256")
    code, text = page(Browser(), token)
    assert code == 200
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert "Not signed by this provider" in text


def test_a_claim_of_ones_own_is_named_with_its_source_and_scope(app: App):
    ClaimMapping.objects.create(claim="mailbox", source="field.email", scope="profile")
    app.client.save()
    app.sign_in()
    told = status(app.browser, app.tokens(scope="openid profile")["id_token"]).json()["sources"]
    assert told["mailbox"] == "a claim of this provider's own, from field.email, by the scope profile"
    assert told["name"] == "the scope profile"
