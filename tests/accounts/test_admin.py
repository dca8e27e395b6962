from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent, OneTimeLink, Session, User
from tests.factories import PASSWORD, make_admin, make_session, make_user, sign_in

from .conftest import event_types

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/accounts/user/"


@pytest.fixture
def henry(browser: Client) -> User:
    """A helper: staff, may look after people."""
    henry = make_user("henry", is_staff=True)
    henry.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    sign_in(browser, henry)
    return henry


def act(browser: Client, action: str, *people: User) -> Any:
    data = {"action": action, "_selected_action": [str(user.pk) for user in people], "confirmed": "yes"}
    return browser.post(PEOPLE, data)


def person(**change: str) -> dict[str, str]:
    return {
        "username_display": "alice", "email": "alice@example.com", "is_email_verified": "on", "is_active": "on",
        "address": "{}", **change,
    }  # fmt: skip


class TestTheDoor:
    def test_strangers_are_led_to_our_login(self, browser: Client) -> None:
        assert browser.get("/admin/", follow=True).redirect_chain[-1][0] == "/login?next=%2Fadmin%2F"

    def test_people_who_are_no_admins_are_told_so(self, browser: Client) -> None:
        """Not sent in circles between the admin and the login page."""
        sign_in(browser, make_user())
        assert browser.get("/admin/", follow=True).status_code == 403

    def test_djangos_own_login_takes_no_password(self, alice: User, browser: Client) -> None:
        User.objects.update(is_staff=True)
        response = browser.post("/admin/login/", {"username": "alice", "password": PASSWORD})
        assert response["Location"].startswith("/login")
        assert not Session.objects.exists()

    def test_djangos_logout_is_ours(self, olga: User, browser: Client) -> None:
        assert browser.post("/admin/logout/")["Location"] == "/signed-out"
        assert not Session.objects.filter(ended_at=None).exists()

    def test_djangos_password_page_is_ours(self, olga: User, browser: Client) -> None:
        assert browser.get("/admin/password_change/")["Location"] == "/account/password"


@pytest.mark.usefixtures("olga")
class TestPeople:
    @pytest.mark.parametrize("query", ["", "?q=alice", "?q=liddell", "?is_active__exact=0", "?o=-3"])
    def test_are_listed_searched_and_filtered(self, alice: User, browser: Client, query: str) -> None:
        assert browser.get(PEOPLE + query).status_code == 200

    def test_are_found_by_subject(self, alice: User, browser: Client) -> None:
        page = browser.get(PEOPLE, {"q": alice.sub}).content.decode()
        assert "alice@example.com" in page
        assert "olga@example.com" not in page.partition("<table")[2]

    def test_s_063_no_password_or_hash_is_on_the_page(self, alice: User, browser: Client) -> None:
        page = browser.get(f"{PEOPLE}{alice.pk}/change/").content.decode()
        assert "argon2" not in page
        assert 'type="password"' not in page
        assert "token_hash" not in page

    def test_a_new_person_gets_a_link_by_mail(self, browser: Client, mails: Any) -> None:
        assert browser.post(f"{PEOPLE}add/", person()).status_code == 302
        alice = User.objects.get(username="alice")
        assert not alice.has_usable_password()
        assert (alice.email_verified, alice.email_verified_by) == (True, "admin:olga")
        assert mails()[0].to == ["alice@example.com"]
        assert "/welcome/" in mails()[0].body
        assert event_types() == ["admin.added", "link.issued"]

    def test_without_an_address_the_link_is_shown(self, browser: Client) -> None:
        page = browser.post(f"{PEOPLE}add/", person(email="", is_email_verified=""), follow=True)
        assert "/welcome/" in page.content.decode()

    def test_s_143_a_change_is_recorded_before_and_after(self, alice: User, browser: Client) -> None:
        staff = Group.objects.create(name="staff")
        browser.post(f"{PEOPLE}{alice.pk}/change/", person(name="Alice Hargreaves", groups=str(staff.pk)))
        event = AuditEvent.objects.get(type="admin.changed")
        assert event.detail["changes"]["name"] == {"before": "Alice Liddell", "after": "Alice Hargreaves"}
        assert event.detail["changes"]["groups"] == {"before": [], "after": ["staff"]}
        assert (event.subject, event.actor) == (
            f"user:{alice.pk}",
            f"user:{User.objects.get(username='olga').pk}",
        )

    def test_another_address_is_verified_only_if_the_admin_says_so(
        self, alice: User, browser: Client
    ) -> None:
        browser.post(f"{PEOPLE}{alice.pk}/change/", person(email="new@example.com", is_email_verified=""))
        alice.refresh_from_db()
        assert (alice.email, alice.email_verified, alice.email_verified_by) == ("new@example.com", False, "")

    def test_s_085_a_deceptive_or_taken_name_is_refused(self, alice: User, browser: Client) -> None:
        for name in ("al\u0456ce", "OLGA", "a\u202eb"):
            page = browser.post(f"{PEOPLE}{alice.pk}/change/", person(username_display=name))
            assert page.status_code == 200
            assert "errorlist" in page.content.decode()

    def test_s_111_unticking_active_ends_the_sessions(self, alice: User, browser: Client) -> None:
        session = make_session(alice)
        browser.post(f"{PEOPLE}{alice.pk}/change/", person(is_active=""))
        session.refresh_from_db()
        assert session.end_reason == "person disabled"
        assert "user.disabled" in event_types()
        assert User.objects.get(pk=alice.pk).disabled_at

    def test_deleting_is_recorded(self, alice: User, browser: Client) -> None:
        browser.post(f"{PEOPLE}{alice.pk}/delete/", {"post": "yes"})
        assert not User.objects.filter(pk=alice.pk).exists()
        assert event_types() == ["admin.deleted"]

    def test_s_111_disabling_and_enabling_many(self, alice: User, browser: Client) -> None:
        bob = make_user("bob")
        sessions = [make_session(alice), make_session(bob)]
        act(browser, "disable", alice, bob)
        assert User.objects.filter(is_active=False).count() == 2
        assert not Session.objects.filter(pk__in=[each.pk for each in sessions], ended_at=None).exists()
        act(browser, "enable", alice, bob)
        assert not User.objects.filter(is_active=False).exists()
        assert sorted(event_types()) == ["user.disabled"] * 2 + ["user.enabled"] * 2

    def test_nobody_disables_themselves_by_mistake(self, olga: User, browser: Client) -> None:
        act(browser, "disable", olga)
        assert User.objects.get(pk=olga.pk).is_active

    def test_requiring_a_new_password(self, alice: User, browser: Client) -> None:
        act(browser, "require_new_password", alice)
        assert User.objects.get(pk=alice.pk).must_change_password
        assert event_types() == ["password.change_required"]

    def test_ending_all_sessions(self, alice: User, browser: Client) -> None:
        make_session(alice)
        act(browser, "end_sessions", alice)
        assert not alice.sessions.filter(ended_at=None).exists()
        assert event_types() == ["sessions.ended"]

    def test_sending_a_link(self, alice: User, browser: Client, mails: Any) -> None:
        carol = make_user("carol", email="")
        act(browser, "send_reset", alice, carol)
        assert [message.to for message in mails()] == [["alice@example.com"]]
        page = browser.get(PEOPLE).content.decode()
        assert "Alice: sent a link.</li>" in page
        assert "No e-mail address: carol." in page

    def test_where_mail_is_only_printed_the_answer_says_so(
        self, alice: User, browser: Client, settings: Any
    ) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        act(browser, "send_reset", alice)
        assert (
            "Alice: sent a link. Mail is printed to the terminal here" in browser.get(PEOPLE).content.decode()
        )


class TestHelpers:
    """S-130, as far as Django's permissions go: whoever could change an admin would be one."""

    def test_s_130_may_look_after_people(self, henry: User, alice: User, browser: Client) -> None:
        assert browser.post(f"{PEOPLE}{alice.pk}/change/", person(name="A")).status_code == 302
        assert User.objects.get(pk=alice.pk).name == "A"

    def test_s_130_may_not_make_admins(self, henry: User, alice: User, browser: Client) -> None:
        permission = str(Permission.objects.all()[0].pk)
        browser.post(
            f"{PEOPLE}{alice.pk}/change/",
            person(is_staff="on", is_superuser="on", user_permissions=permission),
        )
        alice = User.objects.get(pk=alice.pk)
        assert not alice.is_staff
        assert not alice.is_superuser
        assert not alice.user_permissions.exists()

    @pytest.mark.parametrize(
        "action", ["disable", "require_new_password", "end_sessions", "send_reset", "delete_selected"]
    )
    def test_s_130_may_not_touch_admins(self, henry: User, browser: Client, action: str, mails: Any) -> None:
        olga = make_admin("olga")
        make_session(olga)
        browser.post(
            PEOPLE, {"action": action, "_selected_action": str(olga.pk), "post": "yes", "confirmed": "yes"}
        )
        olga.refresh_from_db()
        assert olga.is_active
        assert not olga.must_change_password
        assert olga.sessions.filter(ended_at=None).count() == 1
        assert not OneTimeLink.objects.exists()

    def test_s_130_may_not_edit_admins(self, henry: User, browser: Client) -> None:
        olga = make_admin("olga")
        page = browser.post(f"{PEOPLE}{olga.pk}/change/", person(email="henry@example.org"))
        assert page.status_code == 403
        assert browser.post(f"{PEOPLE}{olga.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_s_130_without_permissions_there_is_nothing(self, alice: User, browser: Client) -> None:
        sign_in(browser, make_user("ivan", is_staff=True))
        for path in (
            PEOPLE,
            f"{PEOPLE}{alice.pk}/change/",
            "/admin/accounts/session/",
            "/admin/accounts/auditevent/",
        ):
            assert browser.get(path).status_code == 403


@pytest.mark.usefixtures("olga")
class TestSessionsAndAudit:
    def test_a_session_can_be_ended_and_not_changed(self, alice: User, browser: Client) -> None:
        session = make_session(alice, user_agent="Firefox/1 Linux")
        page = browser.get(f"/admin/accounts/session/{quote(session.sid)}/change/").content.decode()
        assert session.token_hash not in page
        browser.post("/admin/accounts/session/", {"action": "end", "_selected_action": session.sid})
        session.refresh_from_db()
        assert session.end_reason == "ended by an admin"
        assert event_types() == ["session.ended"]
        assert browser.get("/admin/accounts/session/add/").status_code == 403

    @pytest.mark.parametrize(
        ("live", "words"),
        [
            (0, "None of these could be ended."),
            (1, "1 session ended."),
            (2, "2 sessions ended."),
        ],
    )
    def test_how_many_were_ended_is_said(self, alice: User, browser: Client, live: int, words: str) -> None:
        dead = make_session(alice, ended_at=timezone.now())
        chosen = [dead.sid, *(make_session(alice).sid for _ in range(live))]
        browser.post("/admin/accounts/session/", {"action": "end", "_selected_action": chosen})
        assert words in browser.get("/admin/accounts/session/").content.decode()

    def test_s_143_the_log_can_be_read_filtered_and_searched(self, alice: User, browser: Client) -> None:
        audit.record("login.succeeded", actor=alice, subject=alice)
        audit.record("user.disabled", actor="command", subject="user:gone")
        rows = browser.get("/admin/accounts/auditevent/", {"type": "login.succeeded"}).content.decode()
        assert "Alice" in rows.partition("<tbody")[2]
        assert "gone" not in rows.partition("<tbody")[2]
        found = browser.get("/admin/accounts/auditevent/", {"q": f"user:{alice.pk}"}).content.decode()
        assert "1 result" in found or "1 audit event" in found

    def test_s_143_the_log_can_not_be_changed(self, browser: Client) -> None:
        audit.record("user.enabled")
        event = AuditEvent.objects.get()
        for path in ("add/", f"{event.pk}/delete/"):
            assert browser.get(f"/admin/accounts/auditevent/{path}").status_code == 403
        assert (
            browser.post(f"/admin/accounts/auditevent/{event.pk}/change/", {"type": "x"}).status_code == 403
        )
        assert browser.get(f"/admin/accounts/auditevent/{event.pk}/change/").status_code == 200

    def test_groups_stand_with_people(self, browser: Client) -> None:
        page = browser.get("/admin/").content.decode()
        assert "Groups" in page
        assert "Authentication and Authorization" not in page

    def test_groups_show_how_many_are_in_them(self, alice: User, browser: Client) -> None:
        alice.groups.add(Group.objects.create(name="rabbits"))
        assert "rabbits" in browser.get("/admin/auth/group/").content.decode()
        browser.post("/admin/auth/group/add/", {"name": "hatters"})
        assert event_types() == ["admin.added"]


def test_s_143_a_change_whose_record_fails_is_no_change(
    olga: User, alice: User, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-05."""

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(audit, "record", fail)
    with pytest.raises(OSError, match="no space"):
        browser.post(f"{PEOPLE}{alice.pk}/change/", person(name="Alice Hargreaves"))
    assert User.objects.get(pk=alice.pk).name == "Alice Liddell"
    assert timezone.now()
