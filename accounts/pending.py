"""A sign-in from its first proof to the session: kept on the server, bound to one browser, short-lived (S-103).

Whoever needs no more than the first step gets a session at once, and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings

from accounts import devices, links, login, policies, sessions, terms, trust
from accounts.directory.people import may_still_come
from accounts.factors.owned import Owned, owned
from accounts.middleware import Request
from accounts.models import PendingLogin, Session, User
from accounts.policies import Policy
from accounts.secrets import digest, new_token
from accounts.sequence import Progress

COOKIE = f"{settings.SESSION_COOKIE_NAME}_login"
LIFETIME = timedelta(minutes=15)
RECOVERY = "recovery"  # the factor after which a policy's own may be lost


class Finished(Exception):
    """Another request has finished, or ended, this sign-in."""


class ShutOut(Exception):
    """The directory that the person is of does not let them in any more, or can't be asked (S-111)."""


@dataclass(frozen=True)
class Standing:
    """How far a sign-in has come, with what that was read from."""

    progress: Progress
    owned: Owned
    policy: Policy
    may_put_off: bool  # enrolment, if it comes to that


def begin(
    user: User,
    next_path: str,
    *,
    amr: Iterable[str] = (),
    used: Iterable[str] = (),
    asked: Iterable[str] = (),
    stepping_up: Session | None = None,
    auth_time: datetime | None = None,
    now: datetime,
) -> PendingLogin:
    """Not in the database before `keep`."""
    return PendingLogin(
        user=user,
        stepping_up=stepping_up,
        amr=list(amr),
        used=list(used),
        asked=sorted(asked),
        auth_time=auth_time,
        binding=links.binding(user),
        next_path=next_path,
        created_at=now,
        expires_at=now + LIFETIME,
    )


def keep(pending: PendingLogin) -> str:
    """Saves it for the pages to come; the cookie's value."""
    token = new_token()
    pending.token_hash = digest(token)
    pending.save(force_insert=True)
    return token


def is_kept(pending: PendingLogin) -> bool:
    return not pending._state.adding


def current(request: Request, *, now: datetime) -> PendingLogin | None:
    """The sign-in that is under way in this browser, while it lives."""
    token = request.COOKIES.get(COOKIE, "")
    if not 40 <= len(token) <= 64:
        return None
    found = (
        PendingLogin.objects.select_related("user", "stepping_up")
        .filter(token_hash=digest(token), expires_at__gt=now)
        .first()
    )
    if found is None or not found.user.is_active or found.binding != links.binding(found.user):
        return None
    return found


def standing(request: Request, pending: PendingLogin, *, now: datetime) -> Standing:
    user = pending.user
    has, policy = owned(user), policies.of(user)
    progress = Progress(
        held=frozenset(pending.amr) | base(request, pending),
        attainable=has.attainable,
        has_second=has.second,
        asked=frozenset(pending.asked),
        policy=policy.methods,
        trusted=has.second and trust.is_trusted(request, user, now=now),
        recovered=RECOVERY in pending.used,
        must_change_password=user.must_change_password,
        terms_due=terms.are_due(user, now=now),
    )
    may_put_off = bool(progress.missing) and now < policies.enrol_by(user, policy, now=now)
    progress = replace(progress, may_put_off=may_put_off and pending.put_off)
    return Standing(progress, has, policy, may_put_off)


def base(request: Request, pending: PendingLogin) -> frozenset[str]:
    """What the session proved that is being stepped up, as long as it is there."""
    session = request.sso
    is_there = session is not None and session.pk == pending.stepping_up_id
    return frozenset(session.amr) if is_there and session is not None else frozenset()


def prove(pending: PendingLogin, factor: str, amr: Iterable[str]) -> None:
    """One step more is done."""
    pending.amr = list(dict.fromkeys([*pending.amr, *amr]))
    pending.used = list(dict.fromkeys([*pending.used, factor]))
    if is_kept(pending):
        write(pending, "amr", "used", "trust_seconds")


def write(pending: PendingLogin, *fields: str) -> None:
    """These fields, unless the sign-in is over meanwhile."""
    values = {name: getattr(pending, name) for name in fields}
    if not PendingLogin.objects.filter(pk=pending.pk).update(**values):
        raise Finished


def rebind(pending: PendingLogin) -> None:
    """The password was changed as a step of this very sign-in, which therefore goes on."""
    pending.binding = links.binding(pending.user)
    write(pending, "binding")


def complete(
    request: Request, pending: PendingLogin, *, lifetime: timedelta | None, now: datetime
) -> Session:
    """The session; exactly one request gets it. Here, where every way in ends, the directory is asked (S-111)."""
    if is_kept(pending) and not end(pending):
        raise Finished
    if not _directory_judged(pending) and not may_still_come(pending.user, now=now):
        raise ShutOut
    session = login.sign_in(
        request,
        pending.user,
        amr=pending.amr,
        now=now,
        lifetime=lifetime,
        stepping_up=bool(base(request, pending)),
        method=next(iter(pending.used), ""),
        auth_time=pending.auth_time,
    )
    if pending.trust_seconds and trust.choices():
        lasting = timedelta(seconds=pending.trust_seconds)
        trust.trust(request, session.user, devices.remember(request, session.user), lasting=lasting, now=now)
    return session


def _directory_judged(pending: PendingLogin) -> bool:
    """Whether it was the directory that just said yes to a password; one of ours is none of its answers."""
    return pending.used[:1] == ["password"] and not pending.user.has_usable_password()


def give_up(request: Request, pending: PendingLogin, *, now: datetime) -> None:
    """The session stays as it was; whoever asked for more is told that there is no more."""
    if base(request, pending) and request.sso is not None:
        sessions.asked_in_vain(request.sso, now=now)
    end(pending)


def end(pending: PendingLogin) -> bool:
    return bool(PendingLogin.objects.filter(pk=pending.pk).delete()[0])
