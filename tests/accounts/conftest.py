"""Alice, who knows her password, and browsers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client

from accounts import emails
from accounts.models import AuditEvent, User
from tests.factories import PASSWORD, make_admin, make_user, sign_in

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def alice(db: None, cheap_passwords: None) -> User:
    return make_user("Alice", password=PASSWORD, name="Alice Liddell")


@pytest.fixture
def browser() -> Client:
    return Client()


@pytest.fixture
def olga(db: None, browser: Client) -> User:
    """The owner, signed in."""
    olga = make_admin("olga")
    sign_in(browser, olga)
    return olga


@pytest.fixture
def log_in(browser: Client) -> Callable[..., HttpResponse]:
    """Posts the login form."""

    def post(username: str, password: str = PASSWORD, *, path: str = "/login", **extra: Any) -> HttpResponse:
        return browser.post(path, {"username": username, "password": password}, **extra)

    return post


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Any]]:
    """`mails()` is what has been mailed; a test's transaction is never committed, so nothing waits for that."""
    emails.wait()  # for what an earlier test left on its way
    mail.outbox.clear()
    monkeypatch.setattr("django.db.transaction.on_commit", lambda send: send())

    def sent() -> list[Any]:
        emails.wait()
        return mail.outbox

    return sent


def event_types() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("type", flat=True))
