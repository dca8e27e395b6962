"""Terms of use: accepted once a version, as a step on the way in."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Session, Terms, User
from tests.factories import PASSWORD

from .conftest import event_types

PATH = "/login/terms?next=/account/sessions"


def publish(version: str, **fields: Any) -> Terms:
    return Terms.objects.create(
        version=version, **{"text": "Be kind.", "published_at": timezone.now(), **fields}
    )


@pytest.fixture(autouse=True)
def terms(db: None) -> Terms:
    return publish("2", url="https://example.com/terms")


def test_they_are_shown_before_anything_opens(alice: User, browser: Client, log_in: Any) -> None:
    assert log_in("alice", path="/login?next=/account/sessions")["Location"].startswith("/login/terms")
    assert not Session.objects.exists()
    page = browser.get(PATH).content.decode()
    assert 'href="https://example.com/terms"' in page
    assert "Be kind." in page
    assert "in force here" in page
    assert browser.post(PATH, {"accept": "2"})["Location"] == "/account/sessions"
    assert event_types() == ["terms.accepted", "login.succeeded"]
    session = Session.objects.get()
    assert (session.user, session.amr) == (alice, ["pwd"])


def test_who_accepted_which_and_when_is_kept(alice: User, browser: Client, log_in: Any) -> None:
    log_in("alice")
    browser.post(PATH, {"accept": "2"})
    alice.refresh_from_db()
    assert alice.terms_version == "2"
    assert alice.terms_accepted_at is not None
    assert AuditEvent.objects.get(type="terms.accepted").detail["version"] == "2"


@pytest.mark.parametrize("data", [{}, {"accept": ""}, {"accept": "1"}, {"later": "1"}, {"stop": "1"}])
def test_s_103_nothing_else_passes_by_them(
    alice: User, browser: Client, log_in: Any, data: dict[str, str]
) -> None:
    log_in("alice")
    browser.post(PATH, data)
    browser.get("/login/enrol")
    assert not Session.objects.exists()


def test_s_103_nobody_accepts_without_having_proved_who_they_are(alice: User, browser: Client) -> None:
    assert browser.post(PATH, {"accept": "2"}).status_code == 410
    browser.cookies["signet_login"] = "f" * 43
    assert browser.post(PATH, {"accept": "2"}).status_code == 410
    assert not AuditEvent.objects.filter(type="terms.accepted").exists()


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!changed"}])
def test_s_103_the_proof_dies_with_a_change_of_the_account(
    alice: User, browser: Client, log_in: Any, change: dict[str, Any]
) -> None:
    log_in("alice")
    User.objects.update(**change)
    assert browser.post(PATH, {"accept": "2"}).status_code == 410
    assert not Session.objects.exists()


def test_s_103_the_proof_works_once_and_for_a_quarter_of_an_hour(
    alice: User, browser: Client, log_in: Any
) -> None:
    log_in("alice")
    proof = browser.cookies["signet_login"].value
    browser.post(PATH, {"accept": "2"})
    again = Client()
    again.cookies["signet_login"] = proof
    assert again.post(PATH, {"accept": "2"}).status_code == 410
    User.objects.update(terms_version="")
    other = Client()
    other.post("/login", {"username": "alice", "password": PASSWORD})
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert other.post(PATH, {"accept": "2"}).status_code == 410


def test_they_are_asked_once_until_they_change(alice: User, browser: Client, log_in: Any) -> None:
    log_in("alice")
    browser.post(PATH, {"accept": "2"})
    browser.post("/logout")
    assert log_in("alice")["Location"] == "/account/"
    browser.post("/logout")
    publish("3")
    assert log_in("alice")["Location"].startswith("/login/terms")
    assert "new since you accepted them" in browser.get(PATH).content.decode()


def test_a_version_that_came_while_the_page_was_read_is_read_first(
    alice: User, browser: Client, log_in: Any
) -> None:
    log_in("alice")
    publish("3", text="Be kinder.")
    page = browser.post(PATH, {"accept": "2"})
    assert "Be kinder." in page.content.decode()
    assert not Session.objects.exists()


def test_those_not_in_force_yet_are_not_asked_for(alice: User, log_in: Any, terms: Terms) -> None:
    terms.delete()
    publish("2030", published_at=timezone.now() + timedelta(days=1))
    assert log_in("alice")["Location"] == "/account/"
