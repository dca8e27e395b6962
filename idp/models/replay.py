"""Tokens of others that may be used once: remembered until they have expired, for all nodes (S-056)."""

import hashlib
from datetime import datetime

from django.db import connection, models

from accounts.prepared import moment

_FIRST = "INSERT INTO idp_usedtoken (digest, expires_at) VALUES (%s, %s) ON CONFLICT DO NOTHING"


class UsedToken(models.Model):
    """`digest` is of what it was used for, by whom, and its jti."""

    digest = models.CharField(primary_key=True, max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest


def first_use(purpose: str, owner: str, jti: str, *, expires_at: datetime) -> bool:
    """Whether nobody showed this one before: one INSERT, in which the database decides."""
    digest = hashlib.sha256("\0".join((purpose, owner, jti)).encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, (digest, moment(expires_at)))
        return bool(cursor.rowcount)
