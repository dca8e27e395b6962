"""Proving who one is, and what follows from it: a session. Every refusal looks and lasts alike (S-101)."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts import audit, devices, emails, links, sequence, sessions, unfamiliar
from accounts.directory import people as directory
from accounts.factors import passkeys
from accounts.factors.passkeys import PasskeyRefused
from accounts.middleware import Request
from accounts.models import Passkey, Session, User
from accounts.names import canonical
from accounts.origin import origin
from accounts.passwords import is_too_long
from accounts.paths import safe_next
from accounts.throttling import Limit, Throttle

PASSWORD = ("pwd",)  # RFC 8176
THROTTLE = Throttle("password")
# Of people of the directory who were never here: nobody could be mailed an unlock, so it never locks.
ENTRY_THROTTLE = Throttle("directory entry", Limit(free=10, step=5, longest=3600))
FACTOR_THROTTLE = Throttle("second factor")
PASSKEY_THROTTLE = Throttle("passkey")
FRESH = timedelta(minutes=10)
_NO_PASSWORD = "!"  # noqa: S105  Django's mark of an account without one; checking against it costs one hash


class Refused(Exception):
    """Not proven; after `wait` seconds one may try again.

    `unknown` is a passkey that nobody has, `directory_down` says that some could not be judged.
    """

    def __init__(self, wait: int = 0, *, unknown: str = "", directory_down: bool = False) -> None:
        super().__init__("refused")
        self.wait, self.unknown, self.directory_down = wait, unknown, directory_down


def may_register() -> bool:
    """Whether people make accounts for themselves: then there is the page of `url(create=True)`."""
    return bool(settings.SELF_REGISTRATION)


def url(
    next_path: str = "",
    *,
    reauthenticate: bool = False,
    switch: bool = False,
    create: bool = False,
    needs: Iterable[str] = (),
) -> str:
    """The login page, which leads on to `next_path`.

    `reauthenticate` asks the person who is signed in to confirm that it is them, `switch` lets somebody else in, and
    `create` is for who has no account yet. `needs` names methods (`amr`) that the sign-in has to have; without
    `reauthenticate` only what the session lacks of them is asked for.
    """
    if create and may_register():
        return reverse("accounts:register") + (f"?{urlencode({'next': next_path})}" if next_path else "")
    query = {"next": next_path} if next_path else {}
    query |= {"again": "1"} if reauthenticate else {}
    query |= {"needs": " ".join(sorted(needs))} if needs else {}
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
    return _judge(request, user, subject, password, now=now, name=identifier)


def confirm(request: Request, user: User, password: str, *, now: datetime) -> None:
    """That this person knows their password, under the same limits."""
    _judge(request, user, user.sub, password, now=now)


def prove_passkey(
    request: Request,
    credential: str,
    *,
    now: datetime,
    only: User | None = None,
    purpose: str = passkeys.LOGIN,
) -> Passkey:
    """The passkey that answered this site's challenge, of an active person, or of the one that it has to be."""
    address = origin(request).address
    if wait := PASSKEY_THROTTLE.check("", address, now):
        raise Refused(wait)
    try:
        passkey = passkeys.check(credential, purpose=purpose, user=only, now=now)
        if not passkey.user.is_active:
            raise PasskeyRefused("not active")
    except PasskeyRefused as refusal:
        PASSKEY_THROTTLE.missed(address, now)
        audit.record(
            "login.failed", request=request, actor="anonymous", subject=only, outcome="refused",
            factor="passkey", reason=str(refusal),
        )  # fmt: skip
        raise Refused(unknown=getattr(refusal, "credential_id", "")) from refusal
    return passkey


def is_fresh(session: Session, *, now: datetime) -> bool:
    """Recent enough for changes that whoever finds a browser open must not make (S-108).

    Never by a yes on another device alone: somebody who got it by a trick would make it last.
    """
    if sequence.is_vouched(session.amr):
        return False
    return now - session.auth_time < FRESH


def unlock(user: User) -> None:
    """Lifts what wrong passwords and wrong codes have locked."""
    for kind in (THROTTLE, FACTOR_THROTTLE):
        kind.unlock(user.sub)


def _judge(
    request: Request, user: User | None, subject: str, password: str, *, now: datetime, name: str = ""
) -> User:
    tries = _Tries(request, now)
    if wait := tries.begin(THROTTLE, subject, user):
        raise Refused(wait)
    # The hash is computed first, whoever it is: it is what takes the time.
    is_right, verdict = matches(user, password), None
    if settings.LDAP_URL and not is_too_long(password):
        verdict = directory.judge(
            user, name, password, is_right_here=is_right, attempt=tries.begin_at_entry, request=request, now=now
        )  # fmt: skip
        if verdict.wait:
            raise Refused(verdict.wait)
        user, is_right = verdict.user, verdict.is_right
    if user is not None and is_right and user.is_active:
        tries.right()
        return user
    _record_refusal(request, user, is_right=is_right, reason=verdict.reason if verdict else "")
    tries.wrong()
    raise Refused(directory_down=verdict is not None and verdict.is_down)


class _Tries:
    """The counters at which one try of a password goes up: of who was typed, and of whose entry the directory has for
    that (S-102). A browser that the person is known in has its own.
    """

    def __init__(self, request: Request, now: datetime) -> None:
        self.request, self.now, self.address = request, now, origin(request).address
        self.counted: list[tuple[Throttle, str, User | None, str]] = []

    def begin(self, throttle: Throttle, subject: str, user: User | None) -> int:
        device = devices.known(self.request, user) if user else ""
        wait = throttle.attempt(subject, self.address, self.now, device=device)
        if not wait:
            self.counted.append((throttle, subject, user, device))
        return wait

    def begin_at_entry(self, owner: User | None, uid: str) -> int:
        if owner is not None:
            return self.begin(THROTTLE, owner.sub, owner)
        return self.begin(ENTRY_THROTTLE, uid, None)

    def right(self) -> None:
        for throttle, subject, _, device in self.counted:
            throttle.succeeded(subject, device=device)

    def wrong(self) -> None:
        THROTTLE.missed(self.address, self.now, device=self.counted[-1][3])
        for throttle, subject, user, device in self.counted:
            after_miss(self.request, throttle, subject, user, device=device, now=self.now)


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


def _record_refusal(request: Request, user: User | None, *, is_right: bool, reason: str = "") -> None:
    """Without what was typed: people type their password where the user name goes."""
    reason = reason or ("unknown person" if user is None else "not active" if is_right else "wrong password")
    audit.record(
        "login.failed", request=request, actor="anonymous", subject=user, outcome="refused", reason=reason
    )


def after_miss(
    request: Request, throttle: Throttle, subject: str, user: User | None, *, device: str, now: datetime
) -> None:
    """Locks the account where the try was one too many, and records where a wait begins.

    Not each try meanwhile: strangers would fill a log that nobody may empty.
    """
    if throttle.locked(subject):
        _lock(request, user, now=now)
    elif throttle.check(subject, origin(request).address, now, device=device):
        audit.record("login.throttled", request=request, actor="anonymous", subject=user, outcome="refused")


def _lock(request: Request, user: User | None, *, now: datetime) -> None:
    audit.record("login.locked", request=request, actor="anonymous", subject=user, outcome="refused")
    if user is not None and user.is_active and user.email:
        links.kill(user, links.Purpose.UNLOCK)
        token = links.issue(links.Purpose.UNLOCK, user, now=now)
        emails.link(links.Purpose.UNLOCK, user, links.url(links.Purpose.UNLOCK, token))


def sign_in(
    request: Request,
    user: User,
    *,
    amr: Iterable[str],
    now: datetime,
    lifetime: timedelta | None = None,
    stepping_up: bool = False,
    method: str = "",
    auth_time: datetime | None = None,
) -> Session:
    """Starts the session, or renews it when it is the same person's, or adds to what it has proved."""
    amr, before = tuple(amr), request.sso
    is_new_device = user.last_login is not None and not devices.known(request, user)
    session = sessions.start(
        request, user, amr=amr, now=now, lifetime=lifetime, stepping_up=stepping_up, auth_time=auth_time
    )
    devices.remember(request, user, method=method)
    is_again = before is not None and before.pk == session.pk
    event = "login.reauthenticated" if is_again else "login.succeeded"
    event = "login.stepped_up" if stepping_up else event
    audit.record(event, request=request, actor=user, subject=user, sid=session.sid, amr=list(amr))
    if not is_again:
        unfamiliar.judge(user, session, is_new_device=is_new_device, now=now)
    return session


def sign_out(request: Request, *, client_id: str = "", now: datetime) -> str:
    """Ends the session of this browser; its `sid` if somebody is told of that, else "".

    `client_id` is the app that sent the person here to sign out.
    """
    session = request.sso
    sessions.forget(request)
    if session is None:
        return ""
    told = sessions.end(session, reason="signed out", now=now)
    audit.record(
        "session.ended", request=request, actor=session.user, subject=session.user, client_id=client_id,
        sid=session.sid,
    )  # fmt: skip
    return session.sid if told else ""
