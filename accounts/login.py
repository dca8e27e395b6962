"""Proving who one is, and what follows from it: a session. Every refusal looks and lasts alike (S-101)."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts import audit, devices, emails, links, sessions
from accounts.middleware import Request
from accounts.models import Session, User
from accounts.names import canonical
from accounts.origin import origin
from accounts.passwords import is_too_long
from accounts.paths import safe_next
from accounts.throttling import Throttle

PASSWORD = ("pwd",)  # RFC 8176
THROTTLE = Throttle("password")
_NO_PASSWORD = "!"  # noqa: S105  Django's mark of an account without one; checking against it costs one hash


class Refused(Exception):
    """Not proven; after `wait` seconds one may try again."""

    def __init__(self, wait: int = 0) -> None:
        super().__init__("refused")
        self.wait = wait


def url(
    next_path: str = "", *, reauthenticate: bool = False, switch: bool = False, create: bool = False
) -> str:
    """The login page, which leads on to `next_path`.

    `reauthenticate` asks the person who is signed in to confirm that it is them, `switch` lets somebody else in.
    `create` leads to the page where one makes an account, if people may.
    """
    if create and settings.SELF_REGISTRATION:
        return reverse("accounts:register") + (f"?{urlencode({'next': next_path})}" if next_path else "")
    query = {"next": next_path} if next_path else {}
    query |= {"again": "1"} if reauthenticate else {}
    query |= {"switch": "1"} if switch else {}
    return reverse("accounts:login") + (f"?{urlencode(query)}" if query else "")


def login_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view for people who are signed in; others come back to it after the login page."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.sso is not None:
            return view(request, *args, **kwargs)
        here = request.get_full_path() if request.method in ("GET", "HEAD") else request.path
        return HttpResponseRedirect(url(safe_next(here, "")))

    return guarded


def prove(request: Request, identifier: str, password: str, *, now: datetime) -> User:
    """The active person with this user name or e-mail address and password."""
    user = User.objects.find(identifier)
    subject = user.sub if user else f"unknown {canonical(identifier)}"
    _judge(request, user, subject, password, now=now)
    assert user is not None  # noqa: S101  _judge lets nobody else through
    return user


def confirm(request: Request, user: User, password: str, *, now: datetime) -> None:
    """That this person knows their password, under the same limits."""
    _judge(request, user, user.sub, password, now=now)


def _judge(request: Request, user: User | None, subject: str, password: str, *, now: datetime) -> None:
    address = origin(request).address
    device = devices.known(request, user) if user else ""
    if wait := THROTTLE.attempt(subject, address, now, device=device):
        audit.record("login.throttled", request=request, actor="anonymous", subject=user, outcome="refused")
        raise Refused(wait)
    # The hash is computed first, whoever it is: it is what takes the time.
    is_right = matches(user, password)
    if user is not None and is_right and user.is_active:
        THROTTLE.succeeded(subject, device=device)
        return
    THROTTLE.missed(address, now, device=device)
    _record_refusal(request, user, is_right=is_right)
    if THROTTLE.locked(subject):
        _lock(request, user, now=now)
    raise Refused


def matches(user: User | None, password: str) -> bool:
    """One hash computed in any case but for a password that is over the cap. An old hash is made anew."""
    if is_too_long(password):
        return False
    if user is None:
        return check_password(password, _NO_PASSWORD)
    try:
        return user.check_password(password)
    except ValueError:  # bcrypt knows no more than 72 bytes
        return False


def _record_refusal(request: Request, user: User | None, *, is_right: bool) -> None:
    """Without what was typed: people type their password where the user name goes."""
    reason = "unknown person" if user is None else "not active" if is_right else "wrong password"
    audit.record(
        "login.failed", request=request, actor="anonymous", subject=user, outcome="refused", reason=reason
    )


def _lock(request: Request, user: User | None, *, now: datetime) -> None:
    audit.record("login.locked", request=request, actor="anonymous", subject=user, outcome="refused")
    if user is not None and user.is_active and user.email:
        links.kill(user, links.Purpose.UNLOCK)
        token = links.issue(links.Purpose.UNLOCK, user, now=now)
        emails.link(links.Purpose.UNLOCK, user, links.url(links.Purpose.UNLOCK, token))


def sign_in(request: Request, user: User, *, amr: Iterable[str], now: datetime) -> Session:
    """Starts the session, or renews it when it is the same person's."""
    amr = tuple(amr)
    before = request.sso
    session = sessions.start(request, user, amr=amr, now=now)
    devices.remember(request, user)
    is_again = before is not None and before.pk == session.pk
    event = "login.reauthenticated" if is_again else "login.succeeded"
    audit.record(event, request=request, actor=user, subject=user, sid=session.sid, amr=list(amr))
    return session
