"""Recovery codes: ten on a sheet, 80 bits each, hashed, each good for one sign-in (S-105)."""

import base64
import re
import secrets
from datetime import datetime

from django.db import transaction

from accounts.models import RecoveryCode, User
from accounts.secrets import digest

COUNT, BYTES = 10, 10
_SHAPE = re.compile(r"[A-Z2-7]{16}")


def make(user: User, *, now: datetime) -> list[str]:
    """New codes in place of all others; they are nowhere else."""
    codes = [base64.b32encode(secrets.token_bytes(BYTES)).decode() for _ in range(COUNT)]
    with transaction.atomic():
        RecoveryCode.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(user=user, code_hash=_digest(user, code), created_at=now) for code in codes
        )
    return ["-".join(re.findall("....", code)) for code in codes]


def left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def check(user: User, typed: str, *, now: datetime) -> bool:
    """Uses the code up. What looks alike is read as what it must be: there is no 0, 1 or 8 in base32."""
    code = re.sub(r"[\s-]", "", typed).upper().translate(str.maketrans("018", "OIB"))
    if not _SHAPE.fullmatch(code):
        return False
    unused = RecoveryCode.objects.filter(user=user, code_hash=_digest(user, code), used_at=None)
    return bool(unused.update(used_at=now))


def _digest(user: User, code: str) -> str:
    return digest(f"recovery {user.pk} {code}")
