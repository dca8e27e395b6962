"""Making, finding and revoking provisioning tokens: shown once, kept as a digest (S-042)."""

from datetime import datetime, timedelta

from idp.clients import kept_tokens
from idp.models import ScimToken
from idp.protocol.errors import InvalidBearer

PURPOSE = "provisioning token"
PREFIX = "scim_"  # tells one from an access token, and a leaked one from other secrets
_NOTED_EVERY = timedelta(minutes=5)  # of its use: a sync of a thousand people is no thousand writes


def seal(token: ScimToken, *, now: datetime) -> str:
    """Gives an unsaved token its value, saves it, and returns the value: the only time that it is seen."""
    return kept_tokens.seal(token, PURPOSE, prefix=PREFIX, now=now)


def are_live(now: datetime) -> bool:
    """Whether anybody provisions here by such a token."""
    return ScimToken.objects.filter(revoked_at=None, expires_at__gt=now).exists()


def find(value: str, *, now: datetime) -> ScimToken:
    """The live token of this value, whose use is noted. Raises InvalidBearer."""
    found, state = kept_tokens.find(ScimToken, value, PURPOSE, now=now)
    if found is None:
        raise InvalidBearer("The provisioning token is not valid, or no longer.", reason=state)
    if found.last_used_at is None or now - found.last_used_at >= _NOTED_EVERY:
        ScimToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found
