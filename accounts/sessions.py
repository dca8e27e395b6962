"""Single sign-on sessions: starting, finding, touching and ending them (S-110, S-111).

The browser holds a random value, the database its hash. The middleware puts the cookie on the response; here
is only said what it should be.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse

from accounts import beside, cookies, endings
from accounts.beside import Held
from accounts.models import Session, User
from accounts.origin import origin
from accounts.prepared import (
    Parameter,
    Prepared,
    Statement,
    database,
    execute_together,
    insertion,
    moment,
)
from accounts.secrets import digest, new_token

if TYPE_CHECKING:  # the middleware is built on this module
    from accounts.middleware import Request

SEEN_EVERY = timedelta(minutes=1)
_FORGET = ""  # as the cookie to set: delete it


def start(
    request: Request,
    user: User,
    *,
    amr: Iterable[str],
    now: datetime,
    lifetime: timedelta | None = None,
    stepping_up: bool = False,
    auth_time: datetime | None = None,
) -> Session:
    """Signs `user` in, in this browser.

    The same person proving themselves again keeps the session's `sid` under a new cookie value; others who are
    signed in in this browser stay so beside them. `stepping_up` adds to what the session has proved; `auth_time`
    is when the person proved it, where that was before now.
    """
    current, there = request.sso, beside.held(request)
    theirs = next((each.session for each in there if _is_theirs(each.session, user, now)), None)
    # In a browser that holds nobody, one journey does all of it.
    with transaction.atomic() if there else nullcontext():
        if theirs is None:
            session = create(
                request, user, amr=amr, now=now, lifetime=lifetime, auth_time=auth_time, as_proven=True
            )
        else:
            _sign_in(user, now)
            if stepping_up and theirs is current:
                session = _step_up(request, theirs, amr=amr, now=now)
            else:
                session = _renew(request, theirs, amr=amr, now=now, lifetime=lifetime, auth_time=auth_time)
        if session is not current:
            _set_aside(request, there, session, now)
    request.sso, request.user = session, user
    return session


def _is_theirs(session: Session, user: User, now: datetime) -> bool:
    return session.user_id == user.pk and not session.impersonated_by and live(session, now)


def _set_aside(request: Request, there: list[Held], coming: Session, now: datetime) -> None:
    """The others stay, as many as may; the lapsed go first, then who was away for longest."""
    others = [each for each in there if each.session.user_id != coming.user_id and stays(each.session)]
    others.sort(key=lambda each: not live(each.session, now))
    room = settings.SESSIONS_PER_BROWSER - 1
    beside.keep(request, [each.token for each in others[:room]])
    staying = {each.session.pk for each in (*others[:room], Held("", coming))}
    for each in there:
        if each.session.pk not in staying and live(each.session, now):
            end(each.session, reason="another person signed in", now=now)


_AS_PROVEN = "id = %s AND password = %s AND is_active AND NOT must_change_password"
_SIGNED_IN = f"UPDATE accounts_user SET last_login = %s WHERE {_AS_PROVEN}"  # noqa: S608  constants
_STILL_AS_PROVEN = f"EXISTS (SELECT 1 FROM accounts_user WHERE {_AS_PROVEN})"  # noqa: S608  constants


def _sign_in(user: User, now: datetime, adding: Session | None = None) -> None:
    """Holds the person's row, so that a change of password or a disabling is before this login, or ends it."""
    proven = [User._meta.pk.get_db_prep_value(user.pk, database()), user.password]
    statements: list[Statement] = [(_SIGNED_IN, [moment(now), *proven])]
    if adding is not None:
        statements.append(insertion(adding, where=(_STILL_AS_PROVEN, proven)))
    if not execute_together(statements):
        raise PermissionDenied("This account was changed while you were signing in. Try again.")


def create(
    request: Request,
    user: User,
    *,
    amr: Iterable[str],
    now: datetime,
    lifetime: timedelta | None = None,
    impersonated_by: str = "",
    auth_time: datetime | None = None,
    as_proven: bool = False,
) -> Session:
    """A new one for this browser, whatever else it has; `start` is for people who sign in.

    `as_proven`: raises PermissionDenied where the account changed since the person proved that it is theirs.
    """
    where, token = origin(request), new_token()
    session = Session(
        token_hash=digest(token),
        user=user,
        created_at=now,
        auth_time=auth_time or now,
        amr=list(amr),
        address=where.address[:45],
        user_agent=where.user_agent,
        last_seen_at=now,
        expires_at=now + (lifetime or settings.SESSION_LIFETIME),
        impersonated_by=impersonated_by,
    )
    if as_proven:
        _sign_in(user, now, adding=session)
    else:
        execute_together([insertion(session)])
    request.sso_cookie = token
    return session


def resume(request: Request, chosen: Held, there: list[Held], now: datetime) -> None:
    """Makes a live session that this browser holds the current one; the one that was stays beside it."""
    others = [each for each in there if each.session.pk != chosen.session.pk and stays(each.session)]
    beside.keep(request, [each.token for each in others])
    request.sso, request.user = chosen.session, chosen.session.user
    request.sso_cookie = chosen.token


def _renew(
    request: Request,
    session: Session,
    *,
    amr: Iterable[str],
    now: datetime,
    lifetime: timedelta | None,
    auth_time: datetime | None,
) -> Session:
    """Without a new lifetime it has the one that it began with: a policy may have made it short."""
    lifetime = lifetime or min(session.expires_at - session.auth_time, settings.SESSION_LIFETIME)
    session.auth_time, session.amr = auth_time or now, list(amr)
    session.last_seen_at, session.expires_at = now, now + lifetime
    change_cookie(request, session, "auth_time", "amr", "last_seen_at", "expires_at")
    return session


def _step_up(request: Request, session: Session, *, amr: Iterable[str], now: datetime) -> Session:
    """More is proved, under a new cookie (S-110); `auth_time` stays, for the first proof is as old as it was."""
    session.amr = list(dict.fromkeys([*session.amr, *amr]))
    session.last_seen_at = session.stepped_up_at = now
    change_cookie(request, session, "amr", "last_seen_at", "stepped_up_at")
    return session


def change_cookie(request: Request, session: Session, *fields: str) -> None:
    """A new value for the same session (S-110), saved with what else changed of it.

    Nothing else changes for who changes their password: that shows no second factor, so nothing that needs a fresh
    one may follow from it (S-108).
    """
    token = new_token()
    session.token_hash = digest(token)
    session.save(update_fields=["token_hash", *fields])
    request.sso_cookie = token


def asked_in_vain(session: Session, *, now: datetime) -> None:
    """More proof was asked for, and the person had none to give."""
    Session.objects.filter(pk=session.pk).update(stepped_up_at=now)
    session.stepped_up_at = now


_by_token: Prepared[Session] = Prepared(
    lambda: Session.objects.select_related("user").filter(token_hash=Parameter("token_hash"))
)


def find(token: str, now: datetime) -> Session | None:
    """The live session behind a cookie's value, its person with it: one statement."""
    if not 40 <= len(token) <= 64:
        return None
    session = _by_token(token_hash=digest(token))
    return session if session is not None and live(session, now) else None


def live(session: Session, now: datetime) -> bool:
    """Neither ended nor past a limit, and its person may still come in."""
    return (
        session.ended_at is None
        and now < session.expires_at
        and now < session.last_seen_at + settings.SESSION_IDLE
        and session.user.is_active
    )


def stays(session: Session) -> bool:
    """Whether a browser goes on holding it beside another one: also past a limit, for the name of its person."""
    return not session.impersonated_by and session.ended_at is None and session.user.is_active


def lives(now: datetime) -> QuerySet[Session]:
    """The sessions of which `live` would be true."""
    return Session.objects.filter(
        ended_at=None, expires_at__gt=now, last_seen_at__gt=now - settings.SESSION_IDLE, user__is_active=True
    )


def before(session: Session) -> Session | None:
    """The person's sign-in before this one, whether or not it still lives."""
    own = Session.objects.filter(user=session.user, impersonated_by="", created_at__lt=session.created_at)
    return own.order_by("-created_at").first()


def touch(session: Session, now: datetime) -> None:
    """Remembers that it is in use, at most once a minute."""
    if now - session.last_seen_at >= SEEN_EVERY:
        session.last_seen_at = now
        Session.objects.filter(pk=session.pk).update(last_seen_at=now)


def end(session: Session, *, reason: str, now: datetime) -> int:
    """Ends it at once, on all nodes: every request looks here. How many apps are told of it."""
    with transaction.atomic():
        ended = Session.objects.filter(pk=session.pk, ended_at=None).update(ended_at=now, end_reason=reason)
        told = endings.announce(Session.objects.filter(pk=session.pk), now) if ended else 0
    session.ended_at, session.end_reason = session.ended_at or now, session.end_reason or reason
    return told


def end_all(user: User, *, reason: str, now: datetime, keep: Session | None = None) -> int:
    """Ends every session of a person but `keep`; how many there were."""
    sessions = Session.objects.filter(user=user, ended_at=None)
    if keep is not None:
        sessions = sessions.exclude(pk=keep.pk)
    with transaction.atomic():
        ended = sessions.update(ended_at=now, end_reason=reason)
        if ended:  # the very moment is what tells these from those that ended before
            endings.announce(Session.objects.filter(user=user, ended_at=now), now)
    return ended


def forget(request: Request) -> None:
    """Makes the browser drop the cookie of a session that has been ended."""
    request.sso, request.user = None, AnonymousUser()
    request.sso_cookie = _FORGET


def write_cookie(request: Request, response: HttpResponse) -> None:
    """What `start` or `forget` decided, on the response."""
    token = request.sso_cookie
    if token is not None:
        cookies.put(
            response, settings.SESSION_COOKIE_NAME, token, int(settings.SESSION_LIFETIME.total_seconds())
        )
