"""The keys as they were read once, parsed; and from that the ring of any moment, without a database."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from joserfc.jwk import JWKRegistry, Key

from keys import schedule, sealing
from keys.algorithms import PrivateKey
from keys.models import SigningKey
from keys.schedule import IN_JWKS, State

log = logging.getLogger(__name__)


class NoSigningKey(Exception):
    """No key of that algorithm can sign here: it is not in use, or its private half cannot be opened."""


@dataclass(frozen=True)
class RingKey:
    """One key as this process uses it."""

    kid: str
    algorithm: str
    state: State
    jwk: Mapping[str, Any]
    public: Key
    private: PrivateKey | None = field(repr=False)


class RingKeys:
    """Public keys by kid, for `verification.verify`; `again` fetches younger ones when a kid is unknown."""

    def __init__(self, keys: Mapping[str, Key], again: "Callable[[], RingKeys] | None" = None) -> None:
        self._keys = keys
        self._again = again

    @property
    def kids(self) -> frozenset[str]:
        return frozenset(self._keys)

    def find(self, kid: str) -> Key | None:
        if kid not in self._keys and self._again is not None:
            return self._again()._keys.get(kid)
        return self._keys.get(kid)


@dataclass(frozen=True)
class Ring:
    """The keys at one time. Immutable; whoever holds one may go on using it."""

    version: str
    since: datetime
    until: datetime
    jwks_until: datetime | None
    algorithms: frozenset[str]
    rows: tuple[SigningKey, ...] = field(repr=False)
    published: tuple[RingKey, ...]
    verification_keys: RingKeys = field(repr=False)
    hint_keys: RingKeys = field(repr=False)

    def covers(self, now: datetime) -> bool:
        return self.since <= now < self.until

    def signing(self, algorithm: str) -> RingKey:
        """The key that signs now. When none does yet, because another node's clock is ahead, the next one does."""
        for state in (State.SIGNING, State.PUBLISHED):
            for key in self.published:
                if key.algorithm == algorithm and key.state is state and key.private is not None:
                    return key
        raise NoSigningKey(algorithm)


@dataclass(frozen=True)
class _Material:
    """What is kept of a key so that it is parsed once; `sealed` tells whether the row still says the same."""

    sealed: str
    public: Key
    private: PrivateKey | None = field(repr=False)


@dataclass(frozen=True)
class Snapshot:
    """All rows of one reading, and their parsed keys."""

    rows: tuple[SigningKey, ...] = ()
    material: Mapping[str, _Material] = field(default_factory=dict, repr=False)

    def renewed(self, rows: tuple[SigningKey, ...]) -> "Snapshot":
        """Parses only what is new. A private half that was wiped is gone from memory too."""
        return Snapshot(rows, {row.kid: self._material_of(row) for row in rows})

    def _material_of(self, row: SigningKey) -> _Material:
        known = self.material.get(row.kid)
        if known and known.sealed == row.sealed:
            return known
        public = known.public if known else JWKRegistry.import_key(row.public_jwk)
        return _Material(row.sealed, public, _opened(row))

    def ring(
        self, now: datetime, *, since: datetime, until: datetime, again: Callable[[], RingKeys] | None = None
    ) -> Ring:
        """The ring at `now`, good within `since` and `until` or a shorter time if a key changes its state in it."""
        changes = schedule.changes(self.rows)
        published = tuple(self._in_jwks(now))
        verification = {key.kid: key.public for key in published}
        jwks_changes = (event.at for event in schedule.forecast(self.rows, now) if event.alters_jwks)
        hints = {row.kid: self.material[row.kid].public for row in self.rows if row.revoked_at is None}
        return Ring(
            version=_version(published),
            since=max([since, *(at for at in changes if at <= now)]),
            until=min([until, *(at for at in changes if at > now)]),
            jwks_until=next(jwks_changes, None),
            algorithms=frozenset(row.algorithm for row in self.rows if row.revoked_at is None),
            rows=self.rows,
            published=published,
            verification_keys=RingKeys(verification, again),
            hint_keys=RingKeys(hints),
        )

    def _in_jwks(self, now: datetime) -> Iterator[RingKey]:
        """What works first, and RS256 before the others: some apps take the first key that they see."""
        states = [(row, row.state(now)) for row in self.rows]
        live = [(row, state) for row, state in states if state in IN_JWKS]
        for row, state in sorted(live, key=lambda one: (IN_JWKS.index(one[1]), one[0].algorithm != "RS256")):
            material = self.material[row.kid]
            yield RingKey(row.kid, row.algorithm, state, row.public_jwk, material.public, material.private)


def _version(published: tuple[RingKey, ...]) -> str:
    """The same on every node that sees the same keys in the same states."""
    text = " ".join(f"{key.kid}:{key.state}" for key in published)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _opened(row: SigningKey) -> PrivateKey | None:
    if not row.sealed:
        return None
    try:
        return row.unseal()
    except (sealing.CannotOpen, ValueError, TypeError):
        log.critical(
            "signing key %s cannot be opened: does IDP_ENCRYPTION_KEYS lack an older entry?", row.kid
        )
        return None
