"""Device authorizations: asked, looked up by what a person typed, decided once, polled, redeemed once (RFC 8628).

A device code is `id . secret`; of it and of the user code only keyed digests are kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts import audit
from accounts.models import Session
from accounts.origin import Origin
from idp.clients import registry
from idp.models import Client, DeviceAuthorization, Grant
from idp.models.device import LIFETIME
from idp.protocol import secrets, user_codes
from idp.protocol.errors import AccessDenied, AuthorizationPending, ExpiredToken, InvalidGrant, SlowDown
from idp.tokens import bindings, liveness, protection, statements

DEVICE_CODE, USER_CODE = "device code", "user code"
_SLOWER = 5  # seconds, RFC 8628 section 3.5
_JITTER = timedelta(seconds=1)  # a poll that the network brought a little early is no haste


@dataclass(frozen=True)
class Asked:
    """What the device is told, once."""

    authorization: DeviceAuthorization
    device_code: str
    user_code: str


def ask(client: Client, scope: tuple[str, ...], where: Origin, *, now: datetime) -> Asked:
    """A new authorization that waits. Should another one have the same user code, it gets one more try."""
    try:
        with transaction.atomic():
            return _ask(client, scope, where, now)
    except IntegrityError:
        return _ask(client, scope, where, now)


def _ask(client: Client, scope: tuple[str, ...], where: Origin, now: datetime) -> Asked:
    secret, user_code = secrets.mint(), user_codes.mint()
    waiting = DeviceAuthorization.objects.create(
        client=client,
        scope=" ".join(scope),
        device_code_digest=secrets.digest(secret, DEVICE_CODE),
        user_code_digest=secrets.digest(user_code, USER_CODE),
        created_at=now,
        expires_at=now + LIFETIME,
        address=where.address,
        user_agent=where.user_agent,
    )
    return Asked(waiting, f"{waiting.pk}.{secret}", user_codes.shown(user_code))


def waiting_for(typed: str, *, now: datetime) -> DeviceAuthorization | None:
    """The authorization that waits under this user code, of an app that is still enabled."""
    code = user_codes.normalised(typed)
    digests = [secrets.digest(code, USER_CODE, key) for key in secrets.keys(USER_CODE)] if code else []
    found = (
        DeviceAuthorization.objects.select_related("client")
        .filter(user_code_digest__in=digests, decided_at=None, expires_at__gt=now)
        .first()
    )
    return found if found and registry.find(found.client.client_id) else None


def allow(waiting: DeviceAuthorization, session: Session, *, now: datetime) -> Grant | None:
    """The grant that the device may redeem; None when somebody else decided first, or time is up."""
    client = waiting.client
    with transaction.atomic():
        if not _decide(waiting, now):
            return None
        grant = Grant.objects.create(
            client=client,
            user=session.user,
            session=session,
            scope=waiting.scope,
            auth_time=session.auth_time,
            acr=session.acr,
            amr=session.amr,
            created_at=now,
            code_expires_at=waiting.expires_at,
            expires_at=now + client.refresh_lifetime,
        )
        DeviceAuthorization.objects.filter(pk=waiting.pk).update(grant=grant)
    return grant


def deny(waiting: DeviceAuthorization, *, now: datetime) -> bool:
    return _decide(waiting, now)


def _decide(waiting: DeviceAuthorization, now: datetime) -> bool:
    """One conditional UPDATE: of any number of answers one counts."""
    undecided = DeviceAuthorization.objects.filter(pk=waiting.pk, decided_at=None, expires_at__gt=now)
    return bool(undecided.update(decided_at=now))


def redeem(device_code: str, *, client: Client, jkt: str = "", now: datetime) -> Grant:
    """The grant behind `device_code`, which is spent by this (RFC 8628 section 3.5)."""
    waiting = _find(device_code, client)
    if waiting.is_expired(now):
        raise ExpiredToken(
            "The device code has expired: ask for a new one.",
            seconds_late=int((now - waiting.expires_at).total_seconds()),
            lives_for_seconds=int(LIFETIME.total_seconds()),
        )
    if waiting.decided_at is None:
        _wait(waiting, now)
    if waiting.grant_id is None:
        raise AccessDenied(
            "The person did not let the device in.", reason="device denied", check="device-allowed"
        )
    found = liveness.load(waiting.grant_id)
    reason = liveness.why_dead(found, client, now=now) if found else "no such grant"
    if found is None or reason:
        raise InvalidGrant(
            "The device code is no longer valid.", reason=reason, check="grant-alive", state=reason
        )
    grant = found.grant
    protection.check_id_token(client, grant.scopes, now=now)
    bound_to = bindings.for_refresh(client, jkt)
    if grant.redeemed_at is not None or not statements.claim(grant, jkt=bound_to, now=now):
        _replayed(grant, client, now)
    grant.redeemed_at = grant.rotated_at = now
    return grant


def _find(device_code: str, client: Client) -> DeviceAuthorization:
    """By proof of its secret, for the client that asked. Raises InvalidGrant."""
    device_id, _, secret = device_code.partition(".")
    found = DeviceAuthorization.objects.filter(pk=device_id).first() if len(device_code) <= 128 else None
    if found is None or not secrets.matches(secret, found.device_code_digest, DEVICE_CODE):
        raise InvalidGrant("The device code is not one of ours.", check="device-code")
    if found.client_id != client.pk:
        raise InvalidGrant("The device code was issued to another client.", check="device-code-app")
    return found


def _wait(waiting: DeviceAuthorization, now: datetime) -> NoReturn:
    """Counts the poll. One that came too early makes the interval longer, for this and all that follow."""
    before = now - timedelta(seconds=waiting.interval) + _JITTER
    row = DeviceAuthorization.objects.filter(pk=waiting.pk)
    if waiting.polled_at is not None and waiting.polled_at > before:
        row.update(interval=F("interval") + _SLOWER, polled_at=now)
        raise SlowDown(
            f"Wait {_SLOWER} seconds more between polls than before.",
            expected=f"{waiting.interval} seconds between polls",
            received=f"{(now - waiting.polled_at).total_seconds():.0f} seconds",
        )
    row.update(polled_at=now)
    raise AuthorizationPending("The person has not decided yet.")


def _replayed(grant: Grant, client: Client, now: datetime) -> NoReturn:
    """As with an authorization code, a second redemption ends what came of the first (S-024)."""
    if liveness.revoke(grant, reason="device code replayed", now=now):
        audit.record(
            "grant.code_replayed", subject=grant.user, client_id=client.client_id, outcome="refused",
            kind="device",
        )  # fmt: skip
    raise InvalidGrant(
        "The device code was used before.",
        reason="device code replayed",
        check="device-code-once",
        state="device code used before",
    )
