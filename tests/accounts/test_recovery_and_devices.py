"""Losing everything, and a sign-in from a device that nobody knew."""

import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import lifecycle, links
from accounts.models import AuditEvent, Passkey, Session, Totp, User
from tests.factories import PASSWORD, add_app, make_admin, make_session, make_user, recovery_codes, sign_in

from .conftest import event_types
from .test_passkey_sign_in import give_passkey


def path_of(url: str) -> str:
    return url.removeprefix("http://localhost:8000")


class TestARecoveryLink:
    @pytest.fixture
    def link(self, alice: User, browser: Client) -> str:
        add_app(alice)
        give_passkey(alice)
        recovery_codes(alice)
        return path_of(lifecycle.recovery_link(alice, actor="command", now=timezone.now()))

    def test_is_announced_by_mail_without_the_link(self, alice: User, mails: Any) -> None:
        url = lifecycle.recovery_link(alice, actor="command", now=timezone.now())
        assert "recovery link was made" in mails()[0].subject
        assert url.rpartition("/")[2] not in mails()[0].body
        assert event_types() == ["link.issued"]

    def test_opens_nothing_before_a_new_password_is_chosen(
        self, alice: User, link: str, browser: Client
    ) -> None:
        old = make_session(alice)
        assert browser.get(link)["Location"] == "/login/recover"
        assert Passkey.objects.exists(), "S-106: following the link uses nothing up"
        answer = browser.post("/login/recover")
        assert answer["Location"].startswith("/password/new?next=")
        assert not Session.objects.filter(ended_at=None).exists()
        old.refresh_from_db()
        assert old.end_reason == "second factors reset"
        assert not Passkey.objects.exists()
        assert not Totp.objects.exists()

    def test_then_lets_in_and_says_by_what(self, alice: User, link: str, browser: Client) -> None:
        browser.get(link)
        page = browser.post("/login/recover", follow=True)
        answer = browser.post(page.redirect_chain[-1][0], {"new_password": "another good long one"})
        assert answer["Location"] == "/account/"
        assert Session.objects.get(ended_at=None).amr == ["link", "pwd"]

    def test_the_old_password_is_worth_nothing_from_then_on(self, link: str, browser: Client) -> None:
        browser.get(link)
        browser.post("/login/recover")
        answer = Client().post("/login", {"username": "alice", "password": PASSWORD})
        assert answer.status_code == 200
        assert Client().post("/password/new", {"new_password": "another good long one"}).status_code == 410

    def test_works_once_and_only_the_newest(self, alice: User, link: str, browser: Client) -> None:
        newer = path_of(lifecycle.recovery_link(alice, actor="command", now=timezone.now()))
        assert browser.get(link).status_code == 410
        browser.get(newer)
        browser.post("/login/recover")
        assert Client().get(newer).status_code == 410

    def test_dies_in_a_day(self, alice: User, browser: Client) -> None:
        url = lifecycle.recovery_link(alice, actor="command", now=timezone.now() - timedelta(hours=25))
        assert browser.get(path_of(url)).status_code == 410


class TestANewDevice:
    def test_is_told_by_mail_with_a_link_that_ends_the_session(
        self, alice: User, log_in: Any, mails: Any
    ) -> None:
        User.objects.update(last_login=timezone.now() - timedelta(days=1))
        log_in("alice", HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/130.0", REMOTE_ADDR="10.1.2.3")
        (mail,) = mails()
        assert "Firefox on Linux" in mail.body
        assert "10.1.2.3" in mail.body
        url = re.search(r"http://\S+/login/not-me/\S+", mail.body)
        assert url
        stranger = Client()
        assert stranger.get(path_of(url[0]))["Location"] == "/login/not-me"
        page = stranger.get("/login/not-me").content.decode()
        assert "Firefox on Linux" in page
        assert Session.objects.get().ended_at is None, "looking ends nothing"
        assert stranger.post("/login/not-me")["Location"] == "/password/reset"
        session = Session.objects.get()
        assert (session.ended_at is None, session.end_reason) == (False, "ended by the person")
        assert stranger.get("/account/").status_code == 302, "it signs nobody in"
        assert stranger.post("/login/not-me").status_code == 410

    def test_one_that_is_known_is_no_news(
        self, alice: User, log_in: Any, browser: Client, mails: Any
    ) -> None:
        log_in("alice")
        browser.post("/logout")
        log_in("alice")
        assert mails() == []

    def test_the_same_browser_of_another_person_is_news(
        self, alice: User, log_in: Any, browser: Client, mails: Any
    ) -> None:
        bob = make_user("bob", password=PASSWORD, last_login=timezone.now())
        log_in("alice")
        log_in("bob", path="/login?switch=1")
        assert [mail.to for mail in mails()] == [[bob.email]]

    def test_the_first_sign_in_of_all_is_none(self, alice: User, log_in: Any, mails: Any) -> None:
        log_in("alice")
        assert mails() == []

    def test_the_link_ends_that_session_and_no_other(self, alice: User, browser: Client) -> None:
        theirs, other = make_session(alice), make_session(alice)
        token = links.issue(links.Purpose.END, alice, session=theirs, now=timezone.now())
        browser.get(f"/login/not-me/{token}")
        browser.post("/login/not-me")
        other.refresh_from_db()
        assert other.ended_at is None


class TestTheCommand:
    @pytest.fixture
    def user(self, alice: User, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
        def run(*arguments: str) -> str:
            monkeypatch.setattr("sys.stdin", io.StringIO())
            call_command("user", *arguments)
            return capsys.readouterr().out

        return run

    def test_shows_factors_and_never_a_secret(self, alice: User, user: Any) -> None:
        app = add_app(alice)
        give_passkey(alice)
        codes = recovery_codes(alice)
        shown = json.loads(user("factors", "alice", "--json"))
        assert [each["name"] for each in shown["passkeys"]] == ["Laptop"]
        assert [each["name"] for each in shown["authenticator_apps"]] == ["Phone"]
        assert shown["recovery_codes_left"] == 10
        text = user("factors", "alice") + json.dumps(shown)
        assert "Laptop" in text
        assert not any(secret in text for secret in (app.sealed, *codes))

    def test_resets_them_and_ends_all_sessions(self, alice: User, user: Any) -> None:
        add_app(alice)
        make_session(alice)
        user("reset-mfa", "alice", "--json")
        assert not Totp.objects.exists()
        assert not Session.objects.filter(ended_at=None).exists()
        assert AuditEvent.objects.get(type="factor.reset").actor == "command"

    def test_does_not_take_the_only_way_in(self, alice: User, user: Any) -> None:
        give_passkey(alice)
        alice.set_unusable_password()
        alice.save()
        with pytest.raises(CommandError, match="recovery-link"):
            user("reset-mfa", "alice")
        assert Passkey.objects.exists()

    def test_makes_a_recovery_link(self, user: Any, browser: Client) -> None:
        url = json.loads(user("recovery-link", "alice", "--json"))["url"]
        assert browser.get(path_of(url))["Location"] == "/login/recover"


class TestTheAdmin:
    @pytest.fixture
    def admin(self, db: None) -> Client:
        browser = Client()
        sign_in(browser, make_admin("ada"))
        return browser

    def test_a_persons_page_names_factors_and_never_secrets(self, alice: User, admin: Client) -> None:
        app = add_app(alice)
        page = admin.get(reverse("admin:accounts_user_change", args=[alice.pk])).content.decode()
        assert "Phone (authenticator app)" in page
        assert app.sealed not in page

    def act(self, admin: Client, action: str, *people: User) -> Any:
        chosen = [str(each.pk) for each in people]
        data = {"action": action, "_selected_action": chosen, "confirmed": "yes"}
        return admin.post(reverse("admin:accounts_user_changelist"), data, follow=True).content.decode()

    def test_resetting_is_an_audited_action(self, alice: User, admin: Client) -> None:
        add_app(alice)
        assert "without second factors now" in self.act(admin, "reset_factors", alice)
        assert not Totp.objects.exists()
        assert AuditEvent.objects.get(type="factor.reset").subject == f"user:{alice.pk}"

    def test_a_recovery_link_is_for_one_person(self, alice: User, admin: Client) -> None:
        assert "/login/recover/" in self.act(admin, "recovery_link", alice)
        assert "/login/recover/" not in self.act(admin, "recovery_link", alice, make_user("bob"))

    def test_s_130_only_an_owner_resets_an_admin(self, alice: User) -> None:
        helper, owner = make_user("helper", is_staff=True), make_admin("owner")
        helper.user_permissions.set(
            helper.user_permissions.model.objects.filter(codename__in=["change_user", "view_user"])
        )
        add_app(owner)
        browser = Client()
        sign_in(browser, helper)
        self.act(browser, "reset_factors", owner)
        assert Totp.objects.filter(user=owner).exists()
        assert "/login/recover/" not in self.act(browser, "recovery_link", owner)
        add_app(alice)
        self.act(browser, "reset_factors", alice)
        assert not Totp.objects.filter(user=alice).exists()
