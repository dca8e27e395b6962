"""What upper rooms hang in here: the apps that a session led to, what each was given, and how to take that back.

The page of sessions shows them below each session; this room knows of no app.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.middleware import Request
from accounts.models import Session


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


Branches = Callable[[Collection[str], datetime], Mapping[str, list[Reached]]]
Cut = Callable[[Request, Session, str, datetime], str]

# Each knows what some sessions led to, by `sid`.
branches: list[Branches] = []

# Each takes back what one app was given in one session; the app's name, or "" where it knows of none.
cuts: list[Cut] = []


def below(sids: Collection[str], *, now: datetime) -> dict[str, list[Reached]]:
    found: dict[str, list[Reached]] = {sid: [] for sid in sids}
    for branch in branches if sids else ():
        for sid, apps in branch(sids, now).items():
            found[sid] += apps
    return found


def cut(request: Request, session: Session, app: str, *, now: datetime) -> str:
    return next((name for each in cuts if (name := each(request, session, app, now))), "")
