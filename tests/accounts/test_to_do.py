"""What a person could do for their account: each fact and the one task that it leads to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import to_do
from accounts.factors.owned import Owned
from accounts.models import GroupPolicy, User
from accounts.to_do import Facts
from tests.authenticator import Authenticator
from tests.factories import make_session, recovery_codes, sign_in

from .test_passkey_sign_in import give_passkey

# Somebody who has done all of it.
DONE = Facts(
    owned=Owned(password=True, totp=True, synced_passkey=True, recovery_codes=10),
    passkeys=2,
    email="alice@example.com",
)
POLICY_DAY = datetime(2026, 12, 24, 12, tzinfo=UTC)


def test_who_has_done_all_of_it_reads_of_nothing() -> None:
    assert to_do.of(DONE) == []


@pytest.mark.parametrize(
    ("change", "what", "why", "url"),
    [
        ({"unfamiliar": 1}, "Look at a sign-in", "not you", "/account/sessions"),
        ({"unfamiliar": 3}, "Look at 3 sign-ins", "not you", "/account/sessions"),
        ({"wanted": frozenset({"mfa"}), "enrol_by": POLICY_DAY}, "second factor", "24", "/account/security"),
        ({"wanted": frozenset({"pop"})}, "Set up a passkey", "next sign-in", "/account/security/passkeys/new"),
        ({"passkeys": 0}, "Add a passkey", "wrong page", "/account/security/passkeys/new"),
        ({"passkeys": 0, "owned": Owned(password=True)}, "Add a passkey", "stolen", "/account/security/passkeys/new"),
        ({"passkeys": 1}, "Add a second passkey", "the other still", "/account/security/passkeys/new"),
        (
            {"passkeys": 1, "owned": replace(DONE.owned, password=False)},
            "Add a second passkey", "only way in", "/account/security/passkeys/new",
        ),
        (
            {"passkeys": 0, "can_passkey": False, "owned": Owned(password=True)},
            "Add an authenticator app", "stolen", "/account/security/app/new",
        ),
        ({"owned": replace(DONE.owned, recovery_codes=0)}, "Save recovery codes", "none", "/account/security/codes"),
        ({"owned": replace(DONE.owned, recovery_codes=2)}, "new recovery codes", "2 are", "/account/security/codes"),
        ({"email_verified": False}, "Confirm your e-mail", "yours", "/account/email"),
        ({"email": ""}, "Add an e-mail", "new password", "/account/email"),
    ],
    ids=str,
)  # fmt: skip
def test_one_fact_is_one_task_with_its_reason_and_its_page(
    change: dict[str, Any], what: str, why: str, url: str
) -> None:
    (task,) = to_do.of(replace(DONE, **change))
    assert what in task.what
    assert why in task.why
    assert task.url == url


class TestTheOverview:
    def test_lists_what_applies_and_the_sign_in_before(self, alice: User, browser: Client) -> None:
        hour_ago = timezone.now() - timedelta(hours=1)
        make_session(alice, now=hour_ago, address="198.51.100.7", user_agent="Firefox/140 Linux")
        sign_in(browser, alice)
        page = browser.get("/account/").content.decode()
        assert "Add a passkey" in page
        assert "Firefox on Linux, 198.51.100.7" in page
        assert "in 2 browsers" in page

    def test_has_no_list_where_nothing_is_to_do(self, alice: User, browser: Client) -> None:
        give_passkey(alice)
        give_passkey(alice, Authenticator(credential_id=b"another"))
        recovery_codes(alice)
        sign_in(browser, alice)
        assert "What you could do" not in browser.get("/account/").content.decode()

    def test_tells_of_a_policy_with_the_day_that_a_sign_in_set(self, alice: User, browser: Client) -> None:
        group = Group.objects.create(name="staff")
        GroupPolicy.objects.create(group=group, factors=GroupPolicy.Factors.SECOND, grace_days=7)
        alice.groups.add(group)
        sign_in(browser, alice)
        assert "Your next sign-in asks for it." in browser.get("/account/").content.decode()
        assert User.objects.get(pk=alice.pk).enrol_by is None, "looking at a page begins nothing"
        alice.enrol_by = timezone.now() + timedelta(days=3)
        alice.save()
        assert "Every sign-in asks for it from" in browser.get("/account/").content.decode()

    def test_costs_the_same_whatever_there_is(
        self, alice: User, browser: Client, django_assert_num_queries: Any
    ) -> None:
        sign_in(browser, alice)
        with CaptureQueriesContext(connection) as little:
            browser.get("/account/")
        for _ in range(10):
            make_session(alice, unfamiliar="device")
        recovery_codes(alice)
        with django_assert_num_queries(len(little)):
            browser.get("/account/")
