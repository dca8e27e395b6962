"""Terms of use: accepted once a version, on the way in."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Session, User

from .conftest import event_types

PATH = "/login/terms?next=/account/sessions"


@pytest.fixture(autouse=True)
def _terms(settings: Any) -> None:
    settings.TERMS_URL, settings.TERMS_VERSION = "https://example.com/terms", "2"


def test_they_are_shown_before_anything_opens(alice: User, browser: Client, log_in: Any) -> None:
    assert log_in("alice", path="/login?next=/account/sessions")["Location"].startswith("/login/terms")
    assert not Session.objects.exists()
    assert 'href="https://example.com/terms"' in browser.get(PATH).content.decode()
    assert browser.post(PATH, {"accept": "2"})["Location"] == "/account/sessions"
    assert event_types() == ["terms.accepted", "login.succeeded"]


@pytest.mark.parametrize("data", [{}, {"accept": ""}, {"accept": "1"}, {"later": "1"}, {"stop": "1"}])
def test_s_103_nothing_else_passes_by_them(
    alice: User, browser: Client, log_in: Any, data: dict[str, str]
) -> None:
    log_in("alice")
    browser.post(PATH, data)
    browser.get("/login/enrol")
    assert not Session.objects.exists()


def test_they_are_asked_once_until_they_change(
    alice: User, browser: Client, log_in: Any, settings: Any
) -> None:
    log_in("alice")
    browser.post(PATH, {"accept": "2"})
    browser.post("/logout")
    assert log_in("alice")["Location"] == "/account/"
    browser.post("/logout")
    settings.TERMS_VERSION = "3"
    assert log_in("alice")["Location"].startswith("/login/terms")
    assert "They have changed" in browser.get(PATH).content.decode()
