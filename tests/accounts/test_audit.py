import json
from datetime import datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from accounts import audit
from accounts.models import AppendOnly, AuditEvent
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def last() -> AuditEvent:
    event = AuditEvent.objects.first()
    assert event is not None
    return event


def test_s_143_an_event_says_who_what_whom_and_from_where() -> None:
    alice = make_user("alice")
    request = RequestFactory().post("/login", REMOTE_ADDR="192.0.2.7")
    request.request_id = "abc"  # type: ignore[attr-defined]
    audit.record("login.succeeded", request=request, actor=alice, subject=alice, client_id="app", amr=["pwd"])
    event = last()
    assert (event.type, event.outcome, event.client_id) == ("login.succeeded", "ok", "app")
    assert event.actor == event.subject == f"user:{alice.pk}"
    assert (event.address, event.request_id, event.detail) == ("192.0.2.7", "abc", {"amr": ["pwd"]})


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="register"):
        audit.record("login.succeded")


def test_s_143_events_are_neither_changed_nor_removed_by_the_program() -> None:
    audit.record("user.enabled")
    event = last()
    for attempt in (
        event.save,
        event.delete,
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(type="x"),
        lambda: AuditEvent.objects.create(type="x"),
        lambda: AuditEvent.objects.bulk_create([event]),
        lambda: AuditEvent.objects.bulk_update([event], ["type"]),
    ):
        with pytest.raises(AppendOnly):
            attempt()
    assert AuditEvent.objects.get() == event


def test_s_143_a_sound_chain_has_no_problems() -> None:
    for number in range(5):
        audit.record("user.enabled", number=number)
    assert list(audit.problems()) == []
    assert last().previous_hash == AuditEvent.objects.all()[1].hash


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE accounts_auditevent SET outcome = 'ok!' WHERE id = %s", "was changed"),
        ("DELETE FROM accounts_auditevent WHERE id = %s", "does not follow"),
    ],
)
def test_s_143_what_is_done_behind_its_back_shows(statement: str, problem: str) -> None:
    for _ in range(3):
        audit.record("user.enabled")
    middle = AuditEvent.objects.order_by("id")[1]
    with connection.cursor() as cursor:
        cursor.execute(statement, [middle.pk])
    assert [problem in each for each in audit.problems()] == [True]


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
            ),
            max_leaves=6,
        ),
        max_size=4,
    )
)
def test_any_detail_can_be_recorded_and_reads_back_as_it_was_hashed(detail: dict[str, Any]) -> None:
    audit.record("user.enabled", subject="x" * 500 + "\0\ud800", detail=detail)
    assert "was changed" not in " ".join(audit.problems([last()]))


@pytest.mark.parametrize(
    "name",
    ["password", "Password", "token", "refresh_token", "client_secret", "code", "token_hash", "cookie"],
)
def test_s_063_s_104_secrets_are_never_in_it(name: str) -> None:
    audit.record(
        "user.enabled", changes={name: {"before": "hunter1", "after": "hunter2"}}, **{name: "hunter3"}
    )
    assert "hunter" not in json.dumps(last().detail)


def test_the_commands_verify_export_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    audit.record("user.enabled", subject="x", number=1)
    call_command("audit", "verify")
    assert "1 events" in capsys.readouterr().out
    call_command("audit", "export")
    exported = json.loads(capsys.readouterr().out)
    assert exported["type"] == "user.enabled"
    assert datetime.fromisoformat(exported["at"]) == last().at
    call_command("audit", "tail", "-n", "1")
    assert "user.enabled ok system x" in capsys.readouterr().out


def test_verify_fails_when_something_was_changed() -> None:
    audit.record("user.enabled")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_auditevent SET actor = 'Mallory'")
    with pytest.raises(CommandError, match="was changed"):
        call_command("audit", "verify")


def test_events_of_keys_are_heard() -> None:
    from keys import events

    events.announce("key.rotated", kid="k1", algorithm="RS256", by="command")
    assert (last().type, last().subject, last().detail["algorithm"]) == ("key.rotated", "k1", "RS256")
