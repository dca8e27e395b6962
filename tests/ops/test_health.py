"""/livez and /readyz: what a load balancer sees, and what it must not."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client

from idp import health
from keys import selftest

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def raise_outage() -> None:
    raise OperationalError("connection to server at db.internal, user signet, failed")


@pytest.fixture(autouse=True)
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_readiness", health.Readiness())


def test_livez_does_not_ask_the_database(client: Client):
    """Without the db fixture, pytest-django fails any query."""
    answer = client.get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"alive": True})


@pytest.mark.django_db
def test_readyz_is_good_when_all_is(client: Client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "problems": []})
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_s_140_a_key_that_does_not_work_is_told(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(selftest, "self_test", lambda now: ["Key a1b2 cannot be opened."])
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == ["Key a1b2 cannot be opened."]


@pytest.mark.django_db
def test_missing_migrations_are_told(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health, "unapplied_migrations", lambda: True)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "migrate" in answer.json()["problems"][0]


@pytest.mark.django_db
def test_r_02_a_dead_database_is_unready_and_says_no_more_than_that(client: Client, monkeypatch):
    monkeypatch.setattr(health, "unapplied_migrations", raise_outage)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == ["the database does not answer"]


@pytest.mark.django_db
def test_no_migration_is_missing_from_a_fresh_database():
    assert not health.unapplied_migrations()


@pytest.mark.django_db
def test_the_keys_are_tested_at_most_every_five_seconds(monkeypatch: pytest.MonkeyPatch):
    tested = []
    monkeypatch.setattr(selftest, "self_test", lambda now: tested.append(now) or [])
    readiness = health.Readiness()
    for seconds in (0, 1, 4.9, 5.1, 6):
        readiness.problems(NOW + timedelta(seconds=seconds))
    assert len(tested) == 2


@pytest.mark.django_db
def test_a_clock_that_jumped_back_does_not_freeze_the_answer(monkeypatch: pytest.MonkeyPatch):
    tested = []
    monkeypatch.setattr(selftest, "self_test", lambda now: tested.append(now) or [])
    readiness = health.Readiness()
    readiness.problems(NOW)
    readiness.problems(NOW - timedelta(hours=1))
    assert len(tested) == 2


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_only_reading_is_allowed(client: Client, path: str):
    assert client.post(path).status_code == 405


@pytest.mark.django_db
def test_r_02_a_database_that_goes_and_comes_back_is_noticed_at_once(monkeypatch: pytest.MonkeyPatch):
    readiness = health.Readiness()
    assert readiness.problems(NOW) == []
    with monkeypatch.context() as gone:
        gone.setattr(connection, "cursor", raise_outage)
        assert readiness.problems(NOW) == ["the database does not answer"]
    assert readiness.problems(NOW) == []
