"""The decision table of an authorization request (OIDC Core section 3.1.2.3), without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.authorization.steps import Facts, Step, Wishes, next_step
from idp.protocol.errors import (
    AccessDenied,
    AccountSelectionRequired,
    ConsentRequired,
    LoginRequired,
    OAuthError,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def wishes(*prompt: str, max_age: int | None = None, hint: str = "", asked_at: datetime = NOW) -> Wishes:
    return Wishes(frozenset(prompt), max_age, hint, asked_at)


def facts(*, ago: timedelta = 5 * MINUTE, **changes: object) -> Facts:
    return Facts(**{"subject": "alice", "auth_time": NOW - ago, "remembered": True, **changes})  # type: ignore[arg-type]


NOBODY = Facts()


@pytest.mark.parametrize(
    ("asked", "found", "step"),
    [
        (wishes(), NOBODY, Step.LOGIN),
        (wishes(), facts(), Step.GRANT),
        (wishes(), facts(remembered=False), Step.CONSENT),
        (wishes(), facts(remembered=False, consented_now=True), Step.GRANT),
        (wishes("consent"), facts(), Step.CONSENT),
        (wishes("consent"), facts(consented_now=True), Step.GRANT),
        (wishes("login"), facts(), Step.REAUTHENTICATE),
        (wishes("login", asked_at=NOW - 10 * MINUTE), facts(), Step.GRANT),
        (wishes("login"), NOBODY, Step.LOGIN),
        (wishes("select_account"), facts(), Step.CHOOSE_ACCOUNT),
        (wishes("select_account"), facts(chosen=True), Step.GRANT),
        (wishes("select_account", "login"), facts(chosen=True), Step.REAUTHENTICATE),
        (wishes("login", "consent", asked_at=NOW - 10 * MINUTE), facts(), Step.CONSENT),
        (wishes(max_age=0), facts(), Step.REAUTHENTICATE),
        (wishes(max_age=0, asked_at=NOW - 10 * MINUTE), facts(ago=MINUTE / 2), Step.GRANT),
        (wishes(max_age=299), facts(), Step.REAUTHENTICATE),
        (wishes(max_age=301), facts(), Step.GRANT),
        (wishes(hint="alice"), facts(), Step.GRANT),
        (wishes(hint="bob"), facts(), Step.LOGIN),
        (wishes("none"), facts(), Step.GRANT),
    ],
)
def test_the_next_step_is(asked: Wishes, found: Facts, step: Step) -> None:
    assert next_step(asked, found, now=NOW) is step


@pytest.mark.parametrize(
    ("asked", "ago"),
    [
        (wishes(max_age=0, asked_at=NOW - 10 * MINUTE), MINUTE),
        (wishes(max_age=120, asked_at=NOW - 10 * MINUTE), 2 * MINUTE),
        (wishes("login", asked_at=NOW - 20 * MINUTE), 10 * MINUTE),
        (wishes("login", max_age=60, asked_at=NOW - 20 * MINUTE), 5 * MINUTE),
    ],
)
def test_s_012_a_sign_in_for_a_request_grows_old_while_the_request_waits(
    asked: Wishes, ago: timedelta
) -> None:
    """OIDC Core section 3.1.2.1 counts max_age up to the answer."""
    assert next_step(asked, facts(ago=ago), now=NOW) is Step.REAUTHENTICATE


@pytest.mark.parametrize(
    ("asked", "found", "error"),
    [
        (wishes("none"), NOBODY, LoginRequired),
        (wishes("none"), facts(remembered=False), ConsentRequired),
        (wishes("none", max_age=60), facts(), LoginRequired),
        (wishes("none", hint="bob"), facts(), LoginRequired),
        (wishes(), facts(may_use=False), AccessDenied),
        (wishes(), facts(may_use=False, remembered=False), AccessDenied),
        (wishes("none"), facts(may_use=False), AccessDenied),
    ],
)
def test_s_012_a_silent_request_is_refused_with(asked: Wishes, found: Facts, error: type[OAuthError]) -> None:
    with pytest.raises(error):
        next_step(asked, found, now=NOW)


def test_s_012_a_silent_request_that_wants_a_choice_is_refused() -> None:
    # prompt=none with another value is refused before; the table still has an answer.
    with pytest.raises(AccountSelectionRequired):
        next_step(wishes("none", "select_account"), facts(), now=NOW)


@pytest.mark.parametrize(
    ("found", "asked_at", "step"),
    [
        (NOBODY, NOW, Step.CREATE_ACCOUNT),
        (facts(), NOW, Step.CREATE_ACCOUNT),
        (facts(), NOW - 10 * MINUTE, Step.GRANT),
    ],
)
def test_prompt_create_is_for_who_has_not_signed_in_since(
    found: Facts, asked_at: datetime, step: Step
) -> None:
    assert next_step(wishes("create", asked_at=asked_at), found, now=NOW) is step


@given(
    prompt=st.frozensets(st.sampled_from(["login", "consent", "select_account"])),
    max_age=st.none() | st.integers(0, 10_000),
    hint=st.sampled_from(["", "alice", "bob"]),
    found=st.builds(
        Facts,
        subject=st.sampled_from(["", "alice"]),
        auth_time=st.none() | st.integers(0, 10_000).map(lambda s: NOW - timedelta(seconds=s)),
        chosen=st.booleans(),
        remembered=st.booleans(),
        consented_now=st.booleans(),
    ),
)
def test_silence_never_asks_and_agrees_with_the_loud_answer(
    prompt: frozenset[str], max_age: int | None, hint: str, found: Facts
) -> None:
    loud = next_step(Wishes(prompt, max_age, hint, NOW), found, now=NOW)
    silent = Wishes(prompt | {"none"}, max_age, hint, NOW)
    if loud is Step.GRANT:
        assert next_step(silent, found, now=NOW) is Step.GRANT
    else:
        with pytest.raises(OAuthError):
            next_step(silent, found, now=NOW)
