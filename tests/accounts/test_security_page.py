"""/account/security: what is there, changed only by somebody who has just proved who they are (S-108)."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Passkey, PendingLogin, RecoveryCode, Session, Totp, TrustedDevice, User
from tests.authenticator import Authenticator
from tests.factories import PASSWORD, add_app, app_code, make_user, recovery_codes, sign_in

from .conftest import event_types
from .test_enrolment import app_on
from .test_passkey_sign_in import give_passkey, options

SECURITY = "/account/security"
NEW_APP, NEW_PASSKEY, CODES = f"{SECURITY}/app/new", f"{SECURITY}/passkeys/new", f"{SECURITY}/codes"
MFA = ["pwd", "otp", "mfa"]


def an_hour_ago() -> Any:
    return timezone.now() - timedelta(hours=1)


def test_the_page_says_what_there_is(alice: User, browser: Client) -> None:
    sign_in(browser, alice)
    page = browser.get(SECURITY).content.decode()
    assert "a stolen password alone opens nothing" in page
    add_app(alice)
    give_passkey(alice)
    page = browser.get(SECURITY).content.decode()
    assert "Phone" in page
    assert "Laptop" in page
    assert "synced" in page
    assert "Save recovery codes" in page


def test_what_was_used_a_moment_ago_was_used_just_now(alice: User, browser: Client) -> None:
    sign_in(browser, alice)
    add_app(alice)
    Totp.objects.update(last_used_at=timezone.now())
    assert "last used just now" in browser.get(SECURITY).content.decode()
    Totp.objects.update(last_used_at=an_hour_ago())
    assert "last used 1\xa0hour ago" in browser.get(SECURITY).content.decode()


def test_an_app_is_added_with_its_first_code_and_brings_recovery_codes(
    alice: User, browser: Client, mails: Any
) -> None:
    sign_in(browser, alice)
    draft, code = app_on(browser.get(NEW_APP))
    page = browser.post(NEW_APP, {"draft": draft, "code": code, "name": "My phone"}).content.decode()
    assert len(re.findall(r"<code>[A-Z2-7-]{19}</code>", page)) == 10
    assert Totp.objects.get().name == "My phone"
    assert event_types() == ["factor.added", "recovery.codes_made"]
    assert "My phone" in mails()[0].body


def test_the_qr_code_is_drawn_without_a_script_or_another_site(alice: User, browser: Client) -> None:
    sign_in(browser, alice)
    page = browser.get(NEW_APP).content.decode()
    assert re.search(r'<path d="(M\d+ \d+h1v1h-1z){100,}"', page)
    assert 'role="img"' in page


def test_passkeys_that_nobody_named_are_told_apart_by_a_number(alice: User, browser: Client) -> None:
    chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
    sign_in(browser, alice)
    for number in range(3):
        device = Authenticator(credential_id=f"credential {number}".encode())
        answer = device.create(options(browser.get(NEW_PASSKEY)))
        browser.post(NEW_PASSKEY, {"credential": answer, "name": ""}, HTTP_USER_AGENT=chrome)
    names = list(Passkey.objects.order_by("id").values_list("name", flat=True))
    assert names == ["Chrome on Linux", "Chrome on Linux (2)", "Chrome on Linux (3)"]


def test_a_passkey_is_added_renamed_and_removed(alice: User, browser: Client) -> None:
    sign_in(browser, alice)
    answer = Authenticator().create(options(browser.get(NEW_PASSKEY)))
    browser.post(NEW_PASSKEY, {"credential": answer, "name": "\u202eLaptop "})
    passkey = Passkey.objects.get()
    assert passkey.name == "Laptop"
    assert Session.objects.get().amr == ["pwd", "pop", "swk", "user", "mfa"], "it was shown just now"
    path = f"{SECURITY}/passkeys/{passkey.pk}"
    browser.post(path, {"name": "Work laptop"})
    assert Passkey.objects.get().name == "Work laptop"
    browser.post(path, {"remove": "1"})
    assert not Passkey.objects.exists()
    assert not RecoveryCode.objects.exists(), "they stood in for it"
    assert event_types() == ["factor.added", "recovery.codes_made", "factor.renamed", "factor.removed"]


def test_s_103_another_persons_passkey_is_nobodys_to_change(alice: User, browser: Client) -> None:
    bob = make_user("bob")
    give_passkey(bob)
    sign_in(browser, alice)
    path = f"{SECURITY}/passkeys/{Passkey.objects.get().pk}"
    assert browser.get(path).status_code == 404
    assert browser.post(path, {"remove": "1"}).status_code == 404


CHANGES: dict[str, tuple[str, dict[str, str]]] = {
    "an app added": (NEW_APP, {"code": "000000", "draft": "x"}),
    "a passkey added": (NEW_PASSKEY, {"credential": "{}"}),
    "recovery codes made": (CODES, {}),
    "the password removed": (SECURITY, {"do": "remove-password"}),
    "devices forgotten": (SECURITY, {"do": "forget-devices"}),
    "an app removed": (SECURITY, {"do": "remove-app", "app": "1"}),
}


@pytest.mark.parametrize(("path", "data"), CHANGES.values(), ids=CHANGES.keys())
def test_s_108_an_old_sign_in_changes_nothing(
    alice: User, browser: Client, path: str, data: dict[str, str]
) -> None:
    sign_in(browser, alice, now=an_hour_ago(), amr=MFA)
    add_app(alice)
    answer = browser.post(path, data)
    assert answer.status_code == 303
    assert answer["Location"].startswith("/login?next=%2Faccount%2Fsecurity")
    assert "again=1" in answer["Location"]
    assert event_types() == []


@pytest.mark.parametrize(("path", "data"), CHANGES.values(), ids=CHANGES.keys())
def test_s_108_neither_does_a_password_alone_of_somebody_with_a_second_factor(
    alice: User, browser: Client, path: str, data: dict[str, str]
) -> None:
    sign_in(browser, alice)
    add_app(alice)
    answer = browser.post(path, data)
    assert answer["Location"].startswith("/login?next=%2Faccount%2Fsecurity")
    assert "again=1" not in answer["Location"]
    assert "needs=mfa" in answer["Location"]
    assert event_types() == []


def test_s_108_confirming_comes_back_and_asks_for_what_is_missing(alice: User, browser: Client) -> None:
    before = sign_in(browser, alice, now=an_hour_ago())
    add_app(alice)
    login = browser.get(NEW_APP)["Location"]
    answer = browser.post(login, {"password": PASSWORD})
    assert answer["Location"].startswith("/login/second-factor")
    answer = browser.post(answer["Location"], {"code": app_code()})
    assert answer["Location"] == NEW_APP
    assert browser.get(NEW_APP).status_code == 200
    assert Session.objects.get().sid == before.sid


def test_only_the_second_factor_is_asked_of_a_fresh_password(alice: User, browser: Client) -> None:
    before = sign_in(browser, alice)
    token = browser.cookies["signet"].value
    add_app(alice)
    answer = browser.get(browser.get(CODES)["Location"])
    assert answer["Location"].startswith("/login/second-factor")
    assert "You are signed in as" in browser.get(answer["Location"]).content.decode()
    assert browser.post(answer["Location"], {"code": app_code()})["Location"] == CODES
    after = Session.objects.get()
    assert (after.sid, after.auth_time, after.amr) == (before.sid, before.auth_time, MFA)
    assert after.stepped_up_at is not None
    assert browser.cookies["signet"].value != token, "S-110: a new id when the session gains"
    assert event_types() == ["login.stepped_up"]


def test_s_108_something_new_is_never_set_up_in_a_browser_left_open(alice: User, browser: Client) -> None:
    sign_in(browser, alice, now=an_hour_ago())
    answer = browser.get("/login?needs=mfa&next=/account/")
    assert "again=1" in answer["Location"]
    assert not PendingLogin.objects.exists()


def test_new_codes_are_made_by_the_form_only_and_end_the_old_ones(alice: User, browser: Client) -> None:
    add_app(alice)
    old = recovery_codes(alice)
    sign_in(browser, alice, amr=MFA)
    assert "10 unused codes" in browser.get(CODES).content.decode()
    page = html.unescape(browser.post(CODES).content.decode())
    assert not any(code in page for code in old)
    assert "no-store" in browser.get(CODES)["Cache-Control"]


def test_without_a_second_factor_there_are_no_codes(alice: User, browser: Client) -> None:
    sign_in(browser, alice)
    browser.post(CODES)
    assert not RecoveryCode.objects.exists()


def test_an_app_is_removed_and_only_ones_own(alice: User, browser: Client) -> None:
    theirs = add_app(make_user("bob"))
    mine = add_app(alice)
    sign_in(browser, alice, amr=MFA)
    for number in (str(theirs.pk), "x", "", "9" * 40):
        browser.post(SECURITY, {"do": "remove-app", "app": number})
    assert Totp.objects.count() == 2
    browser.post(SECURITY, {"do": "remove-app", "app": str(mine.pk)})
    assert Totp.objects.get() == theirs


def test_a_password_is_given_up_for_passkeys_only(alice: User, browser: Client) -> None:
    sign_in(browser, alice)
    browser.post(SECURITY, {"do": "remove-password"})
    alice.refresh_from_db()
    assert alice.has_usable_password()
    give_passkey(alice)
    here = sign_in(browser, alice, amr=["pop", "swk", "user", "mfa"])
    elsewhere = sign_in(Client(), alice)
    browser.post(SECURITY, {"do": "remove-password"})
    alice.refresh_from_db()
    assert not alice.has_usable_password()
    assert browser.get("/account/").status_code == 200
    assert set(Session.objects.filter(ended_at=None).values_list("sid", flat=True)) == {here.sid}
    assert elsewhere.sid != here.sid


def test_devices_are_forgotten(alice: User, browser: Client) -> None:
    add_app(alice)
    browser.post("/login", {"username": "alice", "password": PASSWORD})
    browser.post("/login/second-factor", {"code": app_code(), "trust": "30"})
    assert "until" in browser.get(SECURITY).content.decode()
    browser.post(SECURITY, {"do": "forget-devices"})
    assert not TrustedDevice.objects.exists()


def test_a_changed_password_keeps_what_the_session_has_proved(alice: User, browser: Client) -> None:
    sign_in(browser, alice, amr=MFA)
    browser.post("/account/password", {"current_password": PASSWORD, "new_password": "another good long one"})
    assert Session.objects.get(ended_at=None).amr == MFA


@pytest.mark.parametrize("path", [SECURITY, NEW_APP, NEW_PASSKEY, CODES])
def test_s_082_s_103_the_pages_are_for_who_is_signed_in_and_their_forms_need_the_token(
    alice: User, path: str
) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.get(path)["Location"].startswith("/login")
    sign_in(strict, alice)
    assert strict.post(path, {}).status_code == 403
