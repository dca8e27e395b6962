"""Device authorization from end to end: a device asks, a person decides, the device polls (RFC 8628)."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from accounts import sessions
from accounts.models import AuditEvent
from accounts.qr import Qr
from idp.models import Client, Consent, DeviceAuthorization, Grant
from tests.factories import make_user, sign_in
from tests.idp.app import App, decoded, make_client

DEVICE = Client.GrantType.DEVICE.value
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def make_device(**fields: Any) -> App:
    """A television: a public app with a person who is signed in elsewhere."""
    fields = {
        "name": "Television",
        "redirect_uris": [],
        "grant_types": [DEVICE, "refresh_token"],
        "token_endpoint_auth_method": "none",
        **fields,
    }
    made = App(make_client(**fields), consented="")
    made.sign_in()
    return made


@pytest.fixture
def tv(signing_keys: None) -> App:
    return make_device()


def ask(app: App, scope: str | None = "openid email", **extra: Any) -> dict[str, Any]:
    response = app.post("/oauth2/device_authorization", {"scope": scope}, **extra)
    assert response.status_code == 200, response.content
    return response.json()


def poll(app: App, device_code: str) -> HttpResponse:
    return app.token(grant_type=DEVICE, device_code=device_code)


def error(response: HttpResponse) -> str:
    return response.json()["error"]


def answer(app: App, user_code: str, decision: str | None = "allow", **changes: str) -> HttpResponse:
    """What the person's browser sends: first the code, then the button."""
    page = app.browser.post("/device", {"user_code": user_code})
    found = re.search(r'name="sid" value="([^"]+)"', page.content.decode())
    if decision is None or found is None:
        return page
    form = {"user_code": user_code, "sid": found[1], "decision": decision, **changes}
    return app.browser.post("/device", form)


def age(device_code: str, by: timedelta) -> None:
    """As if it had been asked so long ago."""
    row = DeviceAuthorization.objects.get(pk=device_code.partition(".")[0])
    row.created_at -= by
    row.expires_at -= by
    if row.polled_at:
        row.polled_at -= by
    row.save()


def test_when_the_device_asked_is_said_as_people_say_it(tv: App) -> None:
    asked = ask(tv)
    assert ", just now</time>" in answer(tv, asked["user_code"], None).text
    age(asked["device_code"], timedelta(minutes=2))
    assert ", 2\xa0minutes ago</time>" in answer(tv, asked["user_code"], None).text


# --- The device asks --------------------------------------------------------------------------------


def test_a_device_gets_codes_an_address_and_the_times_of_the_specification(tv: App, settings: Any) -> None:
    asked = ask(tv)
    assert re.fullmatch("[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", asked["user_code"])
    assert asked["verification_uri"] == f"{settings.ISSUER}/device"
    assert asked["verification_uri_complete"] == f"{settings.ISSUER}/device?user_code={asked['user_code']}"
    assert (asked["expires_in"], asked["interval"]) == (600, 5)


def test_codes_are_kept_as_digests_only(tv: App) -> None:
    asked = ask(tv)
    row = str(DeviceAuthorization.objects.values().get())
    assert asked["device_code"].partition(".")[2] not in row
    assert asked["user_code"] not in row
    assert asked["user_code"].replace("-", "") not in row


def test_two_devices_never_show_the_same_code(tv: App, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = iter(["WDJBMJHT", "WDJBMJHT", "BCDFGHJK"])
    monkeypatch.setattr("idp.protocol.user_codes.mint", lambda: next(codes))
    assert [ask(tv)["user_code"], ask(tv)["user_code"]] == ["WDJB-MJHT", "BCDF-GHJK"]


def test_an_app_that_was_not_given_the_grant_is_refused(make_app: Callable[..., App]) -> None:
    app = make_app()
    response = app.post("/oauth2/device_authorization", {"scope": "openid"})
    assert (response.status_code, error(response)) == (400, "unauthorized_client")


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": None}, "invalid_client"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"scope": ["openid", "email"]}, "invalid_request"),
    ],
)
def test_s_010_a_bad_question_is_refused(tv: App, params: dict[str, Any], code: str) -> None:
    params = {"client_id": tv.client.client_id, "scope": "openid", **params}
    assert error(tv.post("/oauth2/device_authorization", params, authenticate=False)) == code


def test_a_confidential_device_has_to_prove_itself(signing_keys: None) -> None:
    app = make_device(token_endpoint_auth_method="client_secret_basic")
    assert "device_code" in ask(app)
    params = {"client_id": app.client.client_id}
    assert app.post("/oauth2/device_authorization", params, authenticate=False).status_code == 401


def test_s_102_questions_are_limited_per_address(tv: App) -> None:
    answers = [tv.post("/oauth2/device_authorization", {}) for _ in range(65)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) > 0


# --- The person decides -----------------------------------------------------------------------------


def test_the_page_is_for_people_who_are_signed_in_and_keeps_the_code(tv: App) -> None:
    response = Browser().get("/device?user_code=WDJB-MJHT")
    assert response.status_code == 302
    assert response["Location"] == "/login?next=%2Fdevice%3Fuser_code%3DWDJB-MJHT"


def test_the_complete_address_fills_the_code_in_but_decides_nothing(tv: App) -> None:
    asked = ask(tv)
    page = tv.browser.get(f"/device?user_code={asked['user_code']}").content.decode()
    assert asked["user_code"] in page
    assert "exactly this code" in page
    assert "Television" not in page
    assert 'value="allow"' not in page


def test_the_person_sees_who_asks_from_where_and_for_what(tv: App) -> None:
    asked = ask(tv, REMOTE_ADDR="198.51.100.7", HTTP_USER_AGENT=AGENT)
    page = answer(tv, asked["user_code"], None).content.decode()
    assert tv.user is not None
    for shown in ("Television", asked["user_code"], "198.51.100.7", "Firefox on Linux", tv.user.email):
        assert shown in page


@pytest.mark.parametrize(
    "change", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code[:2]} {code[2:]} "]
)
def test_case_dashes_and_spaces_of_a_code_do_not_matter(tv: App, change: Callable[[str], str]) -> None:
    assert b"Television" in answer(tv, change(ask(tv)["user_code"]), None).content


@pytest.mark.parametrize("typed", ["", "WDJB-MJHT", "A", "\x01", "é" * 500, "<script>alert(1)</script>"])
def test_a_code_that_nobody_waits_for_is_told_kindly(tv: App, typed: str) -> None:
    page = tv.browser.post("/device", {"user_code": typed})
    assert page.status_code == 200
    assert b"No device waits under this code" in page.content
    assert b"<script>alert" not in page.content


def test_s_102_user_codes_are_throttled_per_person(tv: App) -> None:
    answers = [tv.browser.post("/device", {"user_code": "WDJB-MJHT"}) for _ in range(12)]
    assert answers[-1].status_code == 429
    assert b"too many tries" in answers[-1].content
    asked = ask(tv)
    assert b"Television" not in tv.browser.post("/device", {"user_code": asked["user_code"]}).content


def test_s_102_right_codes_of_ones_own_do_not_lift_the_throttle(tv: App) -> None:
    codes = [ask(tv)["user_code"] for _ in range(21)]
    pages = [tv.browser.post("/device", {"user_code": code}) for code in codes]
    assert pages[0].status_code == 200
    assert pages[-1].status_code == 429


def test_s_082_a_decision_without_a_csrf_token_is_refused(tv: App) -> None:
    browser = Browser(enforce_csrf_checks=True)
    sign_in(browser, tv.user)
    assert browser.post("/device", {"user_code": ask(tv)["user_code"]}).status_code == 403


def test_a_decision_of_another_session_shows_the_page_again(tv: App) -> None:
    asked = ask(tv)
    assert answer(tv, asked["user_code"], sid="another").status_code == 200
    assert error(poll(tv, asked["device_code"])) == "authorization_pending"


def test_who_may_not_use_the_app_can_not_let_a_device_in(tv: App) -> None:
    tv.client.groups.add(Group.objects.create(name="staff"))
    asked = ask(tv)
    page = answer(tv, asked["user_code"], None)
    assert b"not open to" in page.content
    form = {"user_code": asked["user_code"], "decision": "allow", "sid": "x"}
    assert tv.browser.post("/device", form).status_code == 200
    assert error(poll(tv, asked["device_code"])) == "authorization_pending"


def test_s_120_a_device_app_that_registered_itself_is_shown_with_a_warning_and_no_host_of_its_own_choice(
    signing_keys: None,
) -> None:
    app = make_device(self_registered=True, client_uri="https://bank.example")
    page = answer(app, ask(app)["user_code"], None).content
    assert b"This app registered itself" in page
    assert b"bank.example" not in page


def test_the_pages_of_the_app_are_linked(signing_keys: None) -> None:
    app = make_device(policy_uri="https://tv.example/privacy", tos_uri="https://tv.example/terms")
    page = answer(app, ask(app)["user_code"], None).content.decode()
    assert 'href="https://tv.example/privacy" rel="noopener noreferrer"' in page
    assert 'href="https://tv.example/terms" rel="noopener noreferrer"' in page


@pytest.mark.parametrize("first_party", [True, False])
def test_it_always_asks_even_for_a_first_party_app(signing_keys: None, first_party: bool) -> None:
    app = make_device(first_party=first_party)
    asked = ask(app)
    assert b'value="allow"' in answer(app, asked["user_code"], None).content


def test_a_decision_is_taken_once(tv: App) -> None:
    asked = ask(tv)
    assert answer(tv, asked["user_code"])["Location"] == "/device/allowed"
    assert b"No device waits" in answer(tv, asked["user_code"], "deny").content
    assert poll(tv, asked["device_code"]).status_code == 200


def test_what_was_decided_is_in_the_audit_log(tv: App) -> None:
    answer(tv, ask(tv)["user_code"])
    answer(tv, ask(tv)["user_code"], "deny")
    types = list(AuditEvent.objects.order_by("id").values_list("type", flat=True))
    assert [name for name in types if name.startswith(("grant", "device", "consent"))] == [
        "consent.given",
        "grant.issued",
        "device.denied",
    ]


@pytest.mark.parametrize("outcome", ["allowed", "denied"])
def test_the_last_page_is_only_looked_at(outcome: str, db: None) -> None:
    assert Browser().get(f"/device/{outcome}").status_code == 200


# --- The device polls -------------------------------------------------------------------------------


def test_before_the_decision_the_device_waits(tv: App) -> None:
    response = poll(tv, ask(tv)["device_code"])
    assert (response.status_code, error(response)) == (400, "authorization_pending")


def test_a_device_that_hurries_has_to_slow_down_and_stays_slowed(tv: App) -> None:
    code = ask(tv)["device_code"]
    assert error(poll(tv, code)) == "authorization_pending"
    assert error(poll(tv, code)) == "slow_down"
    age(code, timedelta(seconds=6))  # enough for the first interval, not for the longer one
    assert error(poll(tv, code)) == "slow_down"
    age(code, timedelta(seconds=16))
    assert error(poll(tv, code)) == "authorization_pending"


def test_after_a_yes_the_device_gets_what_any_app_gets(tv: App) -> None:
    asked = ask(tv)
    answer(tv, asked["user_code"])
    response = poll(tv, asked["device_code"])
    tokens = response.json()
    assert tv.user is not None
    assert response.status_code == 200
    assert decoded(tokens["id_token"])["sub"] == tv.user.sub
    assert tv.userinfo(tokens["access_token"]).json()["email"] == tv.user.email
    assert tv.refresh(tokens["refresh_token"]).status_code == 200


def test_without_offline_access_it_ends_with_the_session_and_with_it_stays(tv: App) -> None:
    given = {}
    for scope in ("openid", "openid offline_access"):
        asked = ask(tv, scope)
        answer(tv, asked["user_code"])
        given[scope] = poll(tv, asked["device_code"]).json()["refresh_token"]
    sessions.end_all(tv.user, reason="test", now=timezone.now())
    assert error(tv.refresh(given["openid"])) == "invalid_grant"
    assert tv.refresh(given["openid offline_access"]).status_code == 200


def test_an_app_without_the_refresh_grant_gets_no_refresh_token(signing_keys: None) -> None:
    app = make_device(grant_types=[DEVICE])
    asked = ask(app)
    answer(app, asked["user_code"])
    assert "refresh_token" not in poll(app, asked["device_code"]).json()


def test_after_a_no_the_device_is_denied(tv: App) -> None:
    asked = ask(tv)
    assert answer(tv, asked["user_code"], "deny")["Location"] == "/device/denied"
    assert error(poll(tv, asked["device_code"])) == "access_denied"


def test_after_ten_minutes_the_code_is_dead_for_both(tv: App) -> None:
    asked = ask(tv)
    age(asked["device_code"], timedelta(minutes=10))
    assert b"No device waits" in answer(tv, asked["user_code"], None).content
    assert error(poll(tv, asked["device_code"])) == "expired_token"


def test_a_code_that_was_allowed_too_expires(tv: App) -> None:
    asked = ask(tv)
    answer(tv, asked["user_code"])
    age(asked["device_code"], timedelta(minutes=10))
    assert error(poll(tv, asked["device_code"])) == "expired_token"


def test_s_024_a_second_redemption_ends_what_came_of_the_first(tv: App) -> None:
    asked = ask(tv)
    answer(tv, asked["user_code"])
    tokens = poll(tv, asked["device_code"]).json()
    assert error(poll(tv, asked["device_code"])) == "invalid_grant"
    assert tv.userinfo(tokens["access_token"]).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        lambda code: code[:-1] + ("A" if code[-1] != "A" else "B"),
        lambda code: code.partition(".")[0],
        lambda code: code.swapcase(),
        lambda code: "x" * 500,
        lambda code: code + ".x",
    ],
)
def test_a_device_code_changed_is_not_ours(tv: App, change: Callable[[str], str]) -> None:
    asked = ask(tv)
    answer(tv, asked["user_code"])
    assert error(poll(tv, change(asked["device_code"]))) == "invalid_grant"


def test_a_device_code_is_for_the_app_that_asked(tv: App) -> None:
    asked = ask(tv)
    answer(tv, asked["user_code"])
    assert error(poll(make_device(name="Radio"), asked["device_code"])) == "invalid_grant"
    assert poll(tv, asked["device_code"]).status_code == 200


def test_a_person_disabled_meanwhile_gets_nothing(tv: App) -> None:
    asked = ask(tv)
    answer(tv, asked["user_code"])
    assert tv.user is not None
    tv.user.is_active = False
    tv.user.save()
    assert error(poll(tv, asked["device_code"])) == "invalid_grant"


def test_an_app_disabled_meanwhile_can_not_be_let_in(tv: App) -> None:
    asked = ask(tv)
    tv.client.enabled = False
    tv.client.save()
    assert b"No device waits" in answer(tv, asked["user_code"], None).content


def test_discovery_names_the_endpoint_and_the_grant(tv: App, settings: Any) -> None:
    document = Browser().get("/.well-known/openid-configuration").json()
    assert document["device_authorization_endpoint"] == f"{settings.ISSUER}/oauth2/device_authorization"
    assert DEVICE in document["grant_types_supported"]


@pytest.mark.django_db(transaction=True)
def test_s_023_of_many_polls_at_once_one_redeems(signing_keys: None) -> None:
    tv = make_device()
    asked = ask(tv)
    answer(tv, asked["user_code"])

    def one(_: int) -> int:
        try:
            return poll(tv, asked["device_code"]).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(one, range(6))).count(200) == 1
    assert Grant.objects.get().redeemed_at is not None
    assert Consent.objects.count() == 1


def test_another_person_can_answer_for_the_device(tv: App) -> None:
    asked, bob = ask(tv), make_user("bob")
    sign_in(tv.browser, bob)
    answer(tv, asked["user_code"])
    assert decoded(poll(tv, asked["device_code"]).json()["id_token"])["sub"] == bob.sub


@pytest.mark.parametrize(
    ("typed", "query"), [("", ""), ("bcdf-ghjk", "?user_code=BCDF-GHJK"), ("no code", ""), ("<b>", "")]
)
def test_the_page_has_its_own_address_as_a_qr_code(tv: App, settings: Any, typed: str, query: str) -> None:
    tv.sign_in()
    page = tv.browser.get("/device", {"user_code": typed}).content.decode()
    drawn = Qr.of(f"{settings.ISSUER}/device{query}")
    assert drawn.path in page
    assert f'viewBox="0 0 {drawn.size} {drawn.size}"' in page


def test_a_level_that_the_admin_demands_is_asked_of_who_lets_the_device_in(signing_keys: None) -> None:
    tv = make_device(required_acr="urn:signet:mfa")
    asked = ask(tv)
    form = {"user_code": asked["user_code"], "decision": "allow"}
    refused = tv.browser.post("/device", {**form, "sid": "x"})
    assert refused["Location"] == "/login?next=%2Fdevice&needs=mfa"
    assert error(poll(tv, asked["device_code"])) == "authorization_pending"
    tv.sign_in(amr=["pwd", "otp", "mfa"])
    assert answer(tv, asked["user_code"])["Location"] == "/device/allowed"
