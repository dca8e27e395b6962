"""A person's page in the admin: buttons for what fits, a question before something is taken, and the way back."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import audit, roles, throttling
from accounts.login import THROTTLE
from accounts.models import OneTimeLink, Session, Totp, User
from accounts.views.password import RESET_THROTTLE
from tests.factories import PASSWORD, add_app, make_admin, make_session, make_user, sign_in

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/accounts/user/"
ASKED = ["disable", "require_new_password", "end_sessions", "reset_factors", "recovery_link"]


@pytest.fixture
def bob(cheap_passwords: None) -> User:
    """With a password, a second factor and a session: everything can be taken from him."""
    bob = make_user("bob", password=PASSWORD)
    add_app(bob)
    make_session(bob, user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    return bob


def page_of(browser: Client, user: User) -> str:
    return browser.get(f"{PEOPLE}{user.pk}/change/").content.decode()


def press(browser: Client, action: str, user: User, **more: str) -> Any:
    data = {"action": action, "_selected_action": str(user.pk), "person": str(user.pk), **more}
    return browser.post(PEOPLE, data)


def offered(browser: Client, user: User) -> set[str]:
    page = browser.get(f"{PEOPLE}{user.pk}/change/")
    return {button.name for button in page.context["person_actions"]}


@pytest.mark.usefixtures("olga")
@pytest.mark.parametrize("action", ASKED)
def test_what_takes_something_asks_first_and_changes_nothing(browser: Client, bob: User, action: str) -> None:
    answer = press(browser, action, bob)
    assert answer.status_code == 200
    assert "No, leave everything as it is" in answer.content.decode()
    assert answer.context["named"] == ["bob"]
    bob.refresh_from_db()
    assert (bob.is_active, bob.must_change_password) == (True, False)
    assert Session.objects.filter(user=bob, ended_at=None).exists()
    assert Totp.objects.exists()
    assert not OneTimeLink.objects.exists()


@pytest.mark.usefixtures("olga")
@pytest.mark.parametrize(
    "action", [*(name for name in ASKED if name != "recovery_link"), "enable", "send_reset"]
)
def test_afterwards_the_person_is_shown_again(browser: Client, bob: User, action: str, mails: Any) -> None:
    answer = press(browser, action, bob, confirmed="yes")
    assert answer["Location"] == f"{PEOPLE}{bob.pk}/change/"
    assert "bob: " in browser.get(answer["Location"]).content.decode()  # with the small letter that he has


@pytest.mark.usefixtures("olga")
@pytest.mark.parametrize(
    "person", ["", "no-uuid", "00000000-0000-0000-0000-000000000000", "https://evil.example"]
)
def test_the_way_back_leads_to_people_only(browser: Client, bob: User, person: str) -> None:
    assert press(browser, "enable", bob, person=person)["Location"].startswith(PEOPLE)


@pytest.mark.usefixtures("olga")
def test_many_are_asked_for_at_once_with_their_names(browser: Client, bob: User) -> None:
    chosen = [str(bob.pk), str(make_user("carol").pk)]
    answer = browser.post(PEOPLE, {"action": "disable", "_selected_action": chosen})
    assert answer.context["named"] == ["bob", "carol"]
    assert answer.context["lives"] == 1
    kept = {"action": "disable", "_selected_action": answer.context["chosen"], "confirmed": "yes"}
    browser.post(PEOPLE, kept)
    assert not User.objects.filter(username__in=["bob", "carol"], is_active=True).exists()


def test_only_what_fits_is_offered(browser: Client, olga: User, bob: User) -> None:
    everything = {*ASKED, "send_reset"}
    assert offered(browser, bob) == everything
    for _ in range(12):
        THROTTLE.attempt(bob.sub, "203.0.113.9", timezone.now())
    assert offered(browser, bob) == everything | {"lift_block"}
    throttling.lift_person(bob.sub)
    bob.is_active = False
    bob.save()
    assert offered(browser, bob) == {"enable", "reset_factors"}
    assert "disable" not in offered(browser, olga)
    assert "reset_factors" not in offered(browser, make_user("eve"))


@pytest.mark.usefixtures("olga")
def test_a_link_that_was_asked_for_is_no_wrong_try(browser: Client, bob: User) -> None:
    RESET_THROTTLE.attempt(bob.sub, "203.0.113.9", timezone.now())
    assert "links for a new password asked for: 1" in page_of(browser, bob)


@pytest.mark.usefixtures("olga")
def test_a_session_is_ended_from_the_page(browser: Client, bob: User) -> None:
    session = bob.sessions.get()
    assert "Firefox" in page_of(browser, bob)
    data = {"action": "end", "_selected_action": session.sid, "person": str(bob.pk)}
    answer = browser.post(reverse("admin:accounts_session_changelist"), data, follow=True)
    assert answer.request["PATH_INFO"] == f"{PEOPLE}{bob.pk}/change/"
    assert "1 session ended." in answer.content.decode()
    session.refresh_from_db()
    assert session.end_reason == "ended by an admin"


@pytest.mark.usefixtures("olga")
@pytest.mark.parametrize("name", ["accounts_session", "idp_grant", "idp_consent"])
def test_its_links_lead_to_what_is_the_persons(browser: Client, bob: User, name: str) -> None:
    url = f"{reverse(f'admin:{name}_changelist')}?q={bob.pk}"
    assert f'href="{url}"' in page_of(browser, bob)
    assert browser.get(url).status_code == 200


@pytest.mark.usefixtures("olga")
def test_a_recovery_link_is_shown_on_one_page_to_copy(browser: Client, bob: User) -> None:
    answer = press(browser, "recovery_link", bob, confirmed="yes")
    page = answer.content.decode()
    assert "/login/recover/" in page.partition('<code class="value">')[2]
    assert "no-store" in answer["Cache-Control"]
    assert "/login/recover/" not in page_of(browser, bob)


def test_s_130_a_helper_is_offered_nothing_for_an_admin(browser: Client, bob: User) -> None:
    helper = make_user("henry")
    roles.assign(helper, [roles.HELPDESK], actor="command")
    sign_in(browser, helper)
    admin = make_admin("olga")
    make_session(admin)
    assert offered(browser, admin) == set()
    assert not browser.get(f"{PEOPLE}{admin.pk}/change/").context["may_end"]
    assert "recovery_link" not in offered(browser, bob)
    for action in ASKED:
        assert "Yes, " not in press(browser, action, admin).content.decode()
    assert audit.AuditEvent.objects.filter(type="sessions.ended").count() == 0
