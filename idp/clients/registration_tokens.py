"""Making, finding and spending initial access tokens (RFC 7591 section 3): shown once, kept as a digest."""

from datetime import datetime

from django.conf import settings
from django.db.models import F

from idp.clients import kept_tokens
from idp.models import RegistrationToken
from idp.protocol.errors import InvalidBearer

PURPOSE = "initial access token"


def obstacle() -> str:
    """Why a token would open nothing now; "" where it would."""
    if settings.REGISTRATION != "closed":
        return ""
    return "Nobody can register an app with it while IDP_REGISTRATION is closed. Set IDP_REGISTRATION=token."


def seal(token: RegistrationToken, *, now: datetime) -> str:
    """Gives an unsaved token its value, saves it, and returns the value: the only time that it is seen."""
    return kept_tokens.seal(token, PURPOSE, now=now)


def find(value: str, *, now: datetime) -> RegistrationToken:
    """The live token of this value. Raises InvalidBearer."""
    found, state = kept_tokens.find(RegistrationToken, value, PURPOSE, now=now)
    if found is None:
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
