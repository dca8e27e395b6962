"""Signing in by passkey, alone and as a second factor, over the pages' own options."""

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.factors import passkeys
from accounts.models import Passkey, Session, User
from tests.authenticator import USER_PRESENT, USER_VERIFIED, Authenticator
from tests.factories import PASSWORD, make_user, sign_in

from .conftest import event_types


def options(response: Any) -> str:
    """What the page gives the browser to ask the authenticator."""
    found = re.search(r'data-options="([^"]*)"', response.content.decode())
    assert found, response.content.decode()[-2000:]
    return html.unescape(found[1])


def give_passkey(user: User, device: Authenticator | None = None) -> Authenticator:
    device = device or Authenticator()
    purpose = passkeys.registration_of(user)
    answer = device.create(passkeys.registration_options(user, purpose))
    passkeys.register(user, answer, purpose=purpose, name="Laptop", now=timezone.now())
    return device


@pytest.fixture
def device(alice: User) -> Authenticator:
    return give_passkey(alice)


def use(browser: Client, device: Authenticator, page: str = "/login", to: str = "/login/passkey") -> Any:
    return browser.post(to, {"credential": device.get(options(browser.get(page)))})


def test_a_passkey_alone_is_a_full_sign_in(device: Authenticator, browser: Client) -> None:
    answer = use(browser, device, to="/login/passkey?next=/account/sessions")
    assert (answer.status_code, answer["Location"]) == (303, "/account/sessions")
    assert Session.objects.get().amr == ["pop", "swk", "user", "mfa"]
    assert event_types() == ["login.succeeded"]


def test_one_that_stays_in_its_device_says_hardware(alice: User, browser: Client) -> None:
    use(browser, give_passkey(alice, Authenticator(flags=USER_PRESENT | USER_VERIFIED)))
    assert Session.objects.get().amr == ["pop", "hwk", "user", "mfa"]


def test_the_page_offers_passkeys_by_autofill_and_by_a_button(db: None, browser: Client) -> None:
    page = browser.get("/login?next=/account/sessions").content.decode()
    assert "data-autofill" in page
    assert "Use a passkey" in page
    assert 'action="/login/passkey?next=%2Faccount%2Fsessions"' in page
    assert "accounts/passkeys" in page


def test_where_none_are_possible_none_are_offered(db: None, browser: Client, settings: Any) -> None:
    settings.ISSUER = "http://127.0.0.1:8000"
    assert "Use a passkey" not in browser.get("/login").content.decode()


def test_s_101_a_disabled_persons_passkey_is_refused_as_any_other(
    alice: User, device: Authenticator, browser: Client
) -> None:
    stranger = Authenticator(credential_id=b"unknown", user_handle=alice.pk.bytes)
    unknown = use(browser, stranger).content.decode().partition("<main")[2].partition("<form")[0]
    User.objects.update(is_active=False)
    refused = use(browser, device)
    assert refused.status_code == 200
    assert refused.content.decode().partition("<main")[2].partition("<form")[0] == unknown
    assert "did not work" in unknown
    assert not Session.objects.exists()
    assert event_types() == ["login.failed", "login.failed"]


def test_s_105_an_answer_is_taken_once(device: Authenticator, browser: Client) -> None:
    answer = device.get(options(browser.get("/login")))
    browser.post("/login/passkey", {"credential": answer})
    other = Client()
    assert other.post("/login/passkey", {"credential": answer}).status_code == 200
    assert Session.objects.count() == 1


@pytest.mark.parametrize("sent", ["", "{}", "[" * 9000, "\x01", "x" * 20_000])
def test_s_015_what_is_no_credential_gets_the_page_again(db: None, browser: Client, sent: str) -> None:
    assert browser.post("/login/passkey", {"credential": sent}).status_code == 200


def test_s_102_many_wrong_ones_from_one_address_wait(db: None, browser: Client) -> None:
    answers = [browser.post("/login/passkey", {"credential": "{}"}).status_code for _ in range(12)]
    assert answers[:10] == [200] * 10
    assert answers[-1] == 429


def test_the_page_says_which_way_was_used_last(device: Authenticator, browser: Client, log_in: Any) -> None:
    assert "Used last" not in browser.get("/login").content.decode()
    use(browser, device)
    browser.post("/logout")
    passkey = browser.get("/login").content.decode().partition("Use a passkey")[2]
    assert "Used last" in passkey


class TestAsASecondFactor:
    PATH = "/login/second-factor?next=/account/sessions"

    def test_it_is_asked_for_after_the_password(
        self, device: Authenticator, browser: Client, log_in: Any
    ) -> None:
        assert log_in("alice")["Location"].startswith("/login/second-factor")
        answer = use(browser, device, self.PATH, self.PATH)
        assert answer.status_code == 303
        assert Session.objects.get().amr == ["pwd", "pop", "swk", "user", "mfa"]

    def test_s_103_another_persons_does_not_do(
        self, device: Authenticator, browser: Client, log_in: Any
    ) -> None:
        mallory = give_passkey(make_user("mallory"), Authenticator(credential_id=b"mallory"))
        log_in("alice")
        assert use(browser, mallory, self.PATH, self.PATH).status_code == 200
        assert not Session.objects.exists()

    def test_s_105_the_challenge_of_the_login_page_does_not_do(
        self, device: Authenticator, browser: Client, log_in: Any
    ) -> None:
        answer = device.get(options(browser.get("/login")))
        log_in("alice")
        assert browser.post(self.PATH, {"credential": answer}).status_code == 200
        assert not Session.objects.exists()


class TestConfirming:
    PATH = "/login?again=1&next=/account/sessions"

    def test_a_passkey_confirms(self, alice: User, device: Authenticator, browser: Client) -> None:
        before = sign_in(browser, alice)
        use(browser, device, self.PATH, "/login/passkey?again=1&next=/account/sessions")
        after = Session.objects.get()
        assert after.sid == before.sid
        assert after.auth_time > before.auth_time
        assert event_types() == ["login.reauthenticated"]

    def test_s_103_another_persons_passkey_does_not(
        self, alice: User, device: Authenticator, browser: Client
    ) -> None:
        before = sign_in(browser, alice)
        mallory = give_passkey(make_user("mallory"), Authenticator(credential_id=b"mallory"))
        use(browser, mallory, self.PATH, "/login/passkey?again=1")
        assert Session.objects.get().auth_time == before.auth_time


class TestWithoutAPassword:
    @pytest.fixture(autouse=True)
    def _none(self, alice: User, device: Authenticator) -> None:
        alice.set_unusable_password()
        alice.save()

    def test_the_passkey_signs_in(self, device: Authenticator, browser: Client) -> None:
        assert use(browser, device).status_code == 303
        assert Session.objects.exists()

    def test_s_101_a_password_is_refused_like_a_wrong_one(self, browser: Client, log_in: Any) -> None:
        assert "go together" in log_in("alice", PASSWORD).content.decode()

    def test_confirming_asks_for_no_password(self, alice: User, browser: Client) -> None:
        sign_in(browser, alice)
        page = browser.get("/login?again=1").content.decode()
        assert 'type="password"' not in page
        assert "Use a passkey" in page

    def test_the_last_passkey_stays(self, alice: User, device: Authenticator, browser: Client) -> None:
        use(browser, device)
        passkey = Passkey.objects.get()
        page = browser.post(f"/account/security/passkeys/{passkey.pk}", {"remove": "1"}, follow=True)
        assert "only way to sign in" in page.content.decode()
        assert Passkey.objects.exists()


def test_password_managers_learn_where_to_go(db: None, browser: Client) -> None:
    found = browser.get("/.well-known/passkey-endpoints")
    assert found["Content-Type"] == "application/json"
    assert found.json() == {
        "enroll": "http://localhost:8000/account/security/passkeys/new",
        "manage": "http://localhost:8000/account/security",
    }
    assert browser.get("/.well-known/change-password")["Location"] == "/account/password"
