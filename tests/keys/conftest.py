"""A fresh ring for each test, moments to move about in, and nodes that share nothing but the database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from keys import events
from keys.ring import forget

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No ring of an earlier test, and nobody listening."""
    monkeypatch.setattr(events, "listeners", [])
    monkeypatch.setattr(events, "impact", [])
    forget()
    yield
    forget()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, object]]]:
    """What the keys announced."""
    announced: list[tuple[str, dict[str, object]]] = []
    events.listeners.append(lambda event, detail: announced.append((event, detail)))
    return announced


@pytest.fixture
def now() -> datetime:
    return START
