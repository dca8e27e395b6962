"""Fixtures of the protocol's tests."""

from collections.abc import Callable
from copy import copy

import pytest
from django.utils import timezone

from idp.traces import leaving
from keys import ring, rotation
from keys.models import SigningKey
from tests.idp.app import App

_made_once: list[SigningKey] = []


@pytest.fixture(autouse=True)
def room_for_traces() -> None:
    """Each test's refusals leave their traces, however many were refused before it in this process."""
    leaving.forget()


@pytest.fixture
def signing_keys(db: None) -> None:
    """The same signing keys in each test's own transaction: making an RSA key takes longer than most tests."""
    ring.forget()
    if _made_once:
        SigningKey.objects.bulk_create(copy(key) for key in _made_once)
    else:
        _made_once.extend(rotation.ensure_schedule(timezone.now()))


@pytest.fixture
def app(signing_keys: None) -> App:
    """A confidential app that Alice has agreed to; she is signed in in its browser."""
    made = App()
    made.sign_in()
    return made


@pytest.fixture
def make_app(signing_keys: None) -> Callable[..., App]:
    return App
