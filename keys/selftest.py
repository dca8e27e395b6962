"""Proof that the keys work: each one that is live opens, signs, and verifies with its public half (S-140)."""

from datetime import datetime

from joserfc.jwk import JWKRegistry, KeySet

from keys.models import SigningKey
from keys.ring import RingKey
from keys.rotation import ensure_schedule
from keys.schedule import State
from keys.sealing import CannotOpen
from keys.signing import sign_with
from keys.verification import InvalidToken, verify

_LIVE = (State.SIGNING, State.PUBLISHED)


class UnusableKeys(Exception):
    """The server must not start: a key cannot be opened, or does not fit its public half."""


def self_test(now: datetime) -> list[str]:
    """What is wrong with the live keys, one sentence each; an empty list is the good news. For /readyz."""
    live = [key for key in SigningKey.objects.all() if key.state(now) in _LIVE]
    return [problem for key in live if (problem := _problem(key, now))]


def prove(now: datetime) -> None:
    """For the start: makes the first keys if there are none, and raises `UnusableKeys` unless all of them work."""
    ensure_schedule(now)
    if problems := self_test(now):
        raise UnusableKeys(" ".join(problems))


def _problem(key: SigningKey, now: datetime) -> str | None:
    public = JWKRegistry.import_key(key.public_jwk)
    try:
        ring_key = RingKey(key.kid, key.algorithm, key.state(now), key.public_jwk, public, key.unseal())
        token = sign_with(ring_key, {"iss": "self-test", "exp": int(now.timestamp()) + 60}, "self-test")
        verify(
            token,
            purpose="self-test",
            algorithms=[key.algorithm],
            keys=KeySet([public]),
            issuer="self-test",
            audience=None,
            typ="self-test",
            now=now,
        )
    except CannotOpen as error:
        return f"{key} cannot be opened ({error}): IDP_ENCRYPTION_KEYS must hold the key that sealed it."
    except (InvalidToken, ValueError, TypeError) as error:
        return f"{key} does not sign what its public half verifies ({type(error).__name__})."
    return None
