"""What upper rooms hang in here: who has to hear that sessions ended, whom they told, and what a person sees after.

`accounts.sessions` announces; it knows of no app.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import Session


@dataclass(frozen=True)
class Told:
    """One line of a session's ledger: an app, how it went in words, and a level that pages show as a colour."""

    name: str
    words: str
    level: str = ""  # success, warning or danger; "" while it is under way
    at: datetime | None = None
    again: datetime | None = None  # the next try


Listener = Callable[[QuerySet[Session], datetime], int]
Ledger = Callable[[Collection[str]], Mapping[str, list[Told]]]
Farewell = Callable[[Sequence[str], Sequence[str]], str]

# Each hears, inside the transaction that ends them, which sessions ended; it says how many it will tell.
listeners: list[Listener] = []

# Each knows what it told whom, by `sid`.
ledgers: list[Ledger] = []

# The page that people see who just signed out here, where somebody is told, by the `sid`s of this browser's sessions
# and of others that ended with them; the last registered counts.
farewells: list[Farewell] = []


def announce(ended: QuerySet[Session], now: datetime) -> int:
    """How many are told that these sessions ended at `now`."""
    return sum(listener(ended, now) for listener in listeners)


def told(sids: Collection[str]) -> dict[str, list[Told]]:
    """Who was told of the end of each of these sessions."""
    found: dict[str, list[Told]] = {sid: [] for sid in sids}
    for ledger in ledgers if sids else ():
        for sid, lines in ledger(sids).items():
            found[sid] += lines
    return found


def page_after(*here: str, elsewhere: Collection[str] = ()) -> str:
    """Where the browser goes after a sign-out: `here` of its own sessions, `elsewhere` of other browsers.

    A `sid` is "" where nobody is told of its end.
    """
    told_here, told_elsewhere = [sid for sid in here if sid], [sid for sid in elsewhere if sid]
    if not farewells or not (told_here or told_elsewhere):
        return reverse("accounts:signed-out")
    return farewells[-1](told_here, told_elsewhere)
