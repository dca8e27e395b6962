"""A policy of a group: enrolment in the flow, its grace time, and how long a session lasts."""

import base64
import html
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts import groups, policies, roles
from accounts.factors import totp
from accounts.models import GroupPolicy, Passkey, PendingLogin, RecoveryCode, Session, Totp, User
from tests.authenticator import Authenticator
from tests.factories import PASSWORD, add_app, app_code, recovery_codes

from .conftest import event_types
from .test_passkey_sign_in import give_passkey, options, use

PATH = "/login/enrol?by=app&next=/account/sessions"
SECOND, PASSKEY = GroupPolicy.Factors.SECOND, GroupPolicy.Factors.PASSKEY


@pytest.fixture
def policy(alice: User) -> GroupPolicy:
    group = Group.objects.create(name="staff")
    alice.groups.add(group)
    return GroupPolicy.objects.create(group=group, factors=SECOND, grace_days=7)


def at_once(policy: GroupPolicy) -> None:
    policy.grace_days = 0
    policy.save()


def app_on(page: Any) -> tuple[str, str]:
    """The sealed draft of a page, and the code that the app shows for its seed."""
    text = page.content.decode()
    draft = re.search(r'name="draft" value="([^"]*)"', text)
    shown = re.search(r'<code class="value">([A-Z2-7 ]+)</code>', text)
    assert draft
    assert shown
    seed = base64.b32decode(shown[1].replace(" ", ""))
    return html.unescape(draft[1]), app_code(seed=seed)


def test_whoever_has_nothing_is_asked_and_may_put_it_off(
    policy: GroupPolicy, browser: Client, log_in: Any, alice: User
) -> None:
    assert log_in("alice", path="/login?next=/account/sessions")["Location"].startswith("/login/enrol")
    assert not Session.objects.exists()
    page = browser.get(PATH).content.decode()
    assert "You have until" in page
    assert browser.post(PATH, {"later": "1"})["Location"] == "/account/sessions"
    assert Session.objects.get().amr == ["pwd"]
    alice.refresh_from_db()
    assert alice.enrol_by is not None
    assert timedelta(days=6) < alice.enrol_by - timezone.now() <= timedelta(days=7)


def test_s_103_after_the_grace_time_nothing_puts_it_off(
    policy: GroupPolicy, browser: Client, log_in: Any
) -> None:
    log_in("alice")
    browser.post(PATH, {"later": "1"})
    browser.cookies.clear()
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert log_in("alice")["Location"].startswith("/login/enrol")
        assert "Not now" not in browser.get(PATH).content.decode()
        browser.post(PATH, {"later": "1"})
        assert Session.objects.count() == 1


def test_s_103_putting_it_off_is_not_kept_past_the_grace_time(
    policy: GroupPolicy, browser: Client, log_in: Any
) -> None:
    at_once(policy)
    log_in("alice")
    PendingLogin.objects.update(put_off=True)
    browser.get(PATH)
    assert not Session.objects.exists()


def test_an_app_set_up_on_the_way_counts_at_once(policy: GroupPolicy, browser: Client, log_in: Any) -> None:
    log_in("alice", path="/login?next=/account/sessions")
    draft, code = app_on(browser.get(PATH))
    page = browser.post(PATH, {"draft": draft, "code": code, "name": "Phone"}).content.decode()
    assert len(re.findall(r"<code>[A-Z2-7-]{19}</code>", page)) == 10
    assert not Session.objects.exists()
    onward = html.unescape(re.search(r'class="button" href="([^"]+)"', page)[1])  # type: ignore[index]
    assert browser.get(onward)["Location"] == "/account/sessions"
    assert Session.objects.get().amr == ["pwd", "otp", "mfa"]
    assert Totp.objects.get().name == "Phone"
    assert RecoveryCode.objects.count() == 10
    assert event_types() == ["factor.added", "recovery.codes_made", "login.succeeded"]


def test_so_does_a_passkey(policy: GroupPolicy, browser: Client, log_in: Any) -> None:
    log_in("alice", path="/login?next=/account/sessions")
    path = "/login/enrol?by=passkey&next=/account/sessions"
    answer = Authenticator().create(options(browser.get(path)))
    page = browser.post(path, {"credential": answer, "name": "Laptop"})
    assert "Save your recovery codes" in page.content.decode()
    assert browser.get(path)["Location"] == "/account/sessions"
    assert Session.objects.get().amr == ["pwd", "pop", "swk", "user", "mfa"]


@pytest.mark.parametrize("spoil", [{"code": "000000"}, {"draft": "x"}, {"draft": ""}, {"code": ""}])
def test_s_103_a_wrong_code_or_seed_sets_up_nothing(
    policy: GroupPolicy, browser: Client, log_in: Any, spoil: dict[str, str]
) -> None:
    log_in("alice")
    draft, code = app_on(browser.get(PATH))
    response = browser.post(PATH, {"draft": draft, "code": code, **spoil})
    assert response.status_code == 200
    assert "Save your recovery codes" not in response.content.decode()
    assert not Totp.objects.exists()
    assert not Session.objects.exists()


def test_a_wrong_code_keeps_the_seed_that_was_scanned(
    policy: GroupPolicy, browser: Client, log_in: Any
) -> None:
    log_in("alice")
    draft, code = app_on(browser.get(PATH))
    again = browser.post(PATH, {"draft": draft, "code": "000000"})
    assert app_on(again)[1] == code


def test_a_seed_of_somebody_else_is_not_taken(policy: GroupPolicy, browser: Client, log_in: Any) -> None:
    log_in("alice")
    seed = totp.new_seed()
    draft = totp.draft(User(), seed, now=timezone.now())
    browser.post(PATH, {"draft": draft, "code": app_code(seed=seed)})
    assert not Totp.objects.exists()


def test_whoever_has_an_app_is_asked_for_it_and_no_more(
    policy: GroupPolicy, browser: Client, log_in: Any, alice: User
) -> None:
    add_app(alice)
    log_in("alice", path="/login?next=/account/sessions")
    assert browser.post("/login/second-factor", {"code": app_code()})["Location"] == "/account/sessions"


class TestAPasskeyIsWanted:
    @pytest.fixture(autouse=True)
    def _wanted(self, policy: GroupPolicy) -> None:
        policy.factors, policy.grace_days = PASSKEY, 0
        policy.save()

    def test_an_app_alone_does_not_do(self, alice: User, browser: Client, log_in: Any) -> None:
        add_app(alice)
        log_in("alice")
        answer = browser.post("/login/second-factor", {"code": app_code()})
        assert answer["Location"].startswith("/login/enrol")
        assert "Add an authenticator app" not in browser.get(PATH).content.decode()
        assert not Session.objects.exists()

    def test_the_passkey_does(self, alice: User, browser: Client) -> None:
        assert use(browser, give_passkey(alice)).status_code == 303
        assert Session.objects.exists()

    def test_a_recovery_code_does_when_it_is_lost(self, alice: User, browser: Client, log_in: Any) -> None:
        give_passkey(alice)
        codes = recovery_codes(alice)
        log_in("alice")
        page = browser.get("/login/second-factor?by=recovery").content.decode()
        assert "Recovery code" in page
        browser.post("/login/second-factor?by=recovery", {"code": codes[0]})
        assert Session.objects.get().amr == ["pwd", "otp", "mfa"]
        assert Passkey.objects.exists()


def test_s_103_a_policy_holds_for_members_of_groups_inside_its_group(
    policy: GroupPolicy, alice: User, log_in: Any
) -> None:
    at_once(policy)
    inner = Group.objects.create(name="web")
    alice.groups.set([inner])
    assert policies.of(alice).methods == frozenset()
    groups.nest(inner, Group.objects.create(name="engineering"))
    groups.nest(Group.objects.get(name="engineering"), policy.group)
    assert policies.of(alice).methods == {"mfa"}
    assert log_in("alice")["Location"].startswith("/login/enrol")


def test_s_103_a_policy_of_a_role_holds_for_who_has_it(alice: User) -> None:
    roles.assign(alice, [roles.HELPDESK], actor="test")
    GroupPolicy.objects.create(group=Group.objects.get(node__role=roles.HELPDESK), factors=PASSKEY)
    assert policies.of(alice).methods == {"pop"}


def test_a_group_may_have_to_sign_in_more_often(
    policy: GroupPolicy, browser: Client, log_in: Any, settings: Any
) -> None:
    GroupPolicy.objects.update(factors=GroupPolicy.Factors.PASSWORD, session_hours=2)
    log_in("alice")
    session = Session.objects.get()
    assert session.expires_at - session.auth_time == timedelta(hours=2)
    browser.post("/login?again=1", {"password": PASSWORD})
    session.refresh_from_db()
    assert session.expires_at - session.auth_time == timedelta(hours=2)


def a_policy(factors: str, grace: int = 7, hours: int | None = None) -> GroupPolicy:
    return GroupPolicy(factors=factors, grace_days=grace, session_hours=hours)


@pytest.mark.parametrize(
    ("found", "methods", "days", "hours"),
    [
        ([], set(), 0, None),
        ([a_policy("pwd", 3)], set(), 0, None),
        ([a_policy("pwd", 0), a_policy("mfa", 7)], {"mfa"}, 7, None),
        ([a_policy("mfa", 7, 8), a_policy("pop", 14, 24)], {"pop"}, 7, 8),
        ([a_policy("mfa", 7, 24 * 365)], {"mfa"}, 7, 24 * 7),
    ],
)
def test_the_strictest_of_several_policies_counts(
    found: list[GroupPolicy], methods: set[str], days: int, hours: int | None
) -> None:
    joined = policies.join(found)
    assert joined.methods == methods
    assert joined.grace == timedelta(days=days)
    assert joined.lifetime == (timedelta(hours=hours) if hours else None)
