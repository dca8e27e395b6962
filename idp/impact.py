"""What dropping a signing key would hit, for `manage.py keys revoke` and its page in the admin."""

from datetime import datetime

from accounts import sessions
from idp.models import Grant
from keys import events


def of_revocation(kid: str, now: datetime) -> dict[str, int]:
    """People who are signed in, and grants that live: their current tokens stop verifying, none of them is logged out."""
    return {
        "live sessions": sessions.lives(now).count(),
        "live grants": Grant.objects.filter(revoked_at=None, expires_at__gt=now).count(),
    }


def register() -> None:
    if of_revocation not in events.impact:
        events.impact.append(of_revocation)
