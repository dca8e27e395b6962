"""The part of /account/security about accounts elsewhere: which are linked, which could be, and taking one away."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.utils.translation import gettext as _

from accounts import elsewhere
from accounts.middleware import Request
from accounts.models import Identity, User
from accounts.models.identity import DIRECTORY


def context(user: User) -> dict[str, Any]:
    ways, identities = elsewhere.ways(), list(user.identities.all())
    taken = [each.issuer for each in identities]
    return {
        "identities": [_row(each, ways) for each in identities],
        "linkable": [way for way in ways if way.shown and not any(map(way.gives, taken))],
        "is_of_directory": bool(settings.LDAP_URL) and DIRECTORY in taken,
        "directory_url": settings.LDAP_PASSWORD_URL,
    }


def _row(identity: Identity, ways: list[elsewhere.Way]) -> dict[str, Any]:
    way = next((way for way in ways if way.gives(identity.issuer)), None)
    is_directory = identity.issuer == DIRECTORY
    return {
        "identity": identity,
        "name": _("Directory") if is_directory else way.name if way else identity.issuer,
        "is_open": bool(settings.LDAP_URL) if is_directory else way is not None,
        "is_directory": is_directory,
    }


def unlink(request: Request, chosen: str, *, now: datetime) -> None:
    """Taken away, unless it is the last way in."""
    user = request.person
    is_number = chosen.isascii() and chosen.isdigit() and len(chosen) < 19
    identity = user.identities.filter(pk=int(chosen)).first() if is_number else None
    if identity is None:
        return
    if elsewhere.unlink(user, identity, request=request, now=now, keep=request.sso):
        messages.success(request, _("%(name)s is no longer linked.") % {"name": identity})
    else:
        messages.error(request, _("This is your only way to sign in. Add a passkey or a password first."))
