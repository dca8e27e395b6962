"""A block of sign-in is seen and lifted by admins, on a person's page and by command (S-102)."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import login, roles, throttling
from accounts.models import AuditEvent, User
from accounts.throttling import ACCOUNT, Throttle
from tests.factories import PASSWORD, make_admin, make_user, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    browser = Client()
    sign_in(browser, make_admin("root"))
    return browser


def wrong(user: User, times: int, kind: Throttle = login.THROTTLE) -> None:
    """Each time from elsewhere, and long ago, so that nothing but the last one counts for waiting."""
    now = timezone.now() - timedelta(minutes=6) * times
    for number in range(times):
        now += timedelta(minutes=6)
        assert not kind.attempt(user.sub, f"10.0.{number}.1", now)
        kind.missed(f"10.0.{number}.1", now)


def shown(admin: Client, user: User) -> str:
    page = admin.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()
    return page[page.index("Counted tries") :][:400]


def run(*arguments: str) -> Any:
    out = io.StringIO()
    call_command("throttle", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_s_102_an_admin_sees_a_block_and_lifts_it(alice: User, admin: Client, log_in: Any) -> None:
    wrong(alice, ACCOUNT.free)
    assert "wrong passwords: 10, next in" in shown(admin, alice)
    assert log_in("alice", REMOTE_ADDR="203.0.113.1").status_code == 429
    admin.post("/admin/accounts/user/", {"action": "lift_block", "_selected_action": [str(alice.pk)]})
    assert "none" in shown(admin, alice)
    assert log_in("alice", REMOTE_ADDR="203.0.113.1").status_code == 303
    event = AuditEvent.objects.get(type="login.unlocked")
    assert (event.actor, event.subject) == (
        f"user:{User.objects.get(username='root').pk}",
        f"user:{alice.pk}",
    )


def test_s_102_a_lock_is_called_one(alice: User, admin: Client) -> None:
    wrong(alice, int(ACCOUNT.last))
    assert "locked until it is lifted" in shown(admin, alice)


def test_s_102_codes_are_lifted_too(alice: User, admin: Client) -> None:
    wrong(alice, ACCOUNT.free, login.FACTOR_THROTTLE)
    assert "wrong codes: 10" in shown(admin, alice)
    admin.post("/admin/accounts/user/", {"action": "lift_block", "_selected_action": [str(alice.pk)]})
    assert throttling.of_person(alice.sub, timezone.now()) == []


def test_s_130_the_helpdesk_lifts_no_admins_block(alice: User) -> None:
    helper, browser = make_user("helper"), Client()
    roles.assign(helper, [roles.HELPDESK], actor="test")
    root = make_admin("root")
    wrong(root, ACCOUNT.free)
    wrong(alice, ACCOUNT.free)
    sign_in(browser, helper)
    chosen = [str(root.pk), str(alice.pk)]
    browser.post("/admin/accounts/user/", {"action": "lift_block", "_selected_action": chosen})
    assert throttling.of_person(root.sub, timezone.now())
    assert not throttling.of_person(alice.sub, timezone.now())


def test_the_command_shows_and_lifts_a_person_s(alice: User) -> None:
    wrong(alice, ACCOUNT.free)
    (found,) = run("show", "--person", "alice@example.com")
    assert (found["kind"], found["tries"], found["locked"]) == ("password", 10, False)
    assert 0 < found["wait"] <= 5
    assert run("lift", "--person", "alice") == {"lifted": True}
    assert run("show", "--person", "alice") == []
    assert run("lift", "--person", "alice") == {"lifted": False}


def test_the_command_shows_and_lifts_an_address_with_its_neighbours(alice: User, log_in: Any) -> None:
    for number in range(10):
        log_in(f"name{number}", "wrong", REMOTE_ADDR="192.0.2.1")
    assert log_in("alice", REMOTE_ADDR="192.0.2.77").status_code == 429
    (found,) = run("show", "--address", "192.0.2.9")
    assert (found["kind"], found["tries"]) == ("password", 10)
    assert run("lift", "--address", "192.0.2.9") == {"lifted": True}
    assert log_in("alice", PASSWORD, REMOTE_ADDR="192.0.2.77").status_code == 303
    assert AuditEvent.objects.get(type="login.unlocked").subject == "address:192.0.2.0/24"


def test_the_command_speaks_to_people_too(alice: User) -> None:
    out = io.StringIO()
    call_command("throttle", "show", "--person", "alice", stdout=out)
    wrong(alice, int(ACCOUNT.last))
    call_command("throttle", "show", "--person", "alice", stdout=out)
    call_command("throttle", "lift", "--person", "alice", stdout=out)
    call_command("throttle", "lift", "--address", "192.0.2.1", stdout=out)
    assert out.getvalue().splitlines() == [
        "Nothing is counted.", "password: 100 counted, locked", "Lifted.", "There was nothing to lift.",
    ]  # fmt: skip


def test_the_command_knows_nobody_of_that_name(db: None) -> None:
    with pytest.raises(CommandError):
        call_command("throttle", "show", "--person", "nobody")
