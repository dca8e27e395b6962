"""Signing in by a yes on another device: asked for in one browser, approved in a session of the person's elsewhere.

The asking browser holds a secret in a cookie. The QR code's value is derived from it, so whoever sees the code can
answer, and only the browser that began can come in. What a yes is worth: docs/decisions/0036-other-device.md.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.crypto import salted_hmac

from accounts import audit
from accounts.middleware import Request
from accounts.models import DeviceRequest, Session
from accounts.origin import origin
from accounts.secrets import digest, new_token
from accounts.throttling import Limit, Throttle, address_block

COOKIE = f"{settings.SESSION_COOKIE_NAME}_qr"
LIFETIME = timedelta(minutes=3)
NAME = "other device"  # among the factors of a sign-in
# Begun per address, which costs a row each; answered per person, right and wrong (S-102).
BEGIN_THROTTLE = Throttle("other device: begin", Limit(free=30, step=2, longest=60, leak=1 / 10))
ANSWER_THROTTLE = Throttle("other device: answer", Limit(free=10, step=10, longest=300, leak=1 / 60))


def begin(
    request: Request, next_path: str, *, asked: Collection[str], now: datetime
) -> tuple[DeviceRequest, str]:
    """The request, and the value of the asking browser's cookie."""
    token, where = new_token(), origin(request)
    choices = secrets.SystemRandom().sample(range(10, 100), 3)
    waiting = DeviceRequest.objects.create(
        code_hash=digest(code_of(token)),
        number=secrets.choice(choices),
        choices=choices,
        next_path=next_path,
        asked=sorted(asked),
        address=where.address[:45],
        user_agent=where.user_agent,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    audit.record("login.other_device_asked", request=request, actor="anonymous")
    return waiting, token


def code_of(token: str) -> str:
    """What the QR code says of the asking browser's secret: nothing that leads back to it."""
    return salted_hmac("accounts.other_device", token, algorithm="sha256").hexdigest()[:32]


def asking(request: Request, *, now: datetime) -> DeviceRequest | None:
    """The request that this very browser began, while it lives and is not used."""
    token = request.COOKIES.get(COOKIE, "")
    if not 40 <= len(token) <= 64:
        return None
    return _find(code_of(token), now=now)


def answering(code: str, *, now: datetime) -> DeviceRequest | None:
    """The request behind a QR code, as long as nobody has answered it."""
    found = _find(code, now=now) if len(code) == 32 and code.isalnum() and code.isascii() else None
    return found if found is not None and found.decided_at is None else None


def _find(code: str, *, now: datetime) -> DeviceRequest | None:
    requests = DeviceRequest.objects.select_related("approved_by__user")
    return requests.filter(code_hash=digest(code), expires_at__gt=now, used_at=None).first()


def approve(request: Request, waiting: DeviceRequest, session: Session, *, now: datetime) -> bool:
    """A yes; False where somebody else has answered meanwhile."""
    return _decide(request, waiting, session, "login.other_device_approved", approved_by=session, now=now)


def refuse(request: Request, waiting: DeviceRequest, session: Session, *, reason: str, now: datetime) -> bool:
    """A no, or a wrong number, which is one: it shows that the asking screen is not in front of the person."""
    return _decide(request, waiting, session, "login.other_device_refused", reason=reason, now=now)


def _decide(
    request: Request,
    waiting: DeviceRequest,
    session: Session,
    event: str,
    *,
    approved_by: Session | None = None,
    reason: str = "",
    now: datetime,
) -> bool:
    undecided = DeviceRequest.objects.filter(pk=waiting.pk, decided_at=None, expires_at__gt=now)
    if not undecided.update(decided_at=now, approved_by=approved_by):
        return False
    facts = {"asked_from": waiting.address, **({"reason": reason} if reason else {})}
    audit.record(
        event, request=request, actor=session.user, subject=session.user,
        outcome="ok" if approved_by else "refused", **facts,
    )  # fmt: skip
    return True


def use(waiting: DeviceRequest, *, now: datetime) -> bool:
    """Exactly one request of the browser that began gets what was approved."""
    unused = DeviceRequest.objects.filter(
        pk=waiting.pk, used_at=None, approved_by__isnull=False, approved_by__ended_at=None, expires_at__gt=now
    )
    return bool(unused.update(used_at=now))


def is_near(request: Request, waiting: DeviceRequest) -> bool:
    """Whether both devices are in one network; that they are not is worth a word, and no proof of anything."""
    return address_block(origin(request).address) == address_block(waiting.address)
