"""Devices on which a person need not show a second factor for a while: theirs only, and listed for them.

The browser is known by the cookie of `accounts.devices`; what it is spared stands in the database.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from accounts import devices
from accounts.models import TrustedDevice, User
from accounts.origin import origin
from accounts.secrets import digest

if TYPE_CHECKING:  # the middleware is built on devices
    from accounts.middleware import Request

CHOICES = tuple(timedelta(days=days) for days in (1, 7, 30, 90))


def choices() -> tuple[timedelta, ...]:
    """For how long one may be remembered here."""
    return tuple(each for each in CHOICES if each <= settings.TRUSTED_DEVICE)


def is_trusted(request: Request, user: User, *, now: datetime) -> bool:
    device = devices.known(request, user)
    if not device:
        return False
    return TrustedDevice.objects.filter(
        user=user,
        device_hash=digest(device),
        expires_at__gt=now,
        created_at__gt=now - settings.TRUSTED_DEVICE,
    ).exists()


def trust(request: Request, user: User, device: str, *, lasting: timedelta, now: datetime) -> None:
    TrustedDevice.objects.update_or_create(
        user=user,
        device_hash=digest(device),
        defaults={
            "user_agent": origin(request).user_agent,
            "created_at": now,
            "expires_at": now + min(lasting, settings.TRUSTED_DEVICE),
        },
    )


def forget_all(user: User) -> None:
    TrustedDevice.objects.filter(user=user).delete()
