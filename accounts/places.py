"""The places that a person signs in from: blocks of addresses, without a database of where in the world they are."""

from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import Place, User
from accounts.origin import network
from accounts.prepared import database, execute, moment

KEPT = timedelta(days=400)  # as long as a browser keeps the cookie of `accounts.devices`
TOLD_EVERY = timedelta(days=1)
# Plain, for every sign-in runs it.
_SEEN = "UPDATE accounts_place SET last_seen_at = %s WHERE user_id = %s AND block = %s"


def block(address: str) -> str:
    """The /24 or /48 that an address is part of; "" for what is none."""
    return network(address, ipv6=48)


def visit(user: User, address: str, *, now: datetime) -> bool:
    """Remembers it; whether the person was never there before. The first place of all is no news."""
    here = block(address)
    if not settings.TELL_OF_NEW_PLACES or not here:
        return False
    db = database()
    if execute(db, _SEEN, [moment(now, db), User._meta.pk.get_db_prep_value(user.pk, db), here]):
        return False
    known = Place.objects.filter(user=user)
    has_others = known.exists()
    place = Place(user=user, block=here, first_seen_at=now, last_seen_at=now)
    Place.objects.bulk_create([place], ignore_conflicts=True)
    return has_others


def may_be_told(user: User, address: str, *, now: datetime) -> bool:
    """At most one mail a day: whoever travels would stop reading them."""
    if Place.objects.filter(user=user, told_at__gt=now - TOLD_EVERY).exists():
        return False
    return bool(Place.objects.filter(user=user, block=block(address), told_at=None).update(told_at=now))
