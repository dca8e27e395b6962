"""Compiled statements give what the ORM gives, on whichever database this run has."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, models
from django.test.utils import CaptureQueriesContext

from accounts.models import Session
from accounts.prepared import Parameter, Prepared, execute_together, insertion
from tests.factories import make_session, make_user

NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)


def values_of(instance: models.Model) -> dict[str, object]:
    return {field.attname: getattr(instance, field.attname) for field in instance._meta.concrete_fields}


@pytest.fixture
def session(db: None) -> Session:
    user = make_user(name="Alice ☃", address={"locality": "Oxford"})
    return make_session(user, now=NOW, amr=["pwd", "otp"])


by_sid: Prepared[Session] = Prepared(
    lambda: Session.objects.select_related("user").annotate(again=models.F("sid")).filter(pk=Parameter("sid"))
)


def test_a_row_becomes_the_instance_that_the_orm_makes(session: Session) -> None:
    found, expected = by_sid(sid=session.pk), Session.objects.select_related("user").get(pk=session.pk)
    assert found is not None
    assert values_of(found) == values_of(expected)
    assert values_of(found.user) == values_of(expected.user)
    assert found.again == session.pk  # type: ignore[attr-defined]


def test_related_rows_come_with_it_in_one_statement(session: Session) -> None:
    by_sid(sid=session.pk)
    with CaptureQueriesContext(connection) as queries:
        found = by_sid(sid=session.pk)
        assert found is not None
        assert found.user.name == "Alice ☃"
    assert len(queries) == 1


of_user: Prepared[Session] = Prepared(
    lambda: Session.objects.select_related("user").filter(user__name=Parameter("name")).order_by("pk")
)


def test_every_row_becomes_its_instance_in_their_order(session: Session) -> None:
    make_session(session.user, now=NOW)
    make_session(make_user(name="Bob"), now=NOW)
    expected = list(Session.objects.select_related("user").filter(user=session.user).order_by("pk"))
    found = of_user.all(name="Alice ☃")
    assert [values_of(each) for each in found] == [values_of(each) for each in expected]
    assert {each.user.name for each in found} == {"Alice ☃"}
    assert of_user.all(name="Carol") == []


@pytest.mark.django_db
def test_no_row_is_none() -> None:
    assert by_sid(sid="nothing' OR '1'='1") is None


def test_an_instance_that_was_found_can_be_saved(session: Session) -> None:
    found = by_sid(sid=session.pk)
    assert found is not None
    found.end_reason = "test"
    found.save()
    assert Session.objects.get(pk=session.pk).end_reason == "test"


def test_an_insert_stores_what_save_would(session: Session) -> None:
    twin = Session(**{**values_of(session), "sid": "twin", "token_hash": "x" * 64})
    execute_together([insertion(twin)])
    stored = Session.objects.get(pk="twin")
    assert values_of(stored) == values_of(twin)
    stored.expires_at += timedelta(days=1)
    stored.save()


@pytest.mark.parametrize(("name", "is_there"), [("Alice ☃", True), ("Bob", False)])
def test_an_insert_with_a_condition_adds_nothing_unless_that_is_true(
    session: Session, name: str, is_there: bool
) -> None:
    twin = Session(**{**values_of(session), "sid": "twin", "token_hash": "x" * 64})
    only_if = ("EXISTS (SELECT 1 FROM accounts_user WHERE name = %s)", [name])
    assert execute_together([insertion(twin, where=only_if)]) == is_there
    stored = Session.objects.filter(pk="twin").first()
    assert (stored and values_of(stored)) == (values_of(twin) if is_there else None)


def test_of_several_statements_the_rows_of_the_last_are_told(session: Session) -> None:
    touch = ("UPDATE accounts_session SET end_reason = %s WHERE sid = %s", ["test", session.pk])
    of_none = ("UPDATE accounts_session SET end_reason = %s WHERE sid = %s", ["test", "none"])
    assert [execute_together(several) for several in ([of_none, touch], [touch, of_none])] == [1, 0]


def test_an_insert_of_a_key_that_is_there_is_refused(session: Session) -> None:
    with pytest.raises(IntegrityError):
        execute_together([insertion(session)])


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_it_is_the_same() -> None:
    """PostgreSQL is asked in another way there; no column that is NULL may lack its type."""
    session = make_session(make_user(name="Alice ☃"), now=NOW, amr=["pwd", "otp"])
    touch = ("UPDATE accounts_session SET end_reason = %s WHERE sid = %s", ["test", session.pk])
    for sid, name, added in (("twin", "Alice ☃", 1), ("other", "Bob", 0)):
        twin = Session(**{**values_of(session), "sid": sid, "token_hash": sid.ljust(64, "x")})
        only_if = ("EXISTS (SELECT 1 FROM accounts_user WHERE name = %s)", [name])
        assert execute_together([touch, insertion(twin, where=only_if)]) == added
    found = by_sid(sid="twin")
    assert found is not None
    assert values_of(found) == {**values_of(session), "sid": "twin", "token_hash": "twin".ljust(64, "x")}
    assert values_of(found) == values_of(Session.objects.get(pk="twin"))
    plain = Session(**{**values_of(session), "sid": "plain", "token_hash": "p" * 64})
    assert execute_together([touch, insertion(plain)]) == 1
    with pytest.raises(IntegrityError):
        execute_together([insertion(plain)])
    assert set(Session.objects.values_list("sid", "end_reason")) == {
        (session.pk, "test"),
        ("twin", session.end_reason),
        ("plain", session.end_reason),
    }
