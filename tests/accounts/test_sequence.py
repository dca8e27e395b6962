"""Which step of a sign-in comes next, as a table (S-103), without a database."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.sequence import FIRST, METHODS, SECOND, STEPS, Progress, next_step, passkey

PWD, OTP = frozenset({"pwd"}), frozenset({"otp", "mfa"})
KEY = frozenset(passkey(in_hardware=False))
XDEV = frozenset({"xdev"})
MFA, POP = frozenset({"mfa"}), frozenset({"pop"})


def progress(held: frozenset[str] = frozenset(), **changes: Any) -> Progress:
    return Progress(held=held, **changes)


WITH_APP: dict[str, Any] = {"has_second": True, "attainable": PWD | OTP}
WITH_KEY: dict[str, Any] = {"has_second": True, "attainable": PWD | KEY}
MAILED = frozenset({"mca"})

TABLE = {
    "nothing is proven": (progress(), "authenticate"),
    "a second factor alone is no beginning": (progress(OTP, **WITH_APP), "authenticate"),
    "a mailed code alone is no beginning": (progress(MAILED, **WITH_APP), "authenticate"),
    "a password, and nothing else is wanted": (progress(PWD), None),
    "a link of an admin": (progress(frozenset({"link"})), None),
    "a passkey is a full sign-in": (progress(KEY, **WITH_KEY), None),
    "a password of somebody with an app": (progress(PWD, **WITH_APP), "second-factor"),
    "a password of somebody with a passkey": (progress(PWD, **WITH_KEY), "second-factor"),
    "a link does not pass by the app": (progress(frozenset({"link"}), **WITH_APP), "second-factor"),
    "a yes on another device": (progress(XDEV), None),
    "it does not pass by the app": (progress(XDEV, **WITH_APP), "second-factor"),
    "nor by a passkey": (progress(XDEV, **WITH_KEY), "second-factor"),
    "nor by a password that an app asks for": (progress(XDEV, asked=PWD, attainable=PWD), "authenticate"),
    "it sets up nothing new": (progress(XDEV, policy=MFA), "authenticate"),
    "nor for an app": (progress(XDEV, asked=POP, **WITH_APP), "authenticate"),
    "but what can be put off": (progress(XDEV, policy=MFA, may_put_off=True), None),
    "nor anything with a second factor": (progress(XDEV | OTP, policy=POP, **WITH_APP), "authenticate"),
    "and a password after it makes that good": (progress(XDEV | PWD, policy=MFA), "enrol"),
    "password and code": (progress(PWD | OTP, **WITH_APP), None),
    "password and mailed code": (progress(PWD | MAILED, **WITH_APP), None),
    "a remembered device": (progress(PWD, trusted=True, **WITH_APP), None),
    "it does not help against an app's wish": (
        progress(PWD, trusted=True, asked=MFA, **WITH_APP),
        "second-factor",
    ),
    "a mailed code sets up nothing new": (progress(PWD | MAILED, policy=POP, **WITH_APP), "second-factor"),
    "a mailed code does not either": (progress(PWD | MAILED, asked=MFA, **WITH_APP), "second-factor"),
    "a new password is required": (progress(PWD, must_change_password=True), "new-password"),
    "after the second factor, never in its place": (
        progress(PWD, must_change_password=True, **WITH_APP),
        "second-factor",
    ),
    "also for who came by passkey": (progress(KEY, must_change_password=True, **WITH_KEY), "new-password"),
    "terms come after the second factor": (progress(PWD, terms_due=True, **WITH_APP), "second-factor"),
    "and after a new password": (progress(PWD, terms_due=True, must_change_password=True), "new-password"),
    "also for who came by passkey, to the terms": (progress(KEY, terms_due=True, **WITH_KEY), "terms"),
    "and before enrolment": (progress(PWD, terms_due=True, policy=MFA), "terms"),
    "a policy wants a second factor": (progress(PWD, policy=MFA), "enrol"),
    "within the grace time it may be put off": (progress(PWD, policy=MFA, may_put_off=True), None),
    "an app's demand may not": (progress(PWD, asked=MFA, may_put_off=True), "enrol"),
    "a policy is met": (progress(PWD | OTP, policy=MFA, **WITH_APP), None),
    "a policy wants a passkey of somebody with an app": (
        progress(PWD, policy=POP, **WITH_APP),
        "second-factor",
    ),
    "and then that it is set up": (progress(PWD | OTP, policy=POP, **WITH_APP), "enrol"),
    "a remembered device does not set up what is new": (
        progress(PWD, asked=POP, trusted=True, **WITH_APP),
        "second-factor",
    ),
    "a remembered device within a policy": (progress(PWD, policy=MFA, trusted=True, **WITH_APP), None),
    "a recovery code, and the passkey is lost": (
        progress(PWD | OTP, policy=POP, recovered=True, **WITH_KEY),
        None,
    ),
    "a new password comes before enrolment": (
        progress(PWD, policy=MFA, must_change_password=True),
        "new-password",
    ),
    "an app wants the password of somebody with a passkey session": (
        progress(KEY, asked=PWD, attainable=PWD | KEY, has_second=True),
        "authenticate",
    ),
}


@pytest.mark.parametrize(("found", "name"), TABLE.values(), ids=TABLE.keys())
def test_s_103_the_next_step(found: Progress, name: str | None) -> None:
    step = next_step(found)
    assert (step.name if step else None) == name


_methods = st.frozensets(st.sampled_from(sorted(METHODS | {"link"})))
_any = st.builds(
    Progress,
    held=_methods,
    attainable=_methods,
    has_second=st.booleans(),
    asked=st.frozensets(st.sampled_from(["mfa", "pop", "otp"])),
    policy=st.sampled_from([frozenset(), MFA, POP]),
    trusted=st.booleans(),
    recovered=st.booleans(),
    must_change_password=st.booleans(),
    terms_due=st.booleans(),
    may_put_off=st.booleans(),
)


@given(_any)
def test_s_103_whoever_is_in_has_proven_all_that_was_wanted(found: Progress) -> None:
    if next_step(found) is None:
        assert found.held & FIRST
        assert found.asked <= found.held
        assert not found.must_change_password
        assert not found.terms_due
        assert found.held & SECOND or not found.has_second or found.trusted or found.recovered
        assert found.policy <= found.held or found.trusted or found.recovered or found.may_put_off


# As people and apps are: a factor proves all that it proves, and the levels of apps stand one above the other.
_FACTORS = {"totp": OTP, "hardware": frozenset(passkey(in_hardware=True)), "synced": KEY}
_WAYS = st.sampled_from([PWD, XDEV, MAILED, frozenset({"link"}), *_FACTORS.values()])
_real = st.builds(
    lambda found, factors, asked: replace(
        found,
        attainable=PWD.union(*(_FACTORS[name] for name in factors)),
        has_second=bool(factors),
        asked=asked,
    ),
    _any,
    st.sets(st.sampled_from(sorted(_FACTORS))),
    st.sampled_from([frozenset(), MFA, MFA | POP, MFA | POP | {"hwk"}]),
)


@given(_real, _WAYS)
def test_s_103_more_proof_never_leads_back(found: Progress, more: frozenset[str]) -> None:
    names = [None, *[step.name for step in reversed(STEPS)]]

    def left(progress: Progress) -> int:
        step = next_step(progress)
        return names.index(step.name if step else None)

    assert left(replace(found, held=found.held | more)) <= left(found)
