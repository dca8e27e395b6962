"""What is kept about one: to read, take along, and have deleted after a delay."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import audit, deletion
from accounts.models import Attribute, AuditEvent, Session, User
from tests.factories import add_app, make_admin, make_session, make_user, sign_in

from .conftest import event_types

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(alice: User, browser: Client) -> User:
    sign_in(browser, alice)
    return alice


@pytest.mark.usefixtures("signed_in")
class TestTheDownload:
    def document(self, browser: Client) -> Any:
        response = browser.post("/account/data", {"do": "download"})
        assert response["Content-Disposition"] == 'attachment; filename="alice.json"'
        assert response["Cache-Control"] == "no-store"
        return json.loads(response.content)

    def test_has_every_part(self, browser: Client) -> None:
        found = self.document(browser)
        assert set(found) == {
            "account", "profile", "attributes", "groups", "invitation", "sign_in_methods", "sessions", "places", "apps",
            "provisioning",
            "activity",
        }  # fmt: skip
        assert found["account"]["email"] == "alice@example.com"
        assert found["profile"]["name"] == "Alice Liddell"
        assert len(found["sessions"]) == 1
        assert "data.exported" in event_types()

    def test_holds_no_secret(self, browser: Client, alice: User) -> None:
        session = Session.objects.get()
        add_app(alice)
        Session.objects.update(amr=["pwd", "otp", "mfa"])
        found = self.document(browser)
        text, [app] = json.dumps(found), found["sign_in_methods"]["authenticator_apps"]
        assert app["name"]
        secrets = (
            alice.password,
            session.token_hash,
            browser.cookies["signet"].value,
            alice.totps.get().sealed,
        )
        for secret in secrets:
            assert secret not in text

    def test_leaves_out_what_only_admins_may_see(self, browser: Client, alice: User) -> None:
        Attribute.objects.create(name="rating", label="Rating")
        Attribute.objects.create(name="desk", label="Desk", access="seen")
        User.objects.update(attributes={"rating": "poor", "desk": "4"})
        assert self.document(browser)["attributes"] == {"desk": "4"}

    def test_leaves_out_where_an_admin_came_from_and_who_they_are(self, browser: Client, alice: User) -> None:
        olga = make_admin("olga")
        audit.record("user.enabled", actor=olga, subject=alice, secret_plan="x")
        AuditEvent.objects.filter(type="user.enabled")
        [event] = [each for each in self.document(browser)["activity"] if each["type"] == "user.enabled"]
        assert (event["by"], event["address"]) == ("an admin", "")
        assert olga.sub not in json.dumps(event)


@pytest.mark.parametrize("data", [{}, {"do": "download"}, {"do": "delete", "username": "alice"}])
def test_s_108_needs_a_fresh_sign_in(alice: User, browser: Client, data: dict[str, str]) -> None:
    sign_in(browser, alice, auth_time=timezone.now() - timedelta(minutes=11))
    assert browser.post("/account/data", data)["Location"] == "/login?next=%2Faccount%2Fdata&again=1"
    alice.refresh_from_db()
    assert alice.deletion_at is None


class TestDeletion:
    @pytest.fixture(autouse=True)
    def signed_in(self, alice: User, browser: Client, mails: Callable) -> None:
        sign_in(browser, alice)

    def ask(self, browser: Client, username: str = "ALICE ") -> Any:
        return browser.post("/account/data", {"do": "delete", "username": username})

    def test_is_announced_and_comes_after_the_delay(
        self, browser: Client, alice: User, mails: Callable
    ) -> None:
        assert self.ask(browser).status_code == 303
        alice.refresh_from_db()
        assert timedelta(days=6, hours=23) < alice.deletion_at - timezone.now() <= timedelta(days=7)  # type: ignore[operator]
        assert "will be deleted" in browser.get("/account/").content.decode()
        assert [mail.subject.partition(" ·")[0] for mail in mails()] == ["Your account will be deleted"]
        now = timezone.now()
        assert deletion.carry_out(now + timedelta(days=6)) == 0
        assert deletion.carry_out(now + timedelta(days=8)) == 1
        assert not User.objects.filter(username="alice").exists()
        assert mails()[-1].subject.startswith("Your account is deleted")
        assert event_types()[-1] == "user.deleted"
        assert browser.get("/account/").status_code == 302

    def test_can_be_taken_back(self, browser: Client, alice: User, mails: Callable) -> None:
        self.ask(browser)
        assert browser.post("/account/data", {"do": "keep"}).status_code == 303
        assert deletion.carry_out(timezone.now() + timedelta(days=30)) == 0
        assert User.objects.filter(username="alice").exists()
        assert mails()[-1].subject.startswith("Your account stays")

    @pytest.mark.parametrize("typed", ["", "bob", "alice@example.com"])
    def test_asks_for_the_user_name(self, browser: Client, alice: User, typed: str) -> None:
        assert self.ask(browser, typed).status_code == 200
        alice.refresh_from_db()
        assert alice.deletion_at is None

    def test_leaves_an_owner(self, browser: Client, alice: User) -> None:
        User.objects.update(is_superuser=True, is_staff=True)
        assert "only owner" in self.ask(browser).content.decode()
        make_admin("olga")
        assert self.ask(browser).status_code == 303

    def test_does_not_happen_to_who_became_the_last_owner_meanwhile(
        self, browser: Client, alice: User
    ) -> None:
        self.ask(browser)
        User.objects.update(is_superuser=True)
        assert deletion.carry_out(timezone.now() + timedelta(days=8)) == 0

    def test_is_done_by_purge(self, browser: Client, alice: User, capsys: pytest.CaptureFixture[str]) -> None:
        User.objects.update(deletion_at=timezone.now())
        call_command("purge", "--json")
        assert json.loads(capsys.readouterr().out)["accounts that their people deleted"] == 1
        assert not User.objects.exists()

    def test_ends_sessions_first_so_that_apps_are_told(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[int] = []
        monkeypatch.setattr(
            "accounts.endings.listeners", [lambda ended, now: told.append(ended.count()) or 0]
        )
        deletion.delete(alice, actor="test", now=timezone.now())
        assert told == [1]


class TestActivity:
    @pytest.fixture(autouse=True)
    def signed_in(self, alice: User, browser: Client) -> None:
        sign_in(browser, alice)

    def test_is_ones_own_only(self, browser: Client, alice: User) -> None:
        bob = make_user("bob")
        audit.record("password.changed", actor=alice, subject=alice)
        audit.record("password.reset", actor=bob, subject=bob)
        page = browser.get("/account/activity").content.decode()
        assert "Password changed" in page
        assert "Password reset by mail" not in page

    def test_says_once_that_something_was_refused(self, browser: Client, alice: User) -> None:
        audit.record("login.failed", actor="anonymous", subject=alice, outcome="refused")
        page = browser.get("/account/activity").content.decode()
        assert "Sign-in refused" in page
        assert 'badge warning">refused' not in page

    @pytest.mark.parametrize(
        ("kind", "shown"),
        [
            ("", {"login.failed", "consent.given", "profile.changed"}),
            ("sign-ins", {"login.failed"}),
            ("apps", {"consent.given"}),
            ("profile", {"profile.changed"}),
            ("nonsense", {"login.failed", "consent.given", "profile.changed"}),
            ("type__regex=.", {"login.failed", "consent.given", "profile.changed"}),
        ],
    )
    def test_s_132_can_be_narrowed_to_what_the_page_offers(
        self, browser: Client, alice: User, kind: str, shown: set[str]
    ) -> None:
        audit.record("login.failed", actor="anonymous", subject=alice, outcome="refused")
        audit.record("consent.given", actor=alice, client_id="app")
        audit.record("profile.changed", actor=alice, subject=alice)
        rows = json.loads(browser.get("/account/activity", {"kind": kind, "as": "json"}).content)
        assert {row["type"] for row in rows} == shown

    def test_goes_on_to_older_pages(self, browser: Client, alice: User) -> None:
        for number in range(120):
            audit.record("profile.changed", actor=alice, subject=alice, number=number)
        pages, query = [], ""
        while True:
            response = browser.get(f"/account/activity{query}")
            pages.append(len(response.context["entries"]))
            if not response.context["older"]:
                break
            query = f"?before={response.context['older']}"
        assert pages == [50, 50, 20]

    @pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "1;", "\u0661", "\x01"])
    def test_s_132_a_cursor_that_is_none_is_passed_over(self, browser: Client, before: str) -> None:
        assert browser.get("/account/activity", {"before": before}).status_code == 200

    def test_csv_holds_no_formula(self, browser: Client, alice: User) -> None:
        audit.record("consent.given", actor=alice, client_id='=HYPERLINK("http://evil")')
        response = browser.get("/account/activity", {"as": "csv"})
        rows = list(csv.DictReader(io.StringIO(response.content.decode())))
        assert rows[0]["app"] == rows[0]["client_id"] == '\'=HYPERLINK("http://evil")'

    def test_strangers_are_led_to_the_login(self) -> None:
        assert Client().get("/account/activity?as=json")["Location"].startswith("/login")


class TestTheCommand:
    def test_prints_deletes_and_keeps(self, capsys: pytest.CaptureFixture[str], mails: Callable) -> None:
        Attribute.objects.create(name="rating", label="Rating")
        bob = make_user("bob", attributes={"rating": "good"})
        session = make_session(bob)
        call_command("user", "data", "bob")
        assert json.loads(capsys.readouterr().out)["attributes"] == {"rating": "good"}
        deletion.ask(bob, actor="test", now=timezone.now())
        call_command("user", "keep", "bob")
        with pytest.raises(CommandError, match="not about to be deleted"):
            call_command("user", "keep", "bob")
        call_command("user", "delete", "bob", "--json")
        assert not Session.objects.filter(pk=session.pk).exists()
        make_admin("olga")
        with pytest.raises(CommandError, match="only owner"):
            call_command("user", "delete", "olga")
