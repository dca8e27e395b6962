"""The UPDATEs that decide who redeems a code and who rotates a refresh token, in plain SQL.

Each is one statement whose row count is the answer, on a path where the ORM's making of it would cost more than
all else but the signatures (docs/performance.md).
"""

from datetime import datetime

from accounts.prepared import database, execute, moment
from idp.models import Grant

_CLAIM = (
    "UPDATE idp_grant SET redeemed_at = %s, rotated_at = %s, dpop_jkt = %s "
    "WHERE id = %s AND redeemed_at IS NULL AND revoked_at IS NULL"
)
_ROTATE = (
    "UPDATE idp_grant SET generation = %s, rotated_at = %s "
    "WHERE id = %s AND generation = %s AND revoked_at IS NULL"
)


def claim(grant: Grant, *, jkt: str, now: datetime) -> bool:
    """Spends the grant's code, and binds what follows to the key `jkt`; whether this caller is the one who did."""
    db = database()
    at = moment(now, db)
    return bool(execute(db, _CLAIM, (at, at, jkt, grant.pk)))


def rotate(grant: Grant, *, presented: int, successor: int, now: datetime) -> bool:
    """Moves the grant on from the generation presented; whether this caller is the one who did."""
    db = database()
    return bool(execute(db, _ROTATE, (successor, moment(now, db), grant.pk, presented)))
