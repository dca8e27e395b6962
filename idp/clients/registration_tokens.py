"""Making, finding and spending initial access tokens (RFC 7591 section 3): shown once, kept as a digest."""

from datetime import datetime

from django.db.models import F

from idp.models import RegistrationToken
from idp.protocol import secrets
from idp.protocol.errors import InvalidBearer

PURPOSE = "initial access token"


def seal(token: RegistrationToken, *, now: datetime) -> str:
    """Gives an unsaved token its value, saves it, and returns the value: the only time that it is seen."""
    value = secrets.mint()
    token.digest, token.hint, token.created_at = secrets.digest(value, PURPOSE), value[-4:], now
    token.save()
    return value


def find(value: str, *, now: datetime) -> RegistrationToken:
    """The live token of this value. Raises InvalidBearer."""
    digests = [secrets.digest(value, PURPOSE, key) for key in secrets.keys(PURPOSE)]
    found = RegistrationToken.objects.filter(digest__in=digests).first()
    state = found.state(now) if found else "unknown"
    if found is None or state != "live":
        raise InvalidBearer(
            "The initial access token is not valid, or no longer.", reason=state, check="registration-token"
        )
    return found


def spend(token: RegistrationToken, *, now: datetime) -> None:
    """Takes one use, by one conditional UPDATE. Raises InvalidBearer when others took the last."""
    live = RegistrationToken.objects.filter(
        pk=token.pk, used__lt=F("uses"), revoked_at=None, expires_at__gt=now
    )
    if not live.update(used=F("used") + 1):
        raise InvalidBearer(
            "The initial access token is not valid, or no longer.",
            reason="used up",
            check="registration-token",
        )


def revoke(token: RegistrationToken, *, now: datetime) -> bool:
    """Whether it lived until now. What was registered with it stays."""
    return bool(RegistrationToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now))
