"""What changes keys: the schedule's own course, and an operator's rotate, revoke and rewrap (S-141, S-142).

Keys are generated outside transactions. Whoever stores (algorithm, serial) first has made the key; anyone else
who tried at the same time reads that one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from keys import events, schedule, sealing
from keys.algorithms import ALGORITHMS, PrivateKey, public_jwk
from keys.models import SigningKey
from keys.schedule import Plan, State, verifies_until

_ATTEMPTS = 5


class NoSuchKey(Exception):
    """There is no key of that id, or no such algorithm in use."""


class _Overtaken(Exception):
    """Another node has changed the keys since they were read."""


def ensure_schedule(now: datetime) -> list[SigningKey]:
    """Makes each key that is due at `now`, wipes what is over, and returns all keys. One query when all is well."""
    keys = list(SigningKey.objects.all())
    plans = [schedule.due(_line(keys, name), name, now) for name in schedule.policy().algorithms]
    due = [plan for plan in plans if plan is not None]
    spent = [key.pk for key in keys if key.sealed and key.state(now) is State.GONE]
    if not due and not spent:
        return keys
    for plan in due:
        with suppress(_Overtaken):
            _add(plan, by="schedule")
    # The clock of another node may be behind, and it may have lengthened a key's time: so the database compares.
    SigningKey.objects.filter(pk__in=spent, verifies_until__lte=now).update(sealed="")
    return list(SigningKey.objects.all())


def rotate(algorithm: str, now: datetime, *, by: str = "command") -> SigningKey:
    """Brings the next change forward: the successor, public from now on, signs as soon as every app can know it."""
    if algorithm not in schedule.policy().algorithms:
        raise NoSuchKey(f"{algorithm} is not among the algorithms in use")
    for _ in range(_ATTEMPTS):
        line = _line(ensure_schedule(now), algorithm)
        upcoming = _in_state(line, State.PUBLISHED, now)
        try:
            if upcoming:
                return _bring_forward(upcoming[0], line, now, by)
            return _add(_next(line, algorithm, now), by=by, event="key.rotated")
        except _Overtaken:
            continue
    raise RuntimeError(f"{algorithm}: the keys change too fast to rotate them; try again")


def rotated_from(algorithm: str, now: datetime) -> datetime:
    """When the next key would sign, were `rotate` called now."""
    line = _line(list(SigningKey.objects.all()), algorithm)
    upcoming = _in_state(line, State.PUBLISHED, now)
    return _earliest_start(upcoming[0], now) if upcoming else now + schedule.policy().publish_before


@dataclass(frozen=True)
class Revocation:
    """A key that was withdrawn, and the one that signs in its place, if it had been signing."""

    revoked: SigningKey
    replacement: SigningKey | None


def revoke(kid: str, now: datetime, *, reason: str = "", by: str = "command") -> Revocation:
    """The emergency: the key leaves the JWKS and its private half is wiped; a key that was signing is replaced."""
    for _ in range(_ATTEMPTS):
        key = SigningKey.objects.filter(kid=kid, revoked_at=None).first()
        if key is None:
            raise NoSuchKey(f"there is no key {kid} that could be revoked")
        line = [other for other in _line(list(SigningKey.objects.all()), key.algorithm) if other.kid != kid]
        try:
            replacement = _replace(key, line, now, by, reason[:200])
        except _Overtaken:  # perhaps by a node that has just made the successor: then that takes over
            continue
        ensure_schedule(now)
        key.refresh_from_db()
        return Revocation(key, replacement)
    raise RuntimeError(f"{kid}: the keys change too fast to revoke it; try again")


def rewrap() -> int:
    """Seals every private half, and what other rooms keep, under the current encryption key; how many changed."""
    changed = sum(rewrapped() for rewrapped in events.rewrappers)
    for key in SigningKey.objects.exclude(sealed=""):
        if sealing.sealed_version(key.sealed) != sealing.current_version():
            changed += SigningKey.objects.filter(pk=key.pk, sealed=key.sealed).update(sealed=key.resealed())
    if changed:
        events.announce("key.rewrapped", count=changed, version=sealing.current_version())
    return changed


def _line(keys: Sequence[SigningKey], algorithm: str) -> list[SigningKey]:
    return [key for key in keys if key.algorithm == algorithm]


def _in_state(line: Sequence[SigningKey], state: State, now: datetime) -> list[SigningKey]:
    return [key for key in line if key.state(now) is state]


def _next(line: Sequence[SigningKey], algorithm: str, now: datetime) -> Plan:
    signing = _in_state(line, State.SIGNING, now)
    signs_from = now + schedule.policy().publish_before
    after = signing[-1].kid if signing else None
    return schedule.plan(line, algorithm, now, signs_from=signs_from, after=after)


def _pair(algorithm: str) -> tuple[PrivateKey, dict[str, Any]]:
    """A private key and its public half, whose kid can be typed after a command: a leading "-" would be an option."""
    while True:
        private = ALGORITHMS[algorithm].generate()
        jwk = public_jwk(private, algorithm)
        if not jwk["kid"].startswith("-"):
            return private, jwk


def _generate(plan: Plan) -> SigningKey:
    private, jwk = _pair(plan.algorithm)
    key = SigningKey(
        kid=jwk["kid"],
        algorithm=plan.algorithm,
        serial=plan.serial,
        public_jwk=jwk,
        published_at=plan.published_at,
        signs_from=plan.signs_from,
        signs_until=plan.signs_until,
        verifies_until=verifies_until(plan.signs_until),
    )
    key.seal(private)
    return key


def _add(plan: Plan, *, by: str, event: str = "key.created") -> SigningKey:
    """Makes and stores the planned key, unless another node was first, whose key is then the one."""
    key = _generate(plan)
    with _arbitrated():
        key.save(force_insert=True)
        if plan.after:
            _sign_until(plan.after, plan.signs_from)
        _announce(event, key, by=by)
    return key


@contextmanager
def _arbitrated() -> Iterator[None]:
    """A transaction in which `one_key_per_algorithm_and_serial` decides who is first."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise _Overtaken from error


def _announce(event: str, key: SigningKey, **detail: str) -> None:
    events.announce(
        event, kid=key.kid, algorithm=key.algorithm, signs_from=key.signs_from.isoformat(), **detail
    )


def _sign_until(kid: str, end: datetime) -> None:
    SigningKey.objects.filter(kid=kid, revoked_at=None).update(
        signs_until=end, verifies_until=verifies_until(end)
    )


def _bring_forward(key: SigningKey, line: Sequence[SigningKey], now: datetime, by: str) -> SigningKey:
    """The published key signs as soon as it has been public for long enough."""
    start = _earliest_start(key, now)
    if start == key.signs_from:
        return key
    with _arbitrated():
        _start(key, start)
        for before in _in_state(line, State.SIGNING, now):
            _sign_until(before.kid, start)
        _announce("key.rotated", key, by=by)
    return key


def _earliest_start(key: SigningKey, now: datetime) -> datetime:
    return min(key.signs_from, max(now, key.published_at + schedule.policy().publish_before))


def _start(key: SigningKey, start: datetime) -> None:
    """Moves a published key's time to `start`, unless someone else has moved it."""
    unchanged = SigningKey.objects.filter(pk=key.pk, signs_from=key.signs_from, revoked_at=None)
    key.signs_from, key.signs_until = start, start + schedule.policy().signing_period
    key.verifies_until = verifies_until(key.signs_until)
    moved = {name: getattr(key, name) for name in ("signs_from", "signs_until", "verifies_until")}
    if not unchanged.update(**moved):
        raise _Overtaken


def _replace(
    key: SigningKey, line: Sequence[SigningKey], now: datetime, by: str, reason: str
) -> SigningKey | None:
    """Withdraws `key`; if it was signing, the published successor takes over at once, or else a new key."""
    if key.state(now) is not State.SIGNING:
        with _arbitrated():
            _withdraw(key, now, by=by, reason=reason, replacement="")
        return None
    upcoming = _in_state(line, State.PUBLISHED, now)
    plan = schedule.plan([*line, key], key.algorithm, now, signs_from=now, after=None)
    replacement = upcoming[0] if upcoming else _generate(plan)
    with _arbitrated():
        _withdraw(key, now, by=by, reason=reason, replacement=replacement.kid)
        if upcoming:
            _start(replacement, now)
        else:
            replacement.save(force_insert=True)
            _announce("key.created", replacement, by=by)
    return replacement


def _withdraw(key: SigningKey, now: datetime, *, by: str, reason: str, replacement: str) -> None:
    standing = SigningKey.objects.filter(pk=key.pk, revoked_at=None)
    if not standing.update(revoked_at=now, revoke_reason=reason, sealed=""):
        raise _Overtaken
    _announce("key.revoked", key, by=by, reason=reason, replacement=replacement)
