"""A fresh ring for each test, and moments to move about in."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from keys import events
from keys.ring import forget


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No ring of an earlier test, and nobody listening."""
    monkeypatch.setattr(events, "listeners", [])
    monkeypatch.setattr(events, "impact", [])
    forget()
    yield
    forget()


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 1, 12, tzinfo=UTC)
