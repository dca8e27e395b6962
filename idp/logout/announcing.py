"""Where sessions that end meet the apps: what this room hangs into `accounts.endings`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts import endings
from accounts.models import Session
from idp.logout import courier, ledger, outbox

_SALT = "idp.logout.farewell"
_SHOWN_SECONDS = 600
_AT_MOST = 50  # they stand in the address


def on_end(ended: QuerySet[Session], now: datetime) -> int:
    """In the transaction that ends them; the courier sets out once that is committed."""
    told = outbox.queue(ended, now)
    if told:
        transaction.on_commit(courier.wake)
    return told


@dataclass(frozen=True)
class Left:
    """The `sid`s of sessions that ended: of this browser, and of others with them."""

    here: list[str]
    elsewhere: list[str]


def farewell_path(here: Sequence[str], elsewhere: Sequence[str]) -> str:
    """The page on which somebody just signed out sees whom we told; signed, since there is no session any more."""
    sids = [list(here[:_AT_MOST]), list(elsewhere[:_AT_MOST])]
    return reverse("signed-out-told", args=[signing.dumps(sids, salt=_SALT, compress=True)])


def read_farewell(token: str) -> Left:
    """The `sid`s behind it; none for what is not ours or too old."""
    try:
        sids = signing.loads(token, salt=_SALT, max_age=_SHOWN_SECONDS)
    except signing.BadSignature:
        return Left([], [])
    return (
        Left([sids], []) if isinstance(sids, str) else Left(*sids)
    )  # a node before this one signed a single sid


def register() -> None:
    _once(endings.listeners, on_end)
    _once(endings.ledgers, ledger.of_sessions)
    _once(endings.farewells, farewell_path)


def _once(registry: list[Any], entry: Callable[..., Any]) -> None:
    if entry not in registry:
        registry.append(entry)
