"""What upper rooms hang in here: the apps that a session led to, what each was given, and how to take that back.

The page of sessions shows them below each session; this room knows of no app.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from accounts.models import Session, User

if TYPE_CHECKING:  # lower modules than the middleware take access back
    from accounts.middleware import Request


@dataclass(frozen=True)
class Reached:
    """One app below a session."""

    id: str  # what a form names it by
    name: str
    host: str
    words: Sequence[str]  # what it may do, each finishing "It may …"
    since: datetime
    used: datetime
    until: datetime | None  # the end of its refresh token; None where it has none
    outlives: bool  # the session
    is_alive: bool


class Revoke(Protocol):
    """Takes back what all apps were given, of a person or in one session; how many grants that ended."""

    def __call__(
        self, user: User, *, session: Session | None, with_consents: bool, reason: str, now: datetime
    ) -> int: ...


Branches = Callable[[Collection[str], datetime], Mapping[str, list[Reached]]]
Cut = Callable[["Request", Session, str, datetime], str]
Names = Callable[[Collection[str]], Mapping[str, str]]

# Each knows what some sessions led to, by `sid`.
branches: list[Branches] = []

# Each takes back what one app was given in one session; the app's name, or "" where it knows of none.
cuts: list[Cut] = []

revokers: list[Revoke] = []

# Each knows what apps are called, by the id that the audit log has of them.
namers: list[Names] = []


def below(sids: Collection[str], *, now: datetime) -> dict[str, list[Reached]]:
    found: dict[str, list[Reached]] = {sid: [] for sid in sids}
    for branch in branches if sids else ():
        for sid, apps in branch(sids, now).items():
            found[sid] += apps
    return found


def names(ids: Collection[str]) -> dict[str, str]:
    return {id: name for each in namers if ids for id, name in each(ids).items()}


def cut(request: Request, session: Session, app: str, *, now: datetime) -> str:
    return next((name for each in cuts if (name := each(request, session, app, now))), "")


def revoke(
    user: User,
    *,
    session: Session | None = None,
    with_consents: bool = False,
    reason: str,
    now: datetime,
) -> int:
    """What puts a thief out takes offline access too, which the end of a session leaves (OIDC Core section 11)."""
    return sum(
        each(user, session=session, with_consents=with_consents, reason=reason, now=now) for each in revokers
    )
