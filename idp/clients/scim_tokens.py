"""Making, finding and revoking provisioning tokens: shown once, kept as a digest (S-042)."""

from datetime import datetime, timedelta

from idp.models import ScimToken
from idp.protocol import secrets
from idp.protocol.errors import InvalidBearer

PURPOSE = "provisioning token"
PREFIX = "scim_"  # tells one from an access token, and a leaked one from other secrets
_NOTED_EVERY = timedelta(minutes=5)  # of its use: a sync of a thousand people is no thousand writes


def seal(token: ScimToken, *, now: datetime) -> str:
    """Gives an unsaved token its value, saves it, and returns the value: the only time that it is seen."""
    value = f"{PREFIX}{secrets.mint()}"
    token.digest, token.hint, token.created_at = secrets.digest(value, PURPOSE), value[-4:], now
    token.save()
    return value


def find(value: str, *, now: datetime) -> ScimToken:
    """The live token of this value, whose use is noted. Raises InvalidBearer."""
    digests = [secrets.digest(value, PURPOSE, key) for key in secrets.keys(PURPOSE)]
    found = ScimToken.objects.filter(digest__in=digests).first()
    state = found.state(now) if found else "unknown"
    if found is None or state != "live":
        raise InvalidBearer("The provisioning token is not valid, or no longer.", reason=state)
    if found.last_used_at is None or now - found.last_used_at >= _NOTED_EVERY:
        ScimToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def revoke(token: ScimToken, *, now: datetime) -> bool:
    """Whether it lived until now. Whom it provisioned stays."""
    return bool(ScimToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now))
