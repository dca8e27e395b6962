"""When a key does what, computed from its timestamps and the clock alone: pure, so that every node agrees."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from django.conf import settings

# No token of ours lives longer, whatever an app asks for; a key stays public for as long after its last signature.
LONGEST_TOKEN = timedelta(hours=24)
# What the clocks of apps may be slow.
SKEW = timedelta(minutes=5)


class State(StrEnum):
    PUBLISHED = "published"
    SIGNING = "signing"
    VERIFYING = "verifying"
    GONE = "gone"
    REVOKED = "revoked"


# What apps find in the JWKS, in this order: naive ones take the first key.
IN_JWKS = (State.SIGNING, State.PUBLISHED, State.VERIFYING)


class Scheduled(Protocol):
    """The timestamps of a key, as `models.SigningKey` has them."""

    kid: str
    algorithm: str
    serial: int
    published_at: datetime
    signs_from: datetime
    signs_until: datetime
    verifies_until: datetime
    revoked_at: datetime | None


def state(key: Scheduled, now: datetime) -> State:
    if key.revoked_at is not None:
        return State.REVOKED
    if now < key.signs_from:
        return State.PUBLISHED
    if now < key.signs_until:
        return State.SIGNING
    return State.VERIFYING if now < key.verifies_until else State.GONE


@dataclass(frozen=True)
class Policy:
    """The operator's choices, of which `checks` has made sure that they go together."""

    algorithms: tuple[str, ...]
    signing_period: timedelta
    publish_before: timedelta
    jwks_max_age: timedelta


def policy() -> Policy:
    return Policy(
        tuple(settings.KEYS_ALGORITHMS),
        settings.KEYS_SIGNING_PERIOD,
        settings.KEYS_PUBLISH_BEFORE,
        settings.KEYS_JWKS_MAX_AGE,
    )


def verifies_until(signs_until: datetime) -> datetime:
    """Until the last token that the key could have signed is dead everywhere."""
    return signs_until + LONGEST_TOKEN + SKEW


@dataclass(frozen=True)
class Plan:
    """A key to be made, and the kid of the one that signs until then."""

    algorithm: str
    serial: int
    published_at: datetime
    signs_from: datetime
    signs_until: datetime
    after: str | None


def plan(
    line: Sequence[Scheduled], algorithm: str, now: datetime, *, signs_from: datetime, after: str | None
) -> Plan:
    """The next key of an algorithm, given all its keys so far."""
    serial = 1 + max((key.serial for key in line), default=0)
    return Plan(algorithm, serial, now, signs_from, signs_from + policy().signing_period, after)


def due(line: Sequence[Scheduled], algorithm: str, now: datetime) -> Plan | None:
    """The key that the schedule calls for now, if any; `line` is all keys of the algorithm, oldest first.

    A key made late, because the server was off, is published no shorter for it: the one before signs for longer.
    """
    last = _last(line, now)
    if last is None:  # a first start, or nothing left that an app could know: nobody to wait for
        return plan(line, algorithm, now, signs_from=now, after=None)
    if now < last.signs_until - policy().publish_before:
        return None
    signs_from = max(last.signs_until, now + policy().publish_before)
    return plan(line, algorithm, now, signs_from=signs_from, after=last.kid)


def _last(line: Sequence[Scheduled], now: datetime) -> Scheduled | None:
    """The key that a successor comes after."""
    usable = [key for key in line if state(key, now) in (State.PUBLISHED, State.SIGNING)]
    if usable:
        return usable[-1]
    if line and state(line[-1], now) is State.VERIFYING:
        return line[-1]
    return None


class Change(StrEnum):
    PUBLISHED = "is published"
    SIGNS = "starts to sign"
    RESTS = "signs no more"
    LEAVES = "leaves the JWKS"


@dataclass(frozen=True, order=True)
class Event:
    """What will happen, to a key (or to one that is not made yet, whose kid is empty), and when."""

    at: datetime
    algorithm: str
    change: Change
    kid: str = ""

    @property
    def alters_jwks(self) -> bool:
        return self.change in (Change.PUBLISHED, Change.LEAVES)


def forecast(keys: Sequence[Scheduled], now: datetime) -> list[Event]:
    """All that the schedule holds in store for the keys there are, and the successors that it will make."""
    events = [event for key in keys if key.revoked_at is None for event in _events(key)]
    for algorithm in policy().algorithms:
        last = _last([key for key in keys if key.algorithm == algorithm], now)
        if last is not None:
            events.append(Event(last.signs_until - policy().publish_before, algorithm, Change.PUBLISHED))
    return sorted(event for event in events if event.at > now)


def changes(keys: Iterable[Scheduled]) -> list[datetime]:
    """Every moment at which a key enters another state."""
    return [at for key in keys for at in (key.signs_from, key.signs_until, key.verifies_until)]


def _events(key: Scheduled) -> Iterable[Event]:
    yield Event(key.signs_from, key.algorithm, Change.SIGNS, key.kid)
    yield Event(key.signs_until, key.algorithm, Change.RESTS, key.kid)
    yield Event(key.verifies_until, key.algorithm, Change.LEAVES, key.kid)
