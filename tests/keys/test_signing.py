"""Signing: what other libraries make of our tokens, and what a signature must never cost."""

import base64
import json
from collections import Counter
from datetime import datetime

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import serialization
from pytest_django import Settings

from keys import algorithms, jwks, rotation
from keys.ring import NoSigningKey, ring
from keys.signing import sign

from .conftest import DAY

pytestmark = pytest.mark.django_db
ALL = ["RS256", "PS256", "ES256", "EdDSA"]


def claims(now: datetime) -> dict[str, object]:
    return {"iss": "https://id.example.com", "sub": "Zoë", "aud": "app", "exp": int(now.timestamp()) + 600}


@pytest.mark.parametrize("algorithm", ALL)
def test_an_independent_library_verifies_with_the_published_key(algorithm: str, settings: Settings) -> None:
    settings.KEYS_ALGORITHMS = sorted({"RS256", algorithm})
    now = datetime.now().astimezone()
    token = sign(claims(now), typ="JWT", algorithm=algorithm, now=now)
    published = pyjwt.PyJWKSet.from_dict(json.loads(jwks.document(now).body))
    header = pyjwt.get_unverified_header(token)
    assert header == {"alg": algorithm, "typ": "JWT", "kid": ring(now).signing(algorithm).kid}
    found = pyjwt.decode(token, published[header["kid"]], algorithms=[algorithm], audience="app")
    assert found == claims(now)


@pytest.mark.parametrize("part", [0, 1, 2])
def test_an_independent_library_refuses_a_token_with_one_changed_character(part: int) -> None:
    now = datetime.now().astimezone()
    parts = sign(claims(now), typ="JWT", now=now).split(".")
    place = len(parts[part]) // 2
    parts[part] = parts[part][:place] + ("A" if parts[part][place] != "A" else "B") + parts[part][place + 1 :]
    published = pyjwt.PyJWKSet.from_dict(json.loads(jwks.document(now).body))
    with pytest.raises(pyjwt.InvalidTokenError):
        pyjwt.decode(".".join(parts), published.keys[0], algorithms=["RS256"], audience="app")


def test_the_token_has_three_parts_that_anyone_can_read(now: datetime) -> None:
    header, payload, signature = sign(claims(now), typ="at+jwt", now=now).split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "=="))["typ"] == "at+jwt"
    assert json.loads(base64.urlsafe_b64decode(payload + "==")) == claims(now)
    assert len(base64.urlsafe_b64decode(signature + "==")) == 256


def test_no_private_key_is_parsed_for_a_signature(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """38 ms and more a token in other providers; here once in a process."""
    parsed: Counter[str] = Counter()
    load = serialization.load_der_private_key

    def counted(*args: object, **kwargs: object) -> object:
        parsed["times"] += 1
        return load(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(algorithms.serialization, "load_der_private_key", counted)
    for minute in range(20):  # a new ring for each
        sign(claims(now), typ="JWT", now=now + minute * DAY / 1440)
    assert parsed["times"] == 1


def test_a_signature_asks_the_database_nothing(now: datetime, django_assert_num_queries: object) -> None:
    sign(claims(now), typ="JWT", now=now)
    with django_assert_num_queries(0):  # type: ignore[operator]
        sign(claims(now), typ="JWT", now=now)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_json_is_not_signed(now: datetime, value: float) -> None:
    with pytest.raises(ValueError):
        sign({"exp": value}, typ="JWT", now=now)


def test_an_algorithm_not_in_use_does_not_sign(now: datetime) -> None:
    with pytest.raises(NoSigningKey):
        sign({}, typ="JWT", algorithm="ES256", now=now)


def test_the_successor_signs_from_its_hour_on(now: datetime) -> None:
    rotation.ensure_schedule(now)
    successor = rotation.rotate("RS256", now)
    kids = [
        pyjwt.get_unverified_header(sign({}, typ="JWT", now=at))["kid"]
        for at in (now + 7 * DAY - DAY / 86400, now + 7 * DAY)
    ]
    assert kids[0] != successor.kid
    assert kids[1] == successor.kid
