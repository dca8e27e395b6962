"""The outbox of logout notices: written with what ends a session, emptied one claimed row at a time (S-113).

A row is due until its app has answered, or until it is given up. Whoever claims one has it for LEASE; should that
process die, the row is due again, so an app hears of a session's end at least once.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from accounts.models import Session, User
from idp import claims
from idp.models import Client, Grant, LogoutNotice

LEASE = timedelta(minutes=1)  # far longer than idp.outbound lets a request take
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 2 * 3600, 6 * 3600))
GIVE_UP = timedelta(days=1)


def queue(ended: QuerySet[Session], now: datetime) -> int:
    """A notice for each app that had a grant in one of these sessions and wants to know; how many they are.

    Apps whose grant was never redeemed or is revoked are told too: their own session may live on.
    """
    grants = Grant.objects.filter(session__in=ended).exclude(
        client__backchannel_logout_uri="", client__frontchannel_logout_uri=""
    )
    pairs = list(grants.order_by().values_list("session_id", "client_id", "user_id").distinct())
    if not pairs:
        return 0
    clients = Client.objects.select_related("sector").in_bulk({client for _, client, _ in pairs})
    users = User.objects.in_bulk({user for _, _, user in pairs})
    notices = [
        notice for sid, client, user in pairs for notice in _notices(sid, users[user], clients[client], now)
    ]
    LogoutNotice.objects.bulk_create(notices, ignore_conflicts=True)
    return len(notices)


def _notices(sid: str, user: User, client: Client, now: datetime) -> Iterator[LogoutNotice]:
    known = {"sid": sid, "sub": claims.subject(user, client), "client": client, "created_at": now}
    if client.backchannel_logout_uri:
        yield LogoutNotice(channel=LogoutNotice.Channel.BACK, due_at=now, **known)
    if client.frontchannel_logout_uri:
        yield LogoutNotice(channel=LogoutNotice.Channel.FRONT, **known)


def claim(now: datetime) -> LogoutNotice | None:
    """A due notice that is this caller's alone: one UPDATE decides among all threads and nodes."""
    due = (
        LogoutNotice.objects.filter(due_at__lte=now).select_related("client__sector").order_by("due_at", "pk")
    )
    while notice := due.first():
        if take(notice, now):
            return notice
    return None


def take(notice: LogoutNotice, now: datetime) -> bool:
    """Whether this caller is the one who has it from here on."""
    as_seen = LogoutNotice.objects.filter(pk=notice.pk, due_at=notice.due_at)
    taken = as_seen.update(due_at=now + LEASE, attempts=F("attempts") + 1)
    notice.attempts += 1
    return bool(taken)


def told(notice: LogoutNotice, status: int, now: datetime) -> None:
    _settle(notice, told_at=now, due_at=None, status=status, problem="")


def failed(notice: LogoutNotice, problem: str, status: int | None, now: datetime) -> None:
    """Tried again later, each time after a longer while, until it is given up."""
    wait = None if _is_hopeless(notice, problem, now) else BACKOFF[notice.attempts - 1]
    _settle(notice, due_at=now + wait if wait else None, status=status, problem=problem)
    if problem in (LogoutNotice.Problem.UNREACHABLE, LogoutNotice.Problem.TOO_SLOW):
        _wait_together(notice.client, now, until=now + (wait or BACKOFF[0]), problem=problem)


def _is_hopeless(notice: LogoutNotice, problem: str, now: datetime) -> bool:
    tried_enough = notice.attempts > len(BACKOFF) or now > notice.created_at + GIVE_UP
    return tried_enough or problem == LogoutNotice.Problem.NO_ADDRESS


def _wait_together(client: Client, now: datetime, *, until: datetime, problem: str) -> None:
    """An app that is down is down for all its notices: it costs one try, and holds up no other app."""
    due = LogoutNotice.objects.filter(client=client, due_at__lte=now)
    due.filter(created_at__lt=now - GIVE_UP).update(due_at=None, problem=problem)
    due.update(due_at=until)


def _settle(notice: LogoutNotice, **fields: object) -> None:
    LogoutNotice.objects.filter(pk=notice.pk).update(**fields)
