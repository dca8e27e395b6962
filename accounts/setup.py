"""The first admin: made by whoever holds a link that works once, never by a default password (S-133)."""

from datetime import datetime

from django.db import transaction

from accounts import audit, links
from accounts.models import OneTimeLink, User

_has_anybody = False


class AdminExists(Exception):
    """The installation has an admin, so nobody may make the first."""


def has_admin() -> bool:
    return User.objects.filter(is_superuser=True, is_active=True).exists()


def has_anybody() -> bool:
    """Asked of the database until it is so, and of this process from then on: the sign-in page is shown often."""
    global _has_anybody
    _has_anybody = _has_anybody or User.objects.exists()
    return _has_anybody


def command() -> str:
    """What prints a link: once there is an admin, only where it is insisted on."""
    return "setup-link --force" if has_admin() else "setup-link"


def new_link(now: datetime, *, force: bool = False) -> str:
    """The address at which the first admin is made; `force` for when no admin can get in any more."""
    if not force and has_admin():
        raise AdminExists
    purpose = links.Purpose.RESCUE if force else links.Purpose.SETUP
    token = links.issue(purpose, None, now=now)
    audit.record("link.issued", purpose=str(purpose))
    return links.url(purpose, token)


def is_open(link: OneTimeLink) -> bool:
    """Once there is an admin, only a link made in spite of that still works."""
    return link.purpose == links.Purpose.RESCUE or not has_admin()


def create_admin(link: OneTimeLink, user: User, *, now: datetime) -> bool:
    """Saves `user` as an admin; false when the link was used meanwhile.

    An address that was typed proves nothing: a mail to it does (S-107).
    """
    with transaction.atomic():
        if not links.redeem(link, now=now):
            return False
        user.is_staff = user.is_superuser = True
        user.save(force_insert=True)
    return True
