"""Secrets that are pasted into a client: shown once, kept as a keyed digest until expired or revoked (S-042)."""

from datetime import datetime
from typing import TypeVar

from idp.models import RegistrationToken, ScimToken
from idp.protocol import secrets

Kept = TypeVar("Kept", RegistrationToken, ScimToken)


def seal(token: Kept, purpose: str, *, prefix: str = "", now: datetime) -> str:
    """Gives an unsaved token its value, saves it, and returns the value: the only time that it is seen."""
    value = f"{prefix}{secrets.mint()}"
    token.digest, token.hint, token.created_at = secrets.digest(value, purpose), value[-4:], now
    token.save()
    return value


def find(model: type[Kept], value: str, purpose: str, *, now: datetime) -> tuple[Kept | None, str]:
    """The live token of this value, or none and why."""
    digests = [secrets.digest(value, purpose, key) for key in secrets.keys(purpose)]
    found = model.objects.filter(digest__in=digests).first()
    if found and found.digest != digests[0]:  # under the key before: that one can go once all have come again
        model.objects.filter(pk=found.pk).update(digest=digests[0])
    state = found.state(now) if found else "unknown"
    return (found if state == "live" else None), state


def revoke(token: RegistrationToken | ScimToken, *, now: datetime) -> bool:
    """Whether it lived until now. What was done with it stays."""
    return bool(type(token).objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now))
