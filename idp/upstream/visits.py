"""Visits to another provider: begun for one browser, answered once, and kept while a person decides (RFC 9700)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import User
from idp.models import Upstream, UpstreamVisit
from idp.protocol import secrets

LIFETIME = timedelta(minutes=10)
BINDING_LENGTH = range(40, 65)
_STATE, _BROWSER, _NONCE, _VERIFIER = (
    f"upstream {name}" for name in ("state", "browser", "nonce", "verifier")
)
Purpose = UpstreamVisit.Purpose


def begin(
    upstream: Upstream,
    browser: str,
    next_path: str,
    *,
    purpose: Purpose,
    user: User | None = None,
    needs: Iterable[str] = (),
    max_age: int | None = None,
    now: datetime,
) -> str:
    """Its `state`, from which nonce and verifier follow."""
    state = secrets.mint()
    UpstreamVisit.objects.create(
        upstream=upstream,
        state_hash=secrets.digest(state, _STATE),
        browser_hash=secrets.digest(browser, _BROWSER),
        purpose=purpose,
        user=user,
        next_path=next_path,
        needs=sorted(needs),
        max_age=max_age,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    return state


def nonce(state: str) -> str:
    return secrets.digest(state, _NONCE)


def verifier(state: str) -> str:
    """RFC 7636 section 4.1: 64 of the unreserved characters."""
    return secrets.digest(state, _VERIFIER)


def answered(upstream: Upstream, browser: str, state: str, *, now: datetime) -> UpstreamVisit | None:
    """The visit that this answers: for the first answer, in the browser that began it. No other uses it up."""
    mine = UpstreamVisit.objects.filter(
        upstream=upstream,
        state_hash=secrets.digest(state, _STATE),
        browser_hash=secrets.digest(browser, _BROWSER),
        expires_at__gt=now,
    )
    if not mine.filter(answered_at=None).update(answered_at=now):
        return None
    return mine.select_related("user").first()


def keep(visit: UpstreamVisit, proven: dict[str, Any], *, now: datetime) -> None:
    """What was proven, for the page that asks what to do with it; it has its own ten minutes."""
    visit.proven, visit.expires_at = proven, now + LIFETIME
    visit.save(update_fields=["proven", "expires_at"])


def undecided(pk: UUID, browser: str, *, now: datetime) -> UpstreamVisit | None:
    """A visit whose answer waits for the person's word."""
    return (
        UpstreamVisit.objects.select_related("upstream", "user")
        .filter(
            pk=pk, browser_hash=secrets.digest(browser, _BROWSER), expires_at__gt=now, upstream__enabled=True
        )
        .exclude(proven={})
        .first()
    )


def decide(visit: UpstreamVisit) -> bool:
    """Uses it up; false for all but the first."""
    return bool(UpstreamVisit.objects.filter(pk=visit.pk).delete()[0])
