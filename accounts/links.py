"""One-time links: issued, found while they live, and redeemed by exactly one request (S-106)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import OneTimeLink, Session, User
from accounts.secrets import digest, new_token

Purpose = OneTimeLink.Purpose
LIFETIMES = {
    Purpose.SETUP: timedelta(hours=1),
    Purpose.RESCUE: timedelta(hours=1),
    Purpose.INVITE: settings.INVITATION_LIFETIME,
    Purpose.RESET: timedelta(minutes=30),
    Purpose.CHANGE: timedelta(minutes=30),
    Purpose.LOGIN: timedelta(minutes=30),
    Purpose.UNLOCK: timedelta(days=1),
    Purpose.RECOVER: timedelta(hours=24),
    Purpose.END: timedelta(days=7),
    Purpose.EMAIL: timedelta(minutes=30),
}
# Those by which whoever has one gets at an account that somebody uses already.
OPENING = (Purpose.RESET, Purpose.CHANGE, Purpose.LOGIN, Purpose.RECOVER, Purpose.EMAIL)


def issue(
    purpose: Purpose,
    user: User | None,
    *,
    now: datetime,
    session: Session | None = None,
    address: str = "",
) -> str:
    """A new link's token; it is nowhere else."""
    token = new_token()
    OneTimeLink.objects.create(
        purpose=purpose,
        user=user,
        session=session,
        token_hash=digest(token),
        binding=binding(user),
        address=address,
        created_at=now,
        expires_at=now + LIFETIMES[purpose],
    )
    return token


def url(purpose: Purpose, token: str) -> str:
    """The absolute address, from configuration: the Host header has no say in it (S-090)."""
    return f"{settings.ISSUER}{reverse(f'accounts:link-{purpose}', args=[token])}"


def find(purpose: Purpose, token: str, *, now: datetime) -> OneTimeLink | None:
    """The link while it works: unused, not expired, its person active, password and e-mail as they were."""
    link = (
        OneTimeLink.objects.select_related("user", "session")
        .filter(purpose=purpose, token_hash=digest(token), used_at=None, expires_at__gt=now)
        .first()
    )
    if link is None or (link.user is not None and not link.user.is_active):
        return None
    return link if constant_time_compare(link.binding, binding(link.user)) else None


def latest(user: User, purpose: Purpose, *, now: datetime) -> OneTimeLink | None:
    """The last of a person's links of one purpose, if it still works."""
    found = OneTimeLink.objects.filter(
        user=user, purpose=purpose, binding=binding(user), used_at=None, expires_at__gt=now
    )
    return found.order_by("-id").first()


def redeem(link: OneTimeLink, *, now: datetime) -> bool:
    """Uses it up; false for all but the first."""
    return bool(OneTimeLink.objects.filter(pk=link.pk, used_at=None).update(used_at=now))


def kill(user: User, *purposes: Purpose) -> None:
    """Ends a person's unused links of these purposes: a newer one takes their place, or none."""
    OneTimeLink.objects.filter(user=user, purpose__in=purposes, used_at=None).delete()


def binding(user: User | None) -> str:
    """A digest of what a link, or a sign-in under way, dies with: the password and the e-mail address."""
    if user is None:
        return ""
    return salted_hmac("accounts.links", f"{user.password}\n{user.email}", algorithm="sha256").hexdigest()
