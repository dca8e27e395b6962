"""How often one may try: per account or device, per address block and in all, in the database (S-102).

The account's counter goes up before a try is judged, by one conditional statement, so that any number of
parallel tries gets no more than its share. Addresses and the whole count failures only, so that many people
behind one address can sign in at once; a success takes nothing off them.
"""

import hashlib
import ipaddress
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.conf import settings

from accounts.models import ThrottleBucket
from accounts.origin import network
from accounts.prepared import database, execute, fetch_all, fetch_one

LOCKED = 1e12  # in place of a time to wait until: only an unlock helps


@dataclass(frozen=True)
class Limit:
    """After `free` tries each one more makes `step` seconds of wait, up to `longest`; the `last` one locks.

    `leak` tries a second are forgotten.
    """

    free: int
    step: float
    longest: float
    leak: float = 0.0
    last: float = math.inf


ACCOUNT = Limit(free=10, step=5, longest=300, last=100)
DEVICE = Limit(free=10, step=5, longest=300, last=50)  # then it counts as a stranger's
ADDRESS = Limit(free=10, step=1, longest=60, leak=1 / 60)
EVERYBODY = Limit(free=1000, step=0.05, longest=5, leak=10)


KINDS: dict[str, "Throttle"] = {}


@dataclass(frozen=True)
class Standing:
    """What one counter holds: the tries that count, and for how long it lets nobody try."""

    kind: str
    tries: int
    wait: int
    locked: bool


class Throttle:
    """The counters of one kind of try: "password", "reset", "client secret". Answers are seconds to wait.

    Where guessing pays: `attempt` before judging, then `missed` or `succeeded`. Where it does not, because the
    secret is long and random: `failed` after a wrong one, and `check`.
    """

    def __init__(self, kind: str, subject_limit: Limit = ACCOUNT) -> None:
        self.kind = kind
        self.subject_limit = subject_limit
        KINDS[kind] = self

    def attempt(self, subject: str, address: str, now: datetime, *, device: str = "") -> int:
        """Counts a try on the subject; not 0 when it may not go ahead. A known device has its own budget."""
        if is_exempt(address):
            return 0
        if device:
            until = _count(self._device_key(subject, device), DEVICE, now)
            if until < LOCKED:
                return _seconds(until, now)
        until = max(_blocked_until(self._shared_keys(address)), default=0.0)
        if until <= now.timestamp():
            until = _count(self._subject_key(subject), self.subject_limit, now)
        return _seconds(until, now)

    def of_block(self, address: str, now: datetime) -> int:
        """Counts one of what anybody may do who proves nothing, on the block that the address is in."""
        if is_exempt(address):
            return 0
        return _seconds(_count(self._shared_keys(address)[0], self.subject_limit, now), now)

    def missed(self, address: str, now: datetime, *, device: str = "") -> None:
        """The attempt proved wrong: counts it where strangers share a budget."""
        if device or is_exempt(address):
            return
        for key, limit in zip(self._shared_keys(address), (ADDRESS, EVERYBODY), strict=True):
            _count(key, limit, now)

    def succeeded(self, subject: str, *, device: str = "") -> None:
        """Ends the subject's row of failures; what strangers did to it only when no device vouches."""
        key = self._device_key(subject, device) if device else self._subject_key(subject)
        execute(database(), "DELETE FROM accounts_throttlebucket WHERE key = %s", [key])

    def failed(self, subject: str, address: str, now: datetime) -> None:
        """Counts a failure at all counters."""
        if not self.attempt(subject, address, now):
            self.missed(address, now)

    def check(self, subject: str, address: str, now: datetime, *, device: str = "") -> int:
        """Counts nothing."""
        if is_exempt(address):
            return 0
        keys = [self._subject_key(subject), *self._shared_keys(address)]
        if device:
            keys = [self._device_key(subject, device)]
        return _seconds(max(_blocked_until(keys), default=0.0), now)

    def locked(self, subject: str) -> bool:
        """Whether only an unlock helps."""
        return max(_blocked_until([self._subject_key(subject)]), default=0.0) >= LOCKED

    def unlock(self, subject: str) -> None:
        ThrottleBucket.objects.filter(key=self._subject_key(subject)).delete()

    def _subject_key(self, subject: str) -> str:
        return self._key("subject", subject)

    def _device_key(self, subject: str, device: str) -> str:
        return self._key("device", f"{subject} {device}")

    def _shared_keys(self, address: str) -> Sequence[str]:
        return (self._key("address", address_block(address)), self._key("everybody", ""))

    def _key(self, scope: str, name: str) -> str:
        """Hashed, for people type all sorts of things where a user name is asked."""
        return hashlib.sha256(f"{self.kind}\n{scope}\n{name}".encode()).hexdigest()


def of_person(subject: str, now: datetime) -> list[Standing]:
    """Each kind of try that strangers, or the person elsewhere, have got wrong for this person; for admins."""
    return _standings({kind: each._subject_key(subject) for kind, each in KINDS.items()}, now)


def of_address(address: str, now: datetime) -> list[Standing]:
    """The same for the block that an address is in."""
    return _standings({kind: each._shared_keys(address)[0] for kind, each in KINDS.items()}, now)


def lift_person(subject: str) -> int:
    """How many counters there were."""
    return _forget(each._subject_key(subject) for each in KINDS.values())


def lift_address(address: str) -> int:
    return _forget(each._shared_keys(address)[0] for each in KINDS.values())


def _standings(keys: dict[str, str], now: datetime) -> list[Standing]:
    found = {bucket.key: bucket for bucket in ThrottleBucket.objects.filter(key__in=keys.values())}
    return [
        Standing(
            kind=kind,
            tries=round(bucket.level),
            wait=0 if bucket.blocked_until >= LOCKED else _seconds(bucket.blocked_until, now),
            locked=bucket.blocked_until >= LOCKED,
        )
        for kind, key in sorted(keys.items())
        if (bucket := found.get(key))
    ]


def _forget(keys: Iterable[str]) -> int:
    return ThrottleBucket.objects.filter(key__in=list(keys)).delete()[0]


def address_block(address: str) -> str:
    """The /24 or /64 that an address is part of: whoever has one address there has its neighbours too."""
    return network(address, ipv6=64) or address


def is_exempt(address: str) -> bool:
    if not settings.THROTTLE_EXEMPT:
        return False
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in settings.THROTTLE_EXEMPT)


def _seconds(until: float, now: datetime) -> int:
    if until >= LOCKED:
        return int(ACCOUNT.longest)  # who is locked out is told no more than who has to wait
    return max(0, math.ceil(until - now.timestamp()))


def _blocked_until(keys: Sequence[str]) -> list[float]:
    """In plain SQL, for every try of everybody asks: through the ORM this was more than half of its time."""
    marks = ", ".join(["%s"] * len(keys))
    sql = f"SELECT blocked_until FROM accounts_throttlebucket WHERE key IN ({marks})"  # noqa: S608
    return [row[0] for row in fetch_all(database(), sql, keys)]


def _count(key: str, limit: Limit, now: datetime) -> float:
    """Adds one unless the bucket is being waited for; until when this try has to wait, 0 for not at all."""
    if fetch_one(database(), _upsert(limit), [key, now.timestamp()]):
        return 0.0
    return max(_blocked_until([key]), default=0.0)


@cache
def _upsert(limit: Limit) -> str:
    """The statement for one limit. Its numbers are constants of this module, its values are parameters."""
    elapsed = "(excluded.counted_at - b.counted_at)"
    left = (
        f"CASE WHEN {elapsed} <= 0 THEN b.level "  # the clocks of two nodes differ
        f"WHEN b.level > {elapsed} * {limit.leak!r} THEN b.level - {elapsed} * {limit.leak!r} ELSE 0 END"
    )
    level = f"({left} + 1)"
    wait = f"({level} - {limit.free - 1}) * {limit.step!r}"
    wait = f"CASE WHEN {wait} < {limit.longest!r} THEN {wait} ELSE {limit.longest!r} END"
    lock = f"WHEN {level} >= {limit.last!r} THEN {LOCKED!r} " if limit.last < math.inf else ""
    # What leaked since the last try makes the level a little less than a whole number.
    until = f"CASE {lock}WHEN {level} > {limit.free - 1} THEN excluded.counted_at + {wait} ELSE 0 END"
    return (
        "INSERT INTO accounts_throttlebucket AS b (key, level, counted_at, blocked_until) "  # noqa: S608
        f"VALUES (%s, 1, %s, 0) ON CONFLICT (key) DO UPDATE SET level = {level}, "
        f"counted_at = excluded.counted_at, blocked_until = {until} "
        "WHERE b.blocked_until <= excluded.counted_at RETURNING key"
    )
