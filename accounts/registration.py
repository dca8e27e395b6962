"""People who make their own account: an address is proved by mail first, and nothing is kept before (S-101).

The link carries what it needs, signed: strangers fill no table. It works until the address has an account.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse

from accounts import audit, emails, terms
from accounts.models import Terms, User
from accounts.names import canonical
from accounts.paths import safe_next
from accounts.throttling import Limit, Throttle

LIFETIME = timedelta(days=1)
LONGEST_NEXT = 500
# As for resets: mails go to somebody who may not have asked for them.
THROTTLE = Throttle("register", Limit(free=3, step=60, longest=3600, leak=1 / 900))
_SALT = "accounts.registration"


@dataclass(frozen=True)
class Proved:
    """Somebody with this mailbox wants an account, and to go on to `next_path`."""

    email: str
    next_path: str


def may_register(email: str) -> bool:
    """Whether the address is at a domain that is let in; no list lets all in."""
    domains = [canonical(domain) for domain in settings.SELF_REGISTRATION_DOMAINS]
    return not domains or canonical(email).rpartition("@")[2] in domains


def begin(email: str, next_path: str, *, request: HttpRequest) -> None:
    """A mail to the address: with a link, or that there is an account already."""
    email = canonical(email)
    known = User.objects.filter(email=email).first()
    audit.record("registration.requested", request=request, actor="anonymous", subject=known)
    if known is not None:
        emails.registered_already(known)
    else:
        emails.register(
            email, f"{settings.ISSUER}{reverse('accounts:register-link', args=[_token(email, next_path)])}"
        )


def read(token: str) -> Proved | None:
    """What a link says, while it is young and its address has no account."""
    try:
        email, next_path = signing.loads(token, salt=_SALT, max_age=LIFETIME)
    except (signing.BadSignature, ValueError):
        return None
    if not settings.SELF_REGISTRATION or not may_register(email) or User.objects.filter(email=email).exists():
        return None
    return Proved(email, next_path)


def complete(
    proved: Proved, user: User, agreed: Terms | None, *, request: HttpRequest, now: datetime
) -> bool:
    """Saves the new person; false when the address or user name was taken meanwhile."""
    user.email = proved.email
    user.verify_email(by="registration", now=now)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            if agreed is not None:
                terms.accept(user, agreed, request=request, now=now)
            audit.record(
                "user.created",
                request=request,
                actor=user,
                subject=user,
                username=user.username,
                registered=True,
            )
    except IntegrityError:
        return False
    return True


def _token(email: str, next_path: str) -> str:
    path = safe_next(next_path, "")
    return signing.dumps([email, path if len(path) <= LONGEST_NEXT else ""], salt=_SALT)
