"""Passkeys against an authenticator in software: what is proven, and all that is refused (S-105)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from webauthn import generate_authentication_options, generate_registration_options, options_to_json
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.factors import ceremonies, passkeys
from accounts.factors.passkeys import LOGIN, PasskeyRefused
from accounts.models import Passkey, UsedChallenge, User
from tests.authenticator import USER_PRESENT, USER_VERIFIED, Authenticator, text
from tests.factories import make_user

NOW = datetime.now(UTC)


@pytest.fixture
def device() -> Authenticator:
    return Authenticator()


def registered(user: User, device: Authenticator) -> Passkey:
    purpose = passkeys.registration_of(user)
    answer = device.create(passkeys.registration_options(user, purpose))
    return passkeys.register(user, answer, purpose=purpose, name="Laptop", now=NOW)


@pytest.fixture
def passkey(alice: User, device: Authenticator) -> Passkey:
    return registered(alice, device)


def test_a_passkey_is_registered_with_what_it_says_of_itself(alice: User, passkey: Passkey) -> None:
    assert (passkey.user, passkey.name, passkey.transports) == (alice, "Laptop", ["internal"])
    assert (passkey.backup_eligible, passkey.backed_up) == (True, True)


def test_it_proves_who_answers(alice: User, passkey: Passkey, device: Authenticator) -> None:
    found = passkeys.check(device.get(passkeys.login_options()), purpose=LOGIN, now=NOW)
    assert found.user == alice
    passkey.refresh_from_db()
    assert passkey.last_used_at == NOW


def test_a_key_that_stays_in_its_device_says_so(alice: User) -> None:
    bound = registered(alice, Authenticator(flags=USER_PRESENT | USER_VERIFIED))
    assert set(passkeys.proves(bound)) == {"pop", "hwk", "user", "mfa"}
    synced = registered(alice, Authenticator(credential_id=b"another"))
    assert set(passkeys.proves(synced)) == {"pop", "swk", "user", "mfa"}


def _other_origin(device: Authenticator) -> dict[str, Any]:
    device.origin = "https://evil.example"
    return {}


def _other_rp(device: Authenticator) -> dict[str, Any]:
    device.rp_id = "evil.example"
    return {}


def _not_verified(device: Authenticator) -> dict[str, Any]:
    device.flags &= ~USER_VERIFIED
    return {}


REFUSED: dict[str, Callable[[Authenticator], dict[str, Any]]] = {
    "another origin": _other_origin,
    "another relying party": _other_rp,
    "the user was not verified": _not_verified,
    "the other ceremony": lambda device: {"type": "webauthn.create"},
    "a challenge that we did not make": lambda device: {"challenge": text(b"x" * 32)},
    "a challenge that is no text": lambda device: {"challenge": text(b"\xff\xfe")},
    "a wrong signature": lambda device: {"signature": b"0" * 70},
    "another person's handle": lambda device: {"user_handle": b"0" * 16},
    "no handle": lambda device: {"user_handle": b""},
}


@pytest.mark.parametrize("spoil", REFUSED.values(), ids=REFUSED.keys())
def test_s_105_an_answer_is_refused_with(
    passkey: Passkey, device: Authenticator, spoil: Callable[[Authenticator], dict[str, Any]]
) -> None:
    changes = spoil(device)
    with pytest.raises(PasskeyRefused):
        passkeys.check(device.get(passkeys.login_options(), **changes), purpose=LOGIN, now=NOW)
    passkey.refresh_from_db()
    assert passkey.last_used_at is None


def test_s_105_a_challenge_is_answered_once(passkey: Passkey, device: Authenticator) -> None:
    options = passkeys.login_options()
    passkeys.check(device.get(options), purpose=LOGIN, now=NOW)
    with pytest.raises(PasskeyRefused, match="before"):
        passkeys.check(device.get(options), purpose=LOGIN, now=NOW)
    assert UsedChallenge.objects.filter(expires_at__gt=NOW).exists()


def test_s_105_a_challenge_is_for_one_thing(alice: User, passkey: Passkey, device: Authenticator) -> None:
    options = passkeys.login_options(passkeys.second_factor_of(alice), alice)
    with pytest.raises(PasskeyRefused, match="something else"):
        passkeys.check(device.get(options), purpose=LOGIN, now=NOW)


def test_s_105_a_challenge_grows_old(passkey: Passkey, device: Authenticator) -> None:
    options, later = passkeys.login_options(), timezone.now() + timedelta(minutes=61)
    with time_machine.travel(later), pytest.raises(PasskeyRefused, match="old"):
        passkeys.check(device.get(options), purpose=LOGIN, now=later)


def test_s_105_a_counter_that_goes_back_is_a_copy(alice: User) -> None:
    device = Authenticator(counter=5)
    registered(alice, device)
    passkeys.check(device.get(passkeys.login_options()), purpose=LOGIN, now=NOW)
    device.counter = 5
    with pytest.raises(PasskeyRefused, match="count"):
        passkeys.check(device.get(passkeys.login_options()), purpose=LOGIN, now=NOW)


def test_s_105_of_two_answers_with_one_count_the_first_alone_counts(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy answers at the same moment: both were judged by the counter as it was."""
    device = Authenticator(counter=5)
    registered(alice, device)
    judged = ceremonies.asserted

    def slowly(*arguments: Any, **named: Any) -> Any:
        proven = judged(*arguments, **named)
        Passkey.objects.update(sign_count=proven.new_sign_count)
        return proven

    monkeypatch.setattr(ceremonies, "asserted", slowly)
    with pytest.raises(PasskeyRefused, match="moved on"):
        passkeys.check(device.get(passkeys.login_options()), purpose=LOGIN, now=NOW)


def test_s_105_the_passkey_of_somebody_else_is_no_second_factor(
    passkey: Passkey, device: Authenticator
) -> None:
    bob = make_user("bob")
    options = passkeys.login_options(passkeys.second_factor_of(bob))
    with pytest.raises(PasskeyRefused, match="unknown"):
        passkeys.check(device.get(options), purpose=passkeys.second_factor_of(bob), user=bob, now=NOW)


def test_a_credential_is_registered_once(alice: User, passkey: Passkey, device: Authenticator) -> None:
    with pytest.raises(PasskeyRefused, match="already"):
        registered(make_user("bob"), device)
    assert json.loads(passkeys.registration_options(alice, "x"))["excludeCredentials"]


@pytest.mark.parametrize(
    "device",
    [
        Authenticator(flags=USER_PRESENT),
        Authenticator(origin="https://evil.example"),
        Authenticator(rp_id="evil.example"),
    ],
    ids=["the user was not verified", "another origin", "another host"],
)
def test_s_105_a_registration_is_refused_where(alice: User, device: Authenticator) -> None:
    with pytest.raises(PasskeyRefused):
        registered(alice, device)
    assert not Passkey.objects.exists()


def test_s_105_a_registration_is_for_the_person_who_asked(alice: User, device: Authenticator) -> None:
    answer = device.create(passkeys.registration_options(alice, passkeys.registration_of(alice)))
    bob = make_user("bob")
    with pytest.raises(PasskeyRefused):
        passkeys.register(bob, answer, purpose=passkeys.registration_of(bob), name="x", now=NOW)


GARBAGE = [
    *("", "{}", "[]", "null", "x" * 20_000, "[" * 9000),
    *('{"id": 1}', '{"id": "\\u0000"}', '{"id": "a", "response": 1}'),
]


@pytest.mark.parametrize("sent", GARBAGE)
def test_s_015_what_is_no_credential_is_refused(alice: User, sent: str) -> None:
    with pytest.raises(PasskeyRefused):
        passkeys.check(sent, purpose=LOGIN, now=NOW)
    with pytest.raises(PasskeyRefused):
        passkeys.register(alice, sent, purpose="x", name="x", now=NOW)


@pytest.mark.parametrize("part", ["authenticatorData", "signature", "userHandle", "clientDataJSON"])
@pytest.mark.parametrize("value", [None, 1, [], {}, "", "!", "AAAA", "\u0000", "é" * 10])
def test_s_015_a_part_that_is_spoilt_is_refused(
    passkey: Passkey, device: Authenticator, part: str, value: object
) -> None:
    answer = json.loads(device.get(passkeys.login_options()))
    answer["response"][part] = value
    with pytest.raises(PasskeyRefused):
        passkeys.check(json.dumps(answer), purpose=LOGIN, now=NOW)


@pytest.mark.parametrize(
    "value", [None, 1, "", "AAAA", text(b"\xa0"), text(b"\xbf" * 40), text(b"\x9f" * 3000)]
)
def test_s_015_a_spoilt_attestation_is_refused(alice: User, device: Authenticator, value: object) -> None:
    purpose = passkeys.registration_of(alice)
    answer = json.loads(device.create(passkeys.registration_options(alice, purpose)))
    answer["response"]["attestationObject"] = value
    with pytest.raises(PasskeyRefused):
        passkeys.register(alice, json.dumps(answer), purpose=purpose, name="x", now=NOW)


@pytest.mark.parametrize(
    ("issuer", "possible"),
    [
        ("http://localhost:8000", True),
        ("https://id.example.com", True),
        ("http://id.example.com", False),
        ("https://10.0.0.1", False),
        ("http://127.0.0.1:8000", False),
    ],
)
def test_passkeys_need_a_host_name_and_https(settings: Any, issuer: str, possible: bool) -> None:
    settings.ISSUER, settings.HTTPS = issuer, issuer.startswith("https")
    assert passkeys.are_possible() is possible


class TestTheOptions:
    """Written out, so that a page with a button needs no library; they are what the library would ask for."""

    def test_of_a_sign_in(self, db: None) -> None:
        alice = make_user("alice")
        Passkey.objects.create(user=alice, credential_id="MTI", transports=["usb"], created_at=timezone.now())
        ours = json.loads(passkeys.login_options(user=alice))
        theirs = generate_authentication_options(
            rp_id=passkeys.relying_party(),
            challenge=base64url_to_bytes(ours["challenge"]),
            allow_credentials=[descriptor()],
            user_verification=UserVerificationRequirement.REQUIRED,
            timeout=300_000,
        )
        assert ours == json.loads(options_to_json(theirs))

    def test_of_a_registration(self, db: None) -> None:
        alice = make_user("alice")
        Passkey.objects.create(user=alice, credential_id="MTI", transports=["usb"], created_at=timezone.now())
        ours = json.loads(passkeys.registration_options(alice, "register"))
        theirs = generate_registration_options(
            rp_id=passkeys.relying_party(),
            rp_name=passkeys.relying_party(),
            user_name=alice.username_display,
            user_id=alice.pk.bytes,
            user_display_name=alice.shown_name,
            challenge=base64url_to_bytes(ours["challenge"]),
            exclude_credentials=[descriptor()],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            timeout=300_000,
        )
        assert ours == json.loads(options_to_json(theirs))

    def test_the_ways_to_reach_an_authenticator_are_those_of_the_library(self) -> None:
        assert {each.value for each in AuthenticatorTransport} == passkeys._TRANSPORTS


def descriptor() -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(id=b"12", transports=[AuthenticatorTransport.USB])
