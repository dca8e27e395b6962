"""Terms of use: which are in force, who still has to accept them, and the record that somebody did."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from accounts import audit
from accounts.models import Terms, User
from accounts.prepared import database, fetch_one, moment


def in_force(now: datetime) -> Terms | None:
    return Terms.objects.filter(published_at__lte=now).order_by("-published_at", "-pk").first()


def due(user: User, *, now: datetime) -> Terms | None:
    """What this person has to accept before going on: the version in force, unless they did."""
    terms = in_force(now)
    return terms if terms is not None and user.terms_version != terms.version else None


_VERSION = (
    "SELECT version FROM accounts_terms WHERE published_at <= %s ORDER BY published_at DESC, id DESC LIMIT 1"
)


def are_due(user: User, *, now: datetime) -> bool:
    """The same, for every sign-in: without the text."""
    db = database()
    found = fetch_one(db, _VERSION, [moment(now, db)])
    return found is not None and found[0] != user.terms_version


def accept(user: User, terms: Terms, *, request: HttpRequest, now: datetime) -> None:
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(terms_version=terms.version, terms_accepted_at=now)
        audit.record("terms.accepted", request=request, actor=user, subject=user, version=terms.version)
    user.terms_version, user.terms_accepted_at = terms.version, now
