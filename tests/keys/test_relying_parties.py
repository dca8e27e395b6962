"""Apps that keep the JWKS for as long as they may meet no unknown key, through two full rotations (INTEROP 13)."""

import json
import re
from datetime import datetime, timedelta

import jwt as pyjwt
import pytest
from pytest_django import Settings

from keys import jwks, rotation, schedule
from keys.signing import sign

from .conftest import DAY, HOUR

pytestmark = pytest.mark.django_db
STEP = timedelta(minutes=30)


class RelyingParty:
    """Written with PyJWT: fetches when Cache-Control lets its copy expire, and never because a kid is unknown."""

    def __init__(self, first_visit: datetime) -> None:
        self.since = self.expires = first_visit
        self.fetched = 0

    def verifies(self, token: str, now: datetime) -> None:
        if now < self.since:
            return
        if now >= self.expires:
            document = jwks.document(now)
            self.keys = pyjwt.PyJWKSet.from_dict(json.loads(document.body))
            age = re.search(r"max-age=(\d+)", document.cache_control)
            assert age is not None
            self.expires = now + timedelta(seconds=int(age[1]))
            self.fetched += 1
        key = self.keys[pyjwt.get_unverified_header(token)["kid"]]
        pyjwt.decode(token, key, algorithms=["RS256"], options={"verify_exp": False})


def walk(now: datetime, until: datetime, parties: list[RelyingParty]) -> set[str]:
    """Each step a token, verified by all at once and again when it is about to expire; returns the key ids seen."""
    living: list[tuple[datetime, str]] = []
    seen = set()
    while now < until:
        token = sign({"sub": "alice"}, typ="JWT", now=now)
        seen.add(pyjwt.get_unverified_header(token)["kid"])
        living.append((now + schedule.LONGEST_TOKEN, token))
        for party in parties:
            party.verifies(token, now)
            if living[0][0] <= now + STEP:
                party.verifies(living[0][1], now)
        living = [(expires, token) for expires, token in living if expires > now + STEP]
        now += STEP
    return seen


@pytest.fixture
def parties(now: datetime) -> list[RelyingParty]:
    """They came at different hours, so their copies grow old at different times."""
    return [RelyingParty(now + hour * HOUR / 3) for hour in range(0, 72, 13)]


def test_two_rotations_by_schedule_without_one_refusal(
    now: datetime, settings: Settings, parties: list[RelyingParty]
) -> None:
    settings.KEYS_SIGNING_PERIOD, settings.KEYS_PUBLISH_BEFORE = 4 * DAY, DAY
    settings.KEYS_JWKS_MAX_AGE = DAY  # as long as the check allows
    assert len(walk(now, now + 10 * DAY, parties)) == 3
    assert all(party.fetched < 30 for party in parties)


def test_two_rotations_by_hand_without_one_refusal(
    now: datetime, settings: Settings, parties: list[RelyingParty]
) -> None:
    settings.KEYS_PUBLISH_BEFORE = settings.KEYS_JWKS_MAX_AGE = DAY
    seen = walk(now, now + DAY / 2, parties)
    for day in (0, 2):
        rotation.rotate("RS256", now + (day + 0.5) * DAY)
        seen |= walk(now + (day + 0.5) * DAY, now + (day + 2.5) * DAY, parties)
    assert len(seen) == 3


def test_a_relying_party_that_is_told_nothing_of_the_next_key_would_fail(now: datetime) -> None:
    """That the two tests above can fail: a key that signs at once is unknown to whoever fetched before."""
    party = RelyingParty(now)
    party.verifies(sign({}, typ="JWT", now=now), now)
    rotation.revoke(rotation.ensure_schedule(now)[0].kid, now)
    with pytest.raises(KeyError):
        party.verifies(sign({}, typ="JWT", now=now + timedelta(seconds=5)), now + timedelta(seconds=5))
