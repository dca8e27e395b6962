"""The accounts that a browser knows: signed in here side by side, or signed in here until their time was up.

An account is named by a handle, which opens nothing and tells nobody the session's `sid`. Choosing one makes its
session the current one; nobody proves anything by it, so the session stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import audit, beside, login, pictures, sessions
from accounts.beside import Held
from accounts.middleware import Request
from accounts.models import Session, User
from accounts.names import canonical


@dataclass(frozen=True)
class Account:
    """One line of the chooser."""

    held: Held
    is_current: bool
    is_live: bool

    @property
    def user(self) -> User:
        return self.held.session.user

    @property
    def session(self) -> Session:
        return self.held.session

    @property
    def handle(self) -> str:
        return salted_hmac("accounts.chooser", self.session.sid, algorithm="sha256").hexdigest()[:32]

    @property
    def picture(self) -> str:
        return pictures.path(self.user)


def accounts(request: Request, *, now: datetime) -> list[Account]:
    """Each person once: those who are signed in, then those whose time was up."""
    if request.sso is not None and request.sso.impersonated_by:
        return []  # an admin who looks at somebody's pages becomes nobody else by it
    there = [each for each in beside.held(request) if sessions.stays(each.session)]
    there.sort(key=lambda each: not sessions.live(each.session, now))
    first = {each.session.user_id: each for each in reversed(there)}
    return [
        Account(each, each.session is request.sso, sessions.live(each.session, now))
        for each in there
        if first[each.session.user_id] is each
    ]


def pick(known: Iterable[Account], handle: str) -> Account | None:
    """The one with this handle."""
    return next((each for each in known if constant_time_compare(each.handle, handle)), None)


def choose(request: Request, account: Account, *, now: datetime) -> Session:
    """Makes a live account the browser's current one."""
    if not account.is_current:
        sessions.resume(request, account.held, beside.held(request), now)
        audit.record(
            "session.chosen",
            request=request,
            actor=account.user,
            subject=account.user,
            sid=account.session.sid,
        )
    return account.session


def named(request: Request, is_named: Callable[[User], bool], *, now: datetime) -> Account | None:
    """The account signed in here beside the current one that an app names; None where that is nobody or none is."""
    if not beside.tokens(request):
        return None
    return next((each for each in accounts(request, now=now) if each.is_live and is_named(each.user)), None)


def is_called(user: User, hint: str) -> bool:
    """Whether a login_hint is this person's user name or e-mail address, in whatever form it was typed."""
    name = canonical(hint)
    return bool(name) and name in (user.username, user.email)


def remaining(request: Request, *, now: datetime) -> list[Account]:
    """Who is signed in here, after a sign-out."""
    return [each for each in accounts(request, now=now) if each.is_live]


def known(request: Request, here: Iterable[Account], handle: str) -> User | None:
    """Whom the login page may take the visitor for: whom they picked, or who was here last until time was up."""
    found = [each for each in here if not each.is_live]
    if handle:
        picked = pick(found, handle)
        return picked.user if picked else None
    last = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    return next((each.user for each in found if each.held.token == last), None)


def sign_out(request: Request, account: Account, *, client_id: str = "", now: datetime) -> str:
    """Ends one of them, and this browser forgets it; the `sid` if somebody is told of that, else ""."""
    if account.is_current:
        return login.sign_out(request, client_id=client_id, now=now)
    session, before = account.session, beside.tokens(request)
    beside.keep(request, [token for token in before if token != account.held.token])
    if not account.is_live:
        return ""
    told = sessions.end(session, reason="signed out", now=now)
    audit.record(
        "session.ended", request=request, actor=account.user, subject=account.user, client_id=client_id,
        sid=session.sid,
    )  # fmt: skip
    return session.sid if told else ""


def sign_out_everyone(request: Request, *, now: datetime) -> list[str]:
    """Ends all sessions of this browser; those of which somebody is told."""
    told = [sign_out(request, each, now=now) for each in accounts(request, now=now)]
    beside.keep(request, [])
    sessions.forget(request)
    return [sid for sid in told if sid]
