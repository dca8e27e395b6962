"""Looking at somebody's pages for support: to look only, for half an hour, with a reason, off by default."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import roles
from accounts.models import AuditEvent, PendingLogin, Session, User
from idp.models import Grant
from tests.factories import add_app, make_admin, make_user, sign_in
from tests.idp.app import App, answer, make_client

from .conftest import event_types

pytestmark = pytest.mark.django_db
REASON = {"reason": "Ticket 4711: they see no apps"}


@pytest.fixture(autouse=True)
def switched_on(settings: Any) -> None:
    settings.IMPERSONATION = True


@pytest.fixture
def bob(db: None) -> User:
    return make_user("bob", name="Bob Builder")


@pytest.fixture
def helper(browser: Client) -> User:
    helper = make_user("helper")
    roles.assign(helper, [roles.HELPDESK], actor="test")
    sign_in(browser, helper)
    return helper


def page(user: User) -> str:
    return f"/admin/accounts/user/{user.pk}/look/"


@pytest.fixture
def looking(browser: Client, helper: User, bob: User) -> Session:
    assert browser.post(page(bob), REASON)["Location"] == "/account/"
    return Session.objects.get(user=bob)


def test_shows_what_the_person_sees_under_a_banner(browser: Client, looking: Session) -> None:
    for path in (
        "/account/",
        "/account/profile",
        "/account/sessions",
        "/account/apps",
        "/account/activity",
        "/keys",
    ):
        text = browser.get(path).content.decode()
        assert "You are looking at the pages of <strong>Bob Builder</strong>" in text, path


def test_stands_in_the_log_with_its_reason_and_in_the_persons_activity(
    browser: Client, looking: Session, helper: User, bob: User
) -> None:
    event = AuditEvent.objects.get(type="impersonation.started")
    assert (event.actor, event.subject) == (f"user:{helper.pk}", f"user:{bob.pk}")
    assert event.detail["reason"] == REASON["reason"]
    other = Client()
    sign_in(other, bob)
    assert "An admin began to look" in other.get("/account/activity").content.decode()
    assert "an admin, looking only" in other.get("/account/sessions").content.decode()


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/account/profile", {"name": "Mallory"}),
        ("/account/password", {"current_password": "x", "new_password": "y"}),
        ("/account/email", {"email": "mallory@example.com"}),
        ("/account/picture", {"remove": "1"}),
        ("/account/data", {"do": "delete", "username": "bob"}),
        ("/account/data", {"do": "download"}),
        ("/account/sessions", {"end": "everywhere"}),
        ("/account/apps", {"client_id": "x"}),
        ("/device", {"user_code": "x"}),
        ("/oauth2/consent/x", {"decision": "allow"}),
        ("/login?again=1", {"password": "x"}),
        ("/register", {"email": "x@example.com"}),
        ("/whatever/comes/later", {}),
    ],
)
def test_changes_nothing(
    browser: Client, looking: Session, bob: User, path: str, data: dict[str, str]
) -> None:
    before = User.objects.filter(pk=bob.pk).values().get()
    for method in (browser.post, browser.put, browser.patch, browser.delete):
        assert method(path, data).status_code == 403
    assert User.objects.filter(pk=bob.pk).values().get() == before
    assert not looking.user.groups.exists()
    looking.refresh_from_db()
    assert looking.ended_at is None


@pytest.mark.parametrize("first_party", [True, False])
def test_no_app_is_reached(browser: Client, looking: Session, bob: User, first_party: bool) -> None:
    app = App(make_client(first_party=first_party))
    for changes in ({}, {"prompt": "none"}):
        response = browser.get("/oauth2/authorize", app.request(**changes))
        if response["Location"].startswith("/"):
            response = browser.get(response["Location"])
            assert response.status_code == 200
        else:
            assert answer(response)["error"] in ("access_denied", "consent_required")
    assert not Grant.objects.exists()


def test_stop_gives_the_admin_their_own_session_back(
    browser: Client, looking: Session, helper: User, bob: User
) -> None:
    assert browser.post("/support/stop")["Location"] == f"/admin/accounts/user/{bob.pk}/change/"
    assert "helper" in browser.get("/account/").content.decode()
    looking.refresh_from_db()
    assert looking.end_reason == "impersonation ended"
    assert event_types()[-1] == "impersonation.ended"
    assert browser.post("/support/stop").status_code == 403


def test_stop_gives_nobody_elses_session_back(browser: Client, looking: Session) -> None:
    other, token = Client(), ""
    sign_in(other, make_admin("olga"))
    token = other.cookies["signet"].value
    browser.cookies["signet_back"] = token
    assert browser.post("/support/stop")["Location"] == "/login"
    assert browser.get("/account/").status_code == 302


def test_ends_after_half_an_hour(browser: Client, looking: Session) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert browser.get("/account/")["Location"].startswith("/login")


def test_signing_out_ends_it(browser: Client, looking: Session) -> None:
    assert browser.post("/logout").status_code == 303
    looking.refresh_from_db()
    assert looking.ended_at is not None


class TestRefusals:
    def test_off_by_default(self, browser: Client, helper: User, bob: User, settings: Any) -> None:
        from idp.environment import Environment

        assert Environment({}).values["IDP_IMPERSONATION"] is False
        settings.IMPERSONATION = False
        assert browser.post(page(bob), REASON).status_code == 403
        assert (
            "See what they see" not in browser.get(f"/admin/accounts/user/{bob.pk}/change/").content.decode()
        )

    @pytest.mark.parametrize("rank", [{"is_staff": True}, {"is_superuser": True}, {"is_active": False}])
    @pytest.mark.parametrize("owner", [False, True])
    def test_s_130_never_admins_or_the_disabled(
        self, browser: Client, helper: User, bob: User, rank: dict[str, bool], owner: bool
    ) -> None:
        User.objects.filter(pk=bob.pk).update(**rank)
        if owner:
            sign_in(browser, make_admin("olga"))
        assert browser.post(page(bob), REASON).status_code == 403
        assert not Session.objects.filter(user=bob).exists()

    @pytest.mark.parametrize("role", [roles.VIEWER, roles.CLIENTS, roles.KEYS])
    def test_s_130_not_by_other_roles(self, browser: Client, bob: User, role: str) -> None:
        user = make_user()
        roles.assign(user, [role], actor="test")
        sign_in(browser, user)
        assert browser.post(page(bob), REASON).status_code == 403

    def test_s_108_needs_a_fresh_sign_in(self, browser: Client, helper: User, bob: User) -> None:
        sign_in(browser, helper, auth_time=timezone.now() - timedelta(minutes=11))
        assert browser.post(page(bob), REASON)["Location"].startswith("/login?next=%2Fadmin")
        assert not Session.objects.filter(user=bob).exists()

    @pytest.mark.parametrize("reason", ["", "x", "    ", "y" * 201, "bad\u202ereason"])
    def test_needs_a_reason(self, browser: Client, helper: User, bob: User, reason: str) -> None:
        assert browser.post(page(bob), {"reason": reason}).status_code == 200
        assert not Session.objects.filter(user=bob).exists()

    def test_s_082_a_link_does_not_do(self, browser: Client, helper: User, bob: User) -> None:
        assert browser.get(page(bob), REASON).status_code == 200
        assert not Session.objects.filter(user=bob).exists()


def test_s_108_only_the_person_proves_anew_who_they_are(browser: Client, looking: Session, bob: User) -> None:
    assert browser.get("/account/data").status_code == 200
    add_app(bob)
    assert browser.get("/account/data").status_code == 403
    assert browser.get("/account/security").status_code == 200


def test_s_103_nothing_more_is_proved_in_a_session_that_only_looks(browser: Client, looking: Session) -> None:
    assert browser.get("/login?needs=mfa&next=/account/").status_code == 403
    assert not PendingLogin.objects.exists()
