"""`manage.py purge`: what is dead goes, what may still matter stays."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import OneTimeLink, Session, ThrottleBucket, User
from idp.management.commands import purge
from idp.models import Client, DeviceAuthorization, Grant, RevokedToken, SavedRequest
from tests.factories import make_session, make_user
from tests.idp.app import make_client

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.fixture
def client() -> Client:
    return make_client()


def make_grant(user: User, client: Client, session: Session | None = None, **fields: Any) -> Grant:
    fields = {
        "scope": "openid offline_access",
        "created_at": NOW - 200 * DAY,
        "auth_time": NOW - 200 * DAY,
        "code_digest": "x",
        "code_expires_at": NOW - 200 * DAY,
        "redeemed_at": NOW - 200 * DAY,
        "expires_at": NOW + DAY,
        **fields,
    }
    return Grant.objects.create(
        user=user, client=client, session=session or make_session(user, now=NOW), **fields
    )


def left(name: str) -> int:
    """How many rows of that kind are alive, after what is dead was removed."""
    rows = purge.dead(NOW)[name]
    purge.remove(rows)
    return int(rows.model._default_manager.count())


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({}, True),
        ({"expires_at": NOW - HOUR}, True),  # a token of its last minute may live
        ({"expires_at": NOW - 2 * DAY}, False),
        ({"revoked_at": NOW - HOUR}, True),  # its tokens have to be told from strangers'
        ({"revoked_at": NOW - 2 * DAY}, False),
        ({"redeemed_at": None, "code_expires_at": NOW - HOUR}, True),
        ({"redeemed_at": None, "code_expires_at": NOW - 2 * DAY}, False),
    ],
)
def test_a_grant_goes_when_no_token_of_it_can_live(
    alice: User, client: Client, fields: dict[str, Any], kept: bool
) -> None:
    make_grant(alice, client, **fields)
    assert left("grants") == kept


@pytest.mark.parametrize(
    ("scope", "ended", "kept"),
    [
        ("openid", 100 * DAY, False),
        ("openid", 80 * DAY, True),
        ("openid offline_access", 100 * DAY, True),
    ],
)
def test_a_grant_goes_with_its_session_unless_it_was_to_outlive_it(
    alice: User, client: Client, scope: str, ended: timedelta, kept: bool
) -> None:
    session = make_session(alice, now=NOW - 150 * DAY, ended_at=NOW - ended, expires_at=NOW)
    make_grant(alice, client, session, scope=scope)
    assert left("grants") == kept


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({}, True),
        ({"ended_at": NOW - 80 * DAY}, True),
        ({"ended_at": NOW - 91 * DAY}, False),
        ({"expires_at": NOW - 80 * DAY}, True),
        ({"expires_at": NOW - 91 * DAY}, False),
    ],
)
def test_a_session_goes_90_days_after_its_end(alice: User, fields: dict[str, Any], kept: bool) -> None:
    make_session(alice, now=NOW, **fields)
    assert left("sessions") == kept


def test_a_session_stays_while_a_grant_outlives_it(alice: User, client: Client) -> None:
    make_grant(alice, client, make_session(alice, now=NOW - 150 * DAY, ended_at=NOW - 100 * DAY))
    assert left("grants") == 1
    assert left("sessions") == 1
    assert Grant.objects.count() == 1


@pytest.mark.parametrize(("expires_at", "kept"), [(NOW + HOUR, True), (NOW - HOUR, False)])
def test_saved_requests_and_revoked_tokens_go_when_they_expire(
    client: Client, expires_at: datetime, kept: bool
) -> None:
    SavedRequest.objects.create(client=client, params={}, created_at=NOW, expires_at=expires_at)
    RevokedToken.objects.create(jti="x", expires_at=expires_at)
    assert left("saved requests") == kept
    assert left("revoked tokens") == kept


@pytest.mark.parametrize(("age", "kept"), [(HOUR, True), (25 * HOUR, False)])
def test_a_device_that_still_polls_hears_for_a_day_that_its_code_expired(
    client: Client, age: timedelta, kept: bool
) -> None:
    DeviceAuthorization.objects.create(client=client, created_at=NOW - age, expires_at=NOW - age)
    assert left("device authorizations") == kept


@pytest.mark.parametrize(("age", "kept"), [(timedelta(), True), (6 * DAY, True), (8 * DAY, False)])
def test_one_time_links_go_a_week_after_they_expire(alice: User, age: timedelta, kept: bool) -> None:
    OneTimeLink.objects.create(
        purpose="reset", user=alice, token_hash="x", created_at=NOW - age, expires_at=NOW - age
    )
    assert left("one-time links") == kept


@pytest.mark.parametrize(
    ("age", "blocked_for", "kept"),
    [(DAY, timedelta(), True), (91 * DAY, -DAY, False), (91 * DAY, DAY, True)],
)
def test_s_102_throttle_counters_outlive_quiet_weeks_and_every_wait(
    age: timedelta, blocked_for: timedelta, kept: bool
) -> None:
    ThrottleBucket.objects.create(
        key="x",
        level=3,
        counted_at=(NOW - age).timestamp(),
        blocked_until=(NOW + blocked_for).timestamp(),
    )
    assert left("throttle counters") == kept


def test_rows_go_in_batches_and_those_that_live_are_passed_by_once_for_many_of_them(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-15, R-16 in small: no lock is held for long, and no look is wasted."""
    monkeypatch.setattr(purge, "BATCH", 2)
    monkeypatch.setattr(purge, "LOOK", 4)
    for n in range(7):
        RevokedToken.objects.create(jti=str(n), expires_at=NOW - HOUR if n else NOW + HOUR)
    with CaptureQueriesContext(connection) as done:
        assert purge.remove(purge.dead(NOW)["revoked tokens"]) == 6
    verbs = [query["sql"].split()[0] for query in done if query["sql"][:1] in "SD"]
    assert [verb for verb in verbs if verb != "SAVEPOINT"] == [
        *("SELECT", "DELETE", "DELETE"),
        *("SELECT", "DELETE", "SELECT"),
    ]
    assert RevokedToken.objects.get().jti == "0"


def test_the_command_prints_what_it_removed() -> None:
    RevokedToken.objects.create(jti="x", expires_at=timezone.now() - HOUR)
    out = io.StringIO()
    call_command("purge", "--json", stdout=out)
    counts = json.loads(out.getvalue())
    nothing = {"accounts that their people deleted": 0, **dict.fromkeys(purge.dead(NOW), 0)}
    assert counts == nothing | {"revoked tokens": 1}
    call_command("purge", stdout=out)
    assert "0 revoked tokens" in out.getvalue()
