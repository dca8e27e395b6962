"""Terms of use: which version a person has accepted, and whether the one of now is due."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from accounts import audit
from accounts.models import User


def are_due(user: User) -> bool:
    return bool(settings.TERMS_URL) and user.terms_version != settings.TERMS_VERSION


def accept(user: User, *, request: HttpRequest, now: datetime) -> None:
    user.terms_version, user.terms_accepted_at = settings.TERMS_VERSION, now
    user.save(update_fields=["terms_version", "terms_accepted_at", "updated_at"])
    audit.record("terms.accepted", request=request, actor=user, subject=user, version=user.terms_version)


def host() -> str:
    return urlsplit(settings.TERMS_URL).netloc
