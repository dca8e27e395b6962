"""The timeline: where things are drawn, and what is said of each key."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from keys import rotation
from keys.models import SigningKey
from keys.timeline import Timeline, in_words

from .conftest import DAY, HOUR

pytestmark = pytest.mark.django_db


def drawn(now: datetime) -> Timeline:
    return Timeline.of(list(SigningKey.objects.all()), now, remembered=30 * DAY)


def share(percent: str) -> float:
    return float(percent.removesuffix("%"))


def grow(now: datetime) -> None:
    """An hour after the second key took over, of a third that was revoked, and a fourth that is to come."""
    rotation.ensure_schedule(now)
    rotation.ensure_schedule(now + 83 * DAY)
    unlucky = rotation.rotate("RS256", now + 90 * DAY)
    rotation.revoke(unlucky.kid, now + 90 * DAY)
    rotation.rotate("RS256", now + 90 * DAY)


def test_every_key_and_the_next_one_has_a_line(now: datetime) -> None:
    rotation.ensure_schedule(now)
    assert [(line.name == "next key", line.state) for line in drawn(now).lines] == [
        (False, "signing"),
        (True, "planned"),
    ]


def test_each_state_is_told_in_words(now: datetime) -> None:
    grow(now)
    told = {line.state: line.why for line in drawn(now + 90 * DAY + HOUR).lines}
    assert told.keys() == {"verifying", "signing", "revoked", "published", "planned"}
    assert "It stays public until 31 May 2026, 12:05 UTC" in told["verifying"]
    assert "Signs every new RS256 token" in told["signing"]
    assert "Signs nothing yet" in told["published"]
    assert "Withdrawn in an emergency" in told["revoked"]


def test_a_key_that_is_over_is_shown_for_a_while(now: datetime) -> None:
    grow(now)
    assert "gone" in [line.state for line in drawn(now + 100 * DAY).lines]
    first = SigningKey.objects.get(serial=1)
    assert first not in [line.key for line in drawn(now + 122 * DAY).lines]


def test_the_parts_of_a_key_follow_one_another_within_the_frame(now: datetime) -> None:
    grow(now)
    for line in drawn(now + 92 * DAY).lines:
        starts = [share(bar.x) for bar in line.bars]
        assert starts == sorted(starts)
        assert all(share(bar.x) >= 0 and share(bar.x) + share(bar.width) <= 101 for bar in line.bars)
        assert all(share(bar.width) >= 0.8 for bar in line.bars)


def test_a_withdrawn_key_was_public_until_then_and_never_signed(now: datetime) -> None:
    grow(now)
    [line] = [line for line in drawn(now + 92 * DAY).lines if line.state == "revoked"]
    assert line.public is not None
    assert line.public.end == now + 90 * DAY
    assert line.signs is None


def test_now_is_inside_and_the_labels_keep_apart(now: datetime) -> None:
    grow(now)
    for days in (0, 92, 100, 150):
        timeline = drawn(now + days * DAY)
        assert 0 < share(timeline.now) < 100
        places = [share(tick.x) for tick in timeline.ticks]
        assert 2 <= len(places) <= 6
        assert all(other - one >= 9 for one, other in pairwise(places))


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (7 * DAY, "7 days"),
        (DAY, "1 day"),
        (36 * HOUR, "36 hours"),
        (HOUR, "1 hour"),
        (timedelta(minutes=10), "10 minutes"),
        (timedelta(seconds=90), "90 seconds"),
    ],
)
def test_lengths_are_said_without_remainder(length: timedelta, words: str) -> None:
    assert in_words(length) == words
