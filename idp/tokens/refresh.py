"""Refresh tokens: `grant id . generation . HMAC`, derived and never stored (DESIGN.md, decision 2; S-030 to S-034).

Since a successor is derived, a retry within the grace window gets the same one, and nothing secret is kept for it.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import NoReturn

from accounts import audit
from idp.conf import conf
from idp.models import Client, Grant
from idp.protocol import resources, scopes, secrets
from idp.protocol.errors import InvalidGrant
from idp.tokens import bindings, liveness, protection, statements, targets
from idp.tokens.targets import Target
from keys import base64url

PURPOSE = "refresh token"


class Use(Enum):
    """What presenting a generation means."""

    ROTATE = auto()
    REPEAT = auto()
    REUSE = auto()


@dataclass(frozen=True)
class Presented:
    """A refresh token whose MAC is ours: this generation of this grant was issued by us."""

    grant_id: str
    generation: int


def _mac(body: str, key: bytes) -> str:
    return base64url.encode(hmac.digest(key, body.encode(), "sha256"))


def token(grant: Grant, generation: int) -> str:
    """The refresh token of that generation."""
    body = f"{grant.pk}.{generation}"
    return f"{body}.{_mac(body, secrets.keys(PURPOSE)[0])}"


def read(value: str) -> Presented:
    """Raises InvalidGrant unless the MAC is ours; the database has not been asked by then."""
    body, _, mac = value.rpartition(".")
    grant_id, _, generation = body.partition(".")
    found = [hmac.compare_digest(_mac(body, key).encode(), mac.encode()) for key in secrets.keys(PURPOSE)]
    if len(value) > 128 or not any(found):
        raise InvalidGrant(
            "The refresh token is not one of ours.",
            check="refresh-token",
            fault="it was cut short or changed, or the secret key of this provider was",
        )
    return Presented(grant_id, int(generation))


def judge(
    presented: int, *, current: int, rotated_at: datetime | None, grace: timedelta, now: datetime
) -> Use:
    """The current one rotates; the one before repeats within `grace`, while its successor is unused; else reuse.

    That the successor is unused needs no flag: had it been used, `current` would be two ahead.
    """
    if presented == current:
        return Use.ROTATE
    if presented == current - 1 and rotated_at is not None and now - rotated_at <= grace:
        return Use.REPEAT
    return Use.REUSE


def find(presented: Presented, client: Client, *, now: datetime) -> Grant:
    """The grant, when a refresh token of it may still be used by `client`. Raises InvalidGrant."""
    found = liveness.load(presented.grant_id)
    if found is None or found.grant.client_id != client.pk:
        raise InvalidGrant(
            "The refresh token was issued to another client, or its grant is gone.",
            check="refresh-token-app",
            state="its sign-in is gone" if found is None else "it is another app's",
        )
    grant = found.grant
    ends = grant.refresh_ends(client)
    if ends is None:
        raise InvalidGrant(
            "The refresh token is not one of ours.", reason="grant never redeemed", check="refresh-token"
        )
    if reason := liveness.why_dead(found, client, now=now):
        raise InvalidGrant(
            "The refresh token is no longer valid: sign in again.",
            reason=reason,
            check="grant-alive",
            state=reason,
        )
    if now >= ends:
        raise InvalidGrant(
            "The refresh token has expired: sign in again.",
            check="refresh-token-age",
            seconds_late=int((now - ends).total_seconds()),
            unused_for_too_long=ends < grant.expires_at,
        )
    return grant


@dataclass(frozen=True)
class Refreshed:
    """What a refresh gives: the grant, the scope and target of this answer, and the refresh token to answer with."""

    grant: Grant
    scope: tuple[str, ...]
    target: Target
    token: str


def use(
    value: str,
    *,
    scope: str | None,
    resource: tuple[str, ...] = (),
    client: Client,
    jkt: str = "",
    now: datetime,
) -> Refreshed:
    """Checks all, then rotates. Raises InvalidGrant; or InvalidScope or InvalidTarget, which spend nothing."""
    presented = read(value)
    grant = find(presented, client, now=now)
    bindings.check(grant, jkt)
    granted = scopes.narrowed(scope, granted=grant.scopes)
    target = targets.of(resources.narrowed(resource, granted=tuple(grant.resources)), client)
    protection.check_id_token(client, granted, now=now)
    generation = _advance(grant, presented, client, now=now)
    return Refreshed(grant, granted, target, token(grant, generation))


def _advance(grant: Grant, presented: Presented, client: Client, *, now: datetime) -> int:
    """The generation to answer with; one conditional UPDATE decides among any number of callers."""
    successor = presented.generation + (1 if client.rotate_refresh_tokens else 0)
    if presented.generation == grant.generation:
        if statements.rotate(grant, presented=presented.generation, successor=successor, now=now):
            return successor
        # Somebody else was first in this very moment: judge by what the row says now.
        grant = find(presented, client, now=now)
    meaning = judge(
        presented.generation,
        current=grant.generation,
        rotated_at=grant.rotated_at,
        grace=conf().refresh_grace,
        now=now,
    )
    if meaning is not Use.REPEAT:
        _reused(grant, presented.generation, now)
    return grant.generation


def _reused(grant: Grant, presented: int, now: datetime) -> NoReturn:
    """One of two holders is a thief, and we can't tell which: the family ends (RFC 9700 section 4.14.2)."""
    if liveness.revoke(grant, reason="refresh token reused", now=now):
        audit.record(
            "grant.refresh_reused", subject=grant.user, client_id=grant.client.client_id, outcome="refused"
        )
    raise InvalidGrant(
        "The refresh token was used before, so its sign-in was ended: sign in again.",
        reason="reuse",
        check="refresh-token-once",
        state="refresh token rotated before",
        rotations_behind=grant.generation - presented,
        seconds_since_rotation=int((now - grant.rotated_at).total_seconds()) if grant.rotated_at else 0,
        grace_seconds=int(conf().refresh_grace.total_seconds()),
    )
