"""People delete their own accounts: announced by mail, taken back until the day, then all of it goes."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from accounts import audit, emails, sessions
from accounts.models import User


class LastOwner(Exception):
    """Nobody would be left who may do all."""


def is_last_owner(user: User) -> bool:
    owners = User.objects.filter(is_superuser=True, is_active=True)
    return user.is_superuser and user.is_active and not owners.exclude(pk=user.pk).exists()


def ask(user: User, *, actor: User | str, now: datetime, request: HttpRequest | None = None) -> datetime:
    """When the account goes. Raises LastOwner."""
    day = schedule(user, actor=actor, now=now, request=request)
    emails.deletion_asked(user)
    return day


def schedule(user: User, *, actor: User | str, now: datetime, request: HttpRequest | None = None) -> datetime:
    """The same without a mail: for a directory that took somebody out. Raises LastOwner."""
    if is_last_owner(user):
        raise LastOwner
    user.deletion_at = now + settings.DELETION_DELAY
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(deletion_at=user.deletion_at)
        audit.record(
            "user.deletion_asked", request=request, actor=actor, subject=user, deletion_at=user.deletion_at
        )
    return user.deletion_at


def cancel(user: User, *, actor: User | str, request: HttpRequest | None = None) -> bool:
    """Whether there was something to take back."""
    with transaction.atomic():
        if not User.objects.filter(pk=user.pk).exclude(deletion_at=None).update(deletion_at=None):
            return False
        audit.record("user.deletion_cancelled", request=request, actor=actor, subject=user)
    emails.deletion_cancelled(user)
    return True


def delete(user: User, *, actor: User | str, now: datetime, request: HttpRequest | None = None) -> None:
    """At once. Sessions end first, so that the apps are told; what the audit log says of them stays."""
    subject = f"user:{user.pk}"
    with transaction.atomic():
        sessions.end_all(user, reason="person deleted", now=now)
        user.delete()
        audit.record("user.deleted", request=request, actor=actor, subject=subject)


def carry_out(now: datetime) -> int:
    """Those whose day has come; one at a time, and none that took it back meanwhile. How many."""
    gone = 0
    for pk in list(User.objects.filter(deletion_at__lte=now).values_list("pk", flat=True)):
        with transaction.atomic():
            user = User.objects.select_for_update().filter(pk=pk, deletion_at__lte=now).first()
            if user is None or is_last_owner(user):
                continue
            emails.deleted(user)
            delete(user, actor="system", now=now)
            gone += 1
    return gone
