"""What dropping a signing key would hit, for `manage.py keys revoke` and its page in the admin."""

from datetime import datetime

from accounts import sessions
from idp.models import Grant
from keys import events


def of_revocation(kid: str, now: datetime) -> dict[str, int]:
    """People signed in and living grants: their current tokens stop verifying, but nobody is logged out."""
    return {
        "live sessions": sessions.lives(now).count(),
        "live grants": Grant.objects.filter(revoked_at=None, expires_at__gt=now).count(),
    }


def register() -> None:
    if of_revocation not in events.impact:
        events.impact.append(of_revocation)
