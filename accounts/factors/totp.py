"""Codes of an authenticator app (RFC 6238): SHA-1, six digits, 30 seconds, as all of those apps have them."""

import base64
import binascii
import hashlib
import hmac
import json
import logging
import secrets
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

from django.conf import settings

from accounts.models import Totp, User
from keys import sealing

log = logging.getLogger(__name__)
DIGITS, PERIOD, WINDOW = 6, 30, 1  # one step to each side, for clocks differ (section 5.2)
SEED_BYTES = 20  # RFC 4226 section 4, R6
MOST = 5  # apps a person
_TO_ENROL = timedelta(minutes=30)


def code(seed: bytes, step: int) -> str:
    """RFC 4226 section 5.3."""
    mac = hmac.new(seed, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = mac[-1] & 0xF
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def matching_step(seed: bytes, typed: str, now: datetime) -> int | None:
    """The time step whose code was typed, the newest first."""
    current = int(now.timestamp()) // PERIOD
    steps = range(current + WINDOW, current - WINDOW - 1, -1)
    found = [step for step in steps if hmac.compare_digest(code(seed, step).encode(), typed.encode())]
    return found[0] if found else None


def check(user: User, typed: str, *, now: datetime) -> bool:
    """Whether one of the person's apps shows this code; each step is taken once, and none before it (S-105)."""
    for app in Totp.objects.filter(user=user):
        try:
            step = matching_step(_open(app), typed, now)
        except sealing.CannotOpen as error:  # its encryption key was taken away: the person needs another way
            log.error("authenticator app %s: %s", app.pk, error)
            continue
        if step is not None:
            unused = Totp.objects.filter(pk=app.pk, last_step__lt=step)
            return bool(unused.update(last_step=step, last_used_at=now))
    return False


def new_seed() -> bytes:
    return secrets.token_bytes(SEED_BYTES)


def shown(seed: bytes) -> str:
    """For typing into an app, in groups of four."""
    text = base64.b32encode(seed).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def address(user: User, seed: bytes) -> str:
    """What the QR code says: the key URI format that the apps read."""
    issuer = urlsplit(settings.ISSUER).netloc
    label = quote(f"{issuer}:{user.username_display}", safe="")
    secret = base64.b32encode(seed).decode().rstrip("=")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer})}"


def draft(user: User, seed: bytes, *, now: datetime) -> str:
    """A seed on its way through the page on which its first code is typed: sealed, for one person, short-lived."""
    content = {"seed": base64.b64encode(seed).decode(), "until": (now + _TO_ENROL).timestamp()}
    return sealing.seal(json.dumps(content).encode(), context=f"totp-draft:{user.pk}")


def open_draft(user: User, sealed: str, *, now: datetime) -> bytes | None:
    try:
        content = json.loads(sealing.open_sealed(sealed, context=f"totp-draft:{user.pk}"))
    except (sealing.CannotOpen, UnicodeError, binascii.Error):
        return None
    return base64.b64decode(content["seed"]) if content["until"] > now.timestamp() else None


def enrol(user: User, seed: bytes, typed: str, *, name: str, now: datetime) -> Totp | None:
    """The app, once it has shown a right code; that one is used up with it."""
    step = matching_step(seed, typed, now)
    if step is None or Totp.objects.filter(user=user).count() >= MOST:
        return None
    return Totp.objects.create(
        user=user,
        name=name,
        sealed=sealing.seal(seed, context=_context(user.pk)),
        last_step=step,
        created_at=now,
        last_used_at=now,
    )


def rewrap() -> int:
    """All seeds under the current encryption key."""
    changed = 0
    for app in Totp.objects.exclude(sealed__startswith=f"{sealing.current_version()}.").iterator():
        sealed = sealing.reseal(app.sealed, context=_context(app.user_id))
        changed += Totp.objects.filter(pk=app.pk, sealed=app.sealed).update(sealed=sealed)
    return changed


def _open(app: Totp) -> bytes:
    return sealing.open_sealed(app.sealed, context=_context(app.user_id))


def _context(subject: UUID) -> str:
    return f"totp:{subject}"
