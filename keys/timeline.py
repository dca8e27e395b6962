"""The schedule as a drawing and as sentences: which key does what, since when, until when, and why."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone
from django.utils.formats import date_format

from keys import schedule
from keys.models import SigningKey
from keys.schedule import Event, State

_PLANNED = "planned"
_TICKS = 5
_DAYS, _MONTHS = (1, 2, 7, 14), (1, 2, 3, 6, 12, 24)


class Tone(StrEnum):
    """The colours of `.badge`."""

    PUBLISHED = "info"
    SIGNING = "success"
    VERIFYING = "warning"
    GONE = ""
    REVOKED = "danger"


@dataclass(frozen=True)
class Scale:
    """Moments as places between the left and the right edge, so that text keeps its size on any screen."""

    start: datetime
    end: datetime

    def at(self, moment: datetime) -> float:
        share = (moment - self.start) / (self.end - self.start)
        return round(100 * min(1.0, max(0.0, share)), 2)

    def ticks(self) -> list["Tick"]:
        """A few days, or firsts of months, evenly apart; none so near to the edge that its label would stick out."""
        days = (self.end - self.start) / timedelta(days=1)
        midnight = timezone.localtime(self.start).replace(hour=0, minute=0, second=0, microsecond=0)
        for step in _DAYS:
            if days <= step * _TICKS:
                places = [midnight + number * timedelta(days=step) for number in range(_TICKS + 2)]
                return self._labelled(places, "j M")
        step = next((step for step in _MONTHS if days <= step * 30 * _TICKS), _MONTHS[-1])
        return self._labelled([_month(midnight, number * step) for number in range(1, _TICKS + 2)], "M Y")

    def _labelled(self, places: Iterable[datetime], form: str) -> list["Tick"]:
        return [
            Tick(f"{self.at(place)}%", date_format(place, form))
            for place in places
            if 4 < self.at(place) < 96
        ]


def _month(day: datetime, later: int) -> datetime:
    """The first day of a later month."""
    years, month = divmod(day.month - 1 + later, 12)
    return day.replace(year=day.year + years, month=month + 1, day=1)


@dataclass(frozen=True)
class Tick:
    x: str
    label: str


@dataclass(frozen=True)
class Bar:
    """One part of a key's life."""

    kind: str
    x: str
    width: str


@dataclass(frozen=True)
class Span:
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Line:
    """A key, drawn and told; `key` is None for the one that the schedule will make next."""

    key: SigningKey | None
    algorithm: str
    state: str
    tone: str
    why: str
    bars: tuple[Bar, ...]

    @property
    def name(self) -> str:
        return self.key.short_kid if self.key else "next key"

    @property
    def public(self) -> Span | None:
        return Span(self.key.published_at, _end(self.key)) if self.key else None

    @property
    def signs(self) -> Span | None:
        """None for a key that was withdrawn before its time came."""
        if self.key is None or _end(self.key) <= self.key.signs_from:
            return None
        return Span(self.key.signs_from, min(self.key.signs_until, _end(self.key)))


@dataclass(frozen=True)
class Timeline:
    """All that the page shows."""

    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    now: str
    events: tuple[Event, ...]

    @classmethod
    def of(cls, keys: Sequence[SigningKey], now: datetime, *, remembered: timedelta) -> "Timeline":
        """The keys, without those that were over longer ago than `remembered`, and what comes next."""
        shown = [key for key in keys if _end(key) > now - remembered]
        events = schedule.forecast(keys, now)
        planned = [event for event in events if not event.kid]
        scale = _scale(shown, planned, now)
        lines = [*(_line(key, scale, now) for key in shown), *(_planned(event, scale) for event in planned)]
        return cls(
            lines=tuple(sorted(lines, key=lambda line: line.algorithm)),
            ticks=tuple(scale.ticks()),
            now=f"{scale.at(now)}%",
            events=tuple(events),
        )


def _end(key: SigningKey) -> datetime:
    return min(key.revoked_at or key.verifies_until, key.verifies_until)


def _scale(shown: Sequence[SigningKey], planned: Sequence[Event], now: datetime) -> Scale:
    starts = [now, *(key.published_at for key in shown)]
    ends = [now + timedelta(days=1), *map(_end, shown), *(event.at + timedelta(days=30) for event in planned)]
    margin = (max(ends) - min(starts)) / 50
    return Scale(min(starts) - margin, max(ends) + margin)


def _line(key: SigningKey, scale: Scale, now: datetime) -> Line:
    state = key.state(now)
    return Line(key, key.algorithm, state, Tone[state.name], why(key, now), tuple(_bars(key, scale)))


def _planned(event: Event, scale: Scale) -> Line:
    signs_from = event.at + schedule.policy().publish_before
    bars = _drawn([("published", event.at, signs_from), ("signing", signs_from, scale.end)], scale)
    text = f"Not made yet. It will be made and published on {moment(event.at)}, and sign from {moment(signs_from)}."
    return Line(None, event.algorithm, _PLANNED, "", text, tuple(bars))


def _bars(key: SigningKey, scale: Scale) -> Iterator[Bar]:
    parts = [
        ("published", key.published_at, key.signs_from),
        ("signing", key.signs_from, key.signs_until),
        ("verifying", key.signs_until, key.verifies_until),
    ]
    end = _end(key)
    yield from _drawn([(kind, start, min(until, end)) for kind, start, until in parts], scale)
    if key.revoked_at is not None:
        yield Bar("revoked", f"{scale.at(key.revoked_at)}%", "0.8%")


def _drawn(parts: Iterable[tuple[str, datetime, datetime]], scale: Scale) -> Iterator[Bar]:
    for kind, start, end in parts:
        if start < end:  # a part of a day in a year is still to be seen
            width = max(0.8, scale.at(end) - scale.at(start))
            yield Bar(kind, f"{scale.at(start)}%", f"{width:.2f}%")


def why(key: SigningKey, now: datetime) -> str:
    """What a key is doing, in a sentence or two for people."""
    state = key.state(now)
    if state is State.PUBLISHED:
        return (
            f"Signs nothing yet. Every app can fetch it ahead of time, so that none is surprised when it "
            f"starts to sign on {moment(key.signs_from)}."
        )
    if state is State.SIGNING:
        return f"Signs every new {key.algorithm} token until {moment(key.signs_until)}; then its successor takes over."
    if state is State.VERIFYING:
        return (
            f"Signs no more since {moment(key.signs_until)}. It stays public until {moment(key.verifies_until)}, "
            f"when the last token that it can have signed has expired."
        )
    if state is State.GONE:
        over = moment(key.verifies_until)
        return f"Over since {over}: every token that it signed has expired. Its private half was destroyed."
    return f"Withdrawn in an emergency on {moment(key.revoked_at or now)}. Whatever it signed is refused."


def in_words(length: timedelta) -> str:
    """The longest unit that says it without a remainder: 7 days, 36 hours, 90 seconds."""
    seconds = int(length.total_seconds())
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}{'s' if seconds != size else ''}"
    return f"{seconds} seconds"


def moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j F Y, H:i e")
