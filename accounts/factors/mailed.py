"""A code by mail, for when the other factors are not at hand; `IDP_MAIL_CODES` switches it off.

It belongs to the sign-in that asked for it, works once, and never where the mailbox gave the password (S-106).
"""

import secrets
from datetime import datetime, timedelta

from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import PendingLogin

DIGITS = 8
LIFETIME = timedelta(minutes=10)


def new_code(pending: PendingLogin, *, now: datetime) -> str:
    """In place of the one before."""
    code = str(secrets.randbelow(10**DIGITS)).zfill(DIGITS)
    pending.code_hash, pending.code_expires_at = _digest(pending, code), now + LIFETIME
    PendingLogin.objects.filter(pk=pending.pk).update(
        code_hash=pending.code_hash, code_expires_at=pending.code_expires_at
    )
    return code


def check(pending: PendingLogin, typed: str, *, now: datetime) -> bool:
    expires_at = pending.code_expires_at
    if not pending.code_hash or expires_at is None or now >= expires_at:
        return False
    if not constant_time_compare(_digest(pending, typed), pending.code_hash):
        return False
    unused = PendingLogin.objects.filter(pk=pending.pk, code_hash=pending.code_hash)
    return bool(unused.update(code_hash=""))


def _digest(pending: PendingLogin, code: str) -> str:
    """Keyed, for there are too few codes to keep a plain digest of one."""
    return salted_hmac("accounts.mailed", f"{pending.pk}\n{code}", algorithm="sha256").hexdigest()
