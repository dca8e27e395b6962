"""An admin looks at the pages of somebody they help: to look only, for half an hour, with a reason, in the log.

A session of its own kind: it changes nothing (the middleware lets no form of it through) and reaches no app.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts import audit, sessions
from accounts.middleware import Request
from accounts.models import Session, User

LIFETIME = timedelta(minutes=30)
AMR = ("support",)  # no method of RFC 8176: nobody proved to be this person
BACK_COOKIE = f"{settings.SESSION_COOKIE_NAME}_back"


class Refused(Exception):
    """Not this person, not by this admin, or not at all."""


def check(actor: User, user: User) -> None:
    """Off by default, and never anybody who may open the admin, whoever asks (S-130). Raises Refused."""
    if not settings.IMPERSONATION:
        raise Refused("Impersonation is switched off (IDP_IMPERSONATION).")
    if not actor.has_perm("accounts.impersonate_user"):
        raise Refused("Your role does not look at other people's pages.")
    if user.is_staff or user.is_superuser or not user.is_active or user.pk == actor.pk:
        raise Refused("Not for admins, and not for people who are disabled.")


def start(request: Request, actor: User, user: User, reason: str, *, now: datetime) -> Session:
    """The browser is the person's to look at; the admin's own session waits. Raises Refused."""
    check(actor, user)
    with transaction.atomic():
        session = sessions.create(
            request, user, amr=AMR, now=now, lifetime=LIFETIME, impersonated_by=actor.sub
        )
        audit.record(
            "impersonation.started",
            request=request,
            actor=actor,
            subject=user,
            sid=session.sid,
            reason=reason,
        )
    request.sso, request.user = session, user
    return session


def stop(request: Request, session: Session, *, now: datetime) -> bool:
    """Ends it, and gives the admin their own session back, if it still lives; whether it does."""
    sessions.end(session, reason="impersonation ended", now=now)
    actor = f"user:{session.impersonated_by}"
    audit.record("impersonation.ended", request=request, actor=actor, subject=session.user, sid=session.sid)
    sessions.forget(request)
    token = request.COOKIES.get(BACK_COOKIE, "")
    before = sessions.find(token, now)
    if before is None or before.user.sub != session.impersonated_by:
        return False
    request.sso, request.user, request.sso_cookie = before, before.user, token
    return True
