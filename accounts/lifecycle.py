"""What happens to a person's access: a new password, disabled, enabled, unlocked; sessions end with it (S-111)."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from accounts import audit, elsewhere, emails, links, login, reached, sessions, throttling, trust
from accounts.factors import keeping
from accounts.models import Session, User


def set_password(
    user: User,
    password: str,
    *,
    request: HttpRequest,
    event: str,
    now: datetime,
    keep: Session | None = None,
    by_mail: bool = False,
) -> None:
    """A new password, chosen by the person: other sessions, unused links and trust in devices end with the old one.

    `by_mail` says that the mailbox was all it took.
    """
    with transaction.atomic():
        user.set_password(password)
        user.must_change_password, user.password_by_mail = False, by_mail
        user.save(update_fields=["password", "must_change_password", "password_by_mail", "updated_at"])
        trust.forget_all(user)
        ended = sessions.end_all(user, reason="password changed", now=now, keep=keep)
        audit.record(event, request=request, actor=user, subject=user, sessions_ended=ended)
    emails.password_changed(user)


def require_new_password(
    user: User, *, actor: User | str, now: datetime, request: HttpRequest | None = None
) -> None:
    """The next sign-in asks for a new one, and every sign-in until now is over; one of the directory's stays."""
    with transaction.atomic():
        if not elsewhere.is_of_directory(user):
            User.objects.filter(pk=user.pk).update(must_change_password=True)
        sessions.end_all(user, reason="new password required", now=now)
        audit.record("password.change_required", request=request, actor=actor, subject=user)


def disable(user: User, *, actor: User | str, now: datetime, request: HttpRequest | None = None) -> None:
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=False, disabled_at=now)
        ended = sessions.end_all(user, reason="person disabled", now=now)
        audit.record("user.disabled", request=request, actor=actor, subject=user, sessions_ended=ended)


def enable(user: User, *, actor: User | str, request: HttpRequest | None = None) -> None:
    """Also lifts a lock that wrong passwords have put on."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=True, disabled_at=None)
        login.unlock(user)
        audit.record("user.enabled", request=request, actor=actor, subject=user)


def lift_block(user: User, *, actor: User | str, request: HttpRequest | None = None) -> bool:
    """What wrong passwords and codes have made wait or locked; whether there was anything."""
    with transaction.atomic():
        lifted = throttling.lift_person(user.sub)
        if lifted:
            audit.record("login.unlocked", request=request, actor=actor, subject=user)
    return bool(lifted)


def end_sessions(user: User, *, actor: User | str, now: datetime, request: HttpRequest | None = None) -> int:
    with transaction.atomic():
        ended = sessions.end_all(user, reason="ended by an admin", now=now)
        audit.record("sessions.ended", request=request, actor=actor, subject=user, sessions_ended=ended)
    return ended


def sign_out(user: User, *, actor: User | str, reason: str, now: datetime) -> tuple[int, int]:
    """All that somebody has open: sessions, what apps were given in them or for longer, trusted devices, and links
    that open the account. How many sessions and grants those were.
    """
    with transaction.atomic():
        ended = sessions.end_all(user, reason=reason, now=now)
        grants = reached.revoke(user, reason=reason, now=now)
        trust.forget_all(user)
        links.kill(user, *links.OPENING)
        if ended or grants:
            audit.record(
                "sessions.ended",
                actor=actor,
                subject=user,
                sessions_ended=ended,
                grants=grants,
                reason=reason,
            )
    return ended, grants


def send_reset(user: User, *, actor: User | str, now: datetime, request: HttpRequest | None = None) -> str:
    """A link with which a person chooses a new password, by mail when there is an address for it."""
    if elsewhere.is_of_directory(user):
        emails.directory_password(user)
        return str(settings.LDAP_PASSWORD_URL)
    purpose = links.Purpose.RESET
    links.kill(user, purpose)
    url = links.url(purpose, links.issue(purpose, user, now=now))
    if user.email:
        emails.link(purpose, user, url)
    audit.record(
        "link.issued",
        request=request,
        actor=actor,
        subject=user,
        purpose=str(purpose),
        mailed=bool(user.email),
    )
    return url


def recovery_link(user: User, *, actor: User | str, now: datetime, request: HttpRequest | None = None) -> str:
    """For somebody who lost everything; the admin hands it over, and a mail says that it was made."""
    links.kill(user, links.Purpose.RECOVER)
    url = links.url(links.Purpose.RECOVER, links.issue(links.Purpose.RECOVER, user, now=now))
    audit.record("link.issued", request=request, actor=actor, subject=user, purpose="recover", mailed=False)
    emails.recovery_announced(user)
    return url


def begin_recovery(user: User, *, request: HttpRequest, now: datetime) -> None:
    """Everything that may be in other hands stops working: factors, sessions, and the password, for a new one."""
    with transaction.atomic():
        audit.record("link.used", request=request, actor=user, subject=user, purpose="recover")
        keeping.reset(user, actor=user, now=now, request=request)
        user.set_unusable_password()
        user.must_change_password = not elsewhere.is_of_directory(user)
        user.save(update_fields=["password", "must_change_password", "updated_at"])
        login.unlock(user)
