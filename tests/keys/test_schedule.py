"""The schedule as a table: states, when a successor is due, what is in store. No database, no clock (S-141)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from keys import schedule
from keys.schedule import Change, State

from .conftest import DAY, HOUR, START

PERIOD, AHEAD = 90 * DAY, 7 * DAY  # the defaults
TAIL = schedule.LONGEST_TOKEN + schedule.SKEW


@dataclass
class Key:
    """A key made at START that signs at once, unless a test says otherwise."""

    kid: str = "first"
    algorithm: str = "RS256"
    serial: int = 1
    published_at: datetime = START
    signs_from: datetime = START
    signs_until: datetime = START + PERIOD
    revoked_at: datetime | None = None

    @property
    def verifies_until(self) -> datetime:
        return schedule.verifies_until(self.signs_until)


SUCCESSOR = Key("second", serial=2, signs_from=START + PERIOD, signs_until=START + 2 * PERIOD)
SUCCESSOR.published_at = START + PERIOD - AHEAD


@pytest.mark.parametrize(
    ("key", "after", "expected"),
    [
        (Key(), timedelta(0), State.SIGNING),
        (Key(), PERIOD - timedelta(microseconds=1), State.SIGNING),
        (Key(), PERIOD, State.VERIFYING),
        (Key(), PERIOD + TAIL - timedelta(microseconds=1), State.VERIFYING),
        (Key(), PERIOD + TAIL, State.GONE),
        (SUCCESSOR, PERIOD - AHEAD, State.PUBLISHED),
        (SUCCESSOR, PERIOD - timedelta(microseconds=1), State.PUBLISHED),
        (SUCCESSOR, PERIOD, State.SIGNING),
        (Key(revoked_at=START), timedelta(0), State.REVOKED),
        (Key(revoked_at=START), PERIOD + TAIL, State.REVOKED),
    ],
)
def test_a_keys_state_follows_from_its_timestamps(key: Key, after: timedelta, expected: State) -> None:
    assert schedule.state(key, START + after) is expected


def due(*line: Key, after: timedelta) -> schedule.Plan | None:
    return schedule.due(line, "RS256", START + after)


def test_the_first_key_signs_at_once() -> None:
    plan = due(after=timedelta(0))
    assert plan == schedule.Plan("RS256", 1, START, START, START + PERIOD, None)


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ([Key()], timedelta(0)),
        ([Key()], PERIOD - AHEAD - timedelta(seconds=1)),
        ([Key(), SUCCESSOR], PERIOD - AHEAD),
        ([Key(), SUCCESSOR], PERIOD + DAY),
    ],
)
def test_no_key_is_made_before_its_time(line: list[Key], after: timedelta) -> None:
    assert due(*line, after=after) is None


def test_s_141_a_successor_is_public_for_as_long_as_promised_before_it_signs() -> None:
    plan = due(Key(), after=PERIOD - AHEAD)
    assert plan == schedule.Plan(
        "RS256", 2, START + PERIOD - AHEAD, START + PERIOD, START + 2 * PERIOD, "first"
    )


@pytest.mark.parametrize("late", [DAY, AHEAD, AHEAD + DAY])
def test_s_141_a_successor_made_late_is_published_no_shorter(late: timedelta) -> None:
    """The server was off when it was due, perhaps until the old key signs no more: that one signs for longer."""
    plan = due(Key(), after=PERIOD - AHEAD + late)
    assert plan is not None
    assert plan.signs_from - plan.published_at == AHEAD
    assert plan.after == "first"


def test_after_a_long_absence_a_new_key_signs_at_once() -> None:
    plan = due(Key(), after=PERIOD + TAIL)
    assert plan is not None
    assert (plan.serial, plan.signs_from, plan.after) == (2, START + PERIOD + TAIL, None)


def test_an_older_key_is_not_brought_back_for_a_revoked_one() -> None:
    revoked = Key("second", serial=2, revoked_at=START + PERIOD)
    plan = due(Key(), revoked, after=PERIOD + HOUR)
    assert plan is not None
    assert (plan.serial, plan.signs_from, plan.after) == (3, START + PERIOD + HOUR, None)


def test_a_revoked_successor_is_made_again() -> None:
    revoked = Key("second", serial=2, revoked_at=START + PERIOD - DAY)
    plan = due(Key(), revoked, after=PERIOD - DAY)
    assert plan is not None
    assert (plan.serial, plan.after) == (3, "first")
    assert plan.signs_from == START + PERIOD - DAY + AHEAD


def test_the_forecast_tells_what_happens_in_order() -> None:
    coming = schedule.forecast([Key()], START)
    assert [(event.at - START, event.change) for event in coming] == [
        (PERIOD - AHEAD, Change.PUBLISHED),
        (PERIOD, Change.RESTS),
        (PERIOD + TAIL, Change.LEAVES),
    ]


def test_the_forecast_has_nothing_past_and_nothing_revoked() -> None:
    coming = schedule.forecast([Key(revoked_at=START), SUCCESSOR], START + PERIOD)
    assert {event.kid for event in coming} == {"second", ""}
    assert all(event.at > START + PERIOD for event in coming)
