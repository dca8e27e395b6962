"""Passkeys (WebAuthn level 3): challenges that work once, registration and assertion, judged by py_webauthn.

The relying party is the host of IDP_ISSUER. A challenge is signed and says what it is for, so showing a page writes
nothing; answering one uses it up. User verification is required, so a passkey is two factors by itself.
"""

import json
import re
import uuid
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction

from accounts import authenticators, sequence
from accounts.models import Passkey, UsedChallenge, User
from accounts.secrets import digest
from keys import base64url

CHALLENGE_LIFETIME = timedelta(hours=1)  # autofill waits on a page that may stand open for a while
LOGIN = "login"
MOST = 20  # passkeys a person
_SALT = "accounts.passkeys"
_MAX_ANSWER = 16 * 1024
_ID = re.compile(r"[A-Za-z0-9_-]{1,1400}")
_TRANSPORTS = frozenset({"usb", "nfc", "ble", "smart-card", "hybrid", "internal", "cable"})  # section 5.8.4
# What may sign, by COSE's numbers (section 5.8.5): EdDSA, ES256, RS256, as level 3 advises.
_ALGORITHMS = (-8, -7, -257)
_TIMEOUT = 300_000  # milliseconds


class PasskeyRefused(Exception):
    """Not a passkey, or not one of here; the text is for our log."""


class UnknownPasskey(PasskeyRefused):
    """Nobody has it; `credential_id` is as it was sent."""

    def __init__(self, credential_id: str) -> None:
        super().__init__("unknown credential")
        self.credential_id = credential_id


def are_possible() -> bool:
    """The relying party's id is a domain, never an address, and browsers want https for all but localhost."""
    try:
        ip_address(relying_party())
    except ValueError:
        return (
            bool(settings.HTTPS) or relying_party() == "localhost" or relying_party().endswith(".localhost")
        )
    return False


def login_options(purpose: str = LOGIN, user: User | None = None) -> str:
    """For `navigator.credentials.get` (section 5.5); without `user` whichever passkey of this site one chooses."""
    options = {
        "challenge": base64url.encode(_challenge(purpose)),
        "timeout": _TIMEOUT,
        "rpId": relying_party(),
        "allowCredentials": _descriptors(user) if user else [],
        "userVerification": "required",
    }
    return json.dumps(options)


def registration_options(user: User, purpose: str) -> str:
    """For `navigator.credentials.create` (section 5.4): a key that the authenticator finds by itself, unattested."""
    options = {
        "rp": {"name": relying_party(), "id": relying_party()},
        "user": {
            "id": base64url.encode(user.pk.bytes),
            "name": user.username_display,
            "displayName": user.shown_name,
        },
        "challenge": base64url.encode(_challenge(purpose)),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in _ALGORITHMS],
        "timeout": _TIMEOUT,
        "excludeCredentials": _descriptors(user),
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
    }
    return json.dumps(options)


def register(
    user: User, sent: str, *, purpose: str, name: str, otherwise: str = "Passkey", now: datetime
) -> Passkey:
    """Without a name it is called after what keeps it, and `otherwise` where that is not known."""
    from accounts.factors import ceremonies

    answer = _read(sent)
    challenge = _use_challenge(answer, purpose, now=now)
    if Passkey.objects.filter(user=user).count() >= MOST:
        raise PasskeyRefused("too many")
    try:
        proven = ceremonies.registered(answer, challenge, host=relying_party(), origin=settings.ISSUER)
    except ceremonies.NotProven as error:
        raise PasskeyRefused(str(error)) from error
    try:
        with transaction.atomic():
            return Passkey.objects.create(
                user=user,
                name=name or _unused_name(user, authenticators.name(proven.aaguid) or otherwise),
                credential_id=base64url.encode(proven.credential_id),
                public_key=proven.credential_public_key,
                sign_count=proven.sign_count,
                aaguid=proven.aaguid,
                transports=_transports(answer),
                backup_eligible=proven.credential_device_type == "multi_device",
                backed_up=proven.credential_backed_up,
                created_at=now,
            )
    except IntegrityError as error:
        raise PasskeyRefused("this credential is registered already") from error


def _unused_name(user: User, wanted: str) -> str:
    """Two of one device would otherwise be told apart by nothing when one of them is to go."""
    taken = set(user.passkeys.values_list("name", flat=True))
    names = (wanted if number == 1 else f"{wanted} ({number})" for number in range(1, MOST + 1))
    return next(name for name in names if name not in taken)


def check(sent: str, *, purpose: str, user: User | None = None, now: datetime) -> Passkey:
    """The passkey that answered, of `user` where one is given (WebAuthn section 7.2)."""
    from accounts.factors import ceremonies

    answer = _read(sent)
    challenge = _use_challenge(answer, purpose, now=now)
    passkey = Passkey.objects.select_related("user").filter(credential_id=answer.get("id")).first()
    if passkey is None and _ID.fullmatch(answer["id"]):
        raise UnknownPasskey(answer["id"])
    if passkey is None or (user is not None and passkey.user_id != user.pk):
        raise PasskeyRefused("unknown credential")
    _check_handle(answer, passkey.user_id, is_required=user is None)
    try:
        proven = ceremonies.asserted(
            answer,
            challenge,
            host=relying_party(),
            origin=settings.ISSUER,
            public_key=bytes(passkey.public_key),
            sign_count=passkey.sign_count,
        )
    except ceremonies.NotProven as error:
        raise PasskeyRefused(str(error)) from error
    # The counter is compared once more as it is written: of two answers with one count the first alone counts.
    is_next = Passkey.objects.filter(pk=passkey.pk, sign_count=passkey.sign_count).update(
        sign_count=proven.new_sign_count, backed_up=proven.credential_backed_up, last_used_at=now
    )
    if not is_next:
        raise PasskeyRefused("the counter has moved on")
    return passkey


def proves(passkey: Passkey) -> tuple[str, ...]:
    return sequence.passkey(in_hardware=not passkey.backup_eligible)


def second_factor_of(user: User) -> str:
    """The purpose of a challenge that only this person's passkeys answer."""
    return f"second-factor {user.pk}"


def registration_of(user: User) -> str:
    return f"register {user.pk}"


def relying_party() -> str:
    """Its id: the host."""
    return urlsplit(settings.ISSUER).hostname or ""


def _challenge(purpose: str) -> bytes:
    return signing.dumps([purpose, uuid.uuid4().hex], salt=_SALT).encode()


def _use_challenge(answer: dict[str, Any], purpose: str, *, now: datetime) -> bytes:
    """The challenge that was answered: one of ours, for this purpose, young, and never answered before."""
    try:
        client_data = json.loads(base64url.decode(answer["response"]["clientDataJSON"]))
        challenge = base64url.decode(client_data["challenge"])
        made_for, _ = signing.loads(challenge.decode(), salt=_SALT, max_age=CHALLENGE_LIFETIME)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, signing.BadSignature) as error:
        raise PasskeyRefused("no challenge of ours, or an old one") from error
    if made_for != purpose:
        raise PasskeyRefused("a challenge for something else")
    used = UsedChallenge(challenge_hash=digest(challenge.decode()), expires_at=now + CHALLENGE_LIFETIME)
    try:
        with transaction.atomic():
            used.save(force_insert=True)
    except IntegrityError as error:
        raise PasskeyRefused("this challenge was answered before") from error
    return challenge


def _read(sent: str) -> dict[str, Any]:
    if len(sent) > _MAX_ANSWER:
        raise PasskeyRefused("too long")
    try:
        answer = json.loads(sent)
    except (ValueError, RecursionError) as error:
        raise PasskeyRefused("not JSON") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("id"), str) or "\0" in answer["id"]:
        raise PasskeyRefused("not a credential")
    return answer


def _check_handle(answer: dict[str, Any], subject: uuid.UUID, *, is_required: bool) -> None:
    """The user handle is the person's `sub`: a credential says whose it is, and that has to be true."""
    response = answer.get("response")
    handle = response.get("userHandle") if isinstance(response, dict) else None
    if handle is None and not is_required:
        return
    try:
        is_theirs = base64url.decode(str(handle)) == subject.bytes
    except ValueError as error:
        raise PasskeyRefused("the user handle can't be read") from error
    if not is_theirs:
        raise PasskeyRefused("the user handle is another person's")


def _descriptors(user: User) -> list[dict[str, Any]]:
    """Section 5.8.3."""
    return [
        {"id": each.credential_id, "type": "public-key", "transports": each.transports}
        for each in Passkey.objects.filter(user=user)
    ]


def _transports(answer: dict[str, Any]) -> list[str]:
    """What the browser says of how the authenticator is reached; a hint, and no more."""
    sent = answer["response"].get("transports")
    return [name for name in sent if name in _TRANSPORTS] if isinstance(sent, list) else []
