"""What has to happen next with an authorization request: a pure decision over facts (OIDC Core section 3.1.2.3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from idp.protocol.errors import (
    AccessDenied,
    AccountSelectionRequired,
    ConsentRequired,
    LoginRequired,
    OAuthError,
    UnmetAuthenticationRequirements,
)


class Step(Enum):
    """Grant, or what the person is asked before."""

    CREATE_ACCOUNT = auto()
    CHOOSE_ACCOUNT = auto()
    LOGIN = auto()
    REAUTHENTICATE = auto()
    STEP_UP = auto()
    CONSENT = auto()
    GRANT = auto()


LONGEST_SINCE_LOGIN = timedelta(minutes=10)  # for prompt=login: who then decides has that long
SHORTEST_MAX_AGE = timedelta(
    minutes=1
)  # with a shorter one nobody could agree to anything after their sign-in


@dataclass(frozen=True)
class Wishes:
    """What the app asked of the interaction."""

    prompt: frozenset[str]
    max_age: int | None
    hinted_subject: str
    asked_at: datetime
    subjects: tuple[str, ...] | None = None  # one of these, where the claims parameter names them
    acr_values: tuple[str, ...] | None = None  # one of these has to be reached, where it is essential
    required: tuple[str, ...] | None = None  # and one of these, by an admin's word
    preferred: tuple[
        str, ...
    ] = ()  # one of these is reached if the person can; otherwise what there is will do


@dataclass(frozen=True)
class Facts:
    """Who is here, as this app knows them, and what they have done. `subject` is "" when nobody is signed in."""

    subject: str = ""
    auth_time: datetime | None = None
    levels: tuple[str, ...] = ()
    reachable: tuple[str, ...] = ()  # with what the person has set up
    stepped_up_at: datetime | None = None  # when more than the first proof was last asked for
    chosen: bool = False
    may_use: bool = True
    remembered: bool = False
    consented_now: bool = False
    choice: bool = False  # nobody is the browser's current person, yet somebody who would do is signed in


def next_step(wishes: Wishes, facts: Facts, *, now: datetime) -> Step:
    """The step; with prompt=none anything but GRANT is raised as the error that names it (S-012)."""
    step = _next(wishes, facts, now)
    if "none" in wishes.prompt and step is not Step.GRANT:
        raise _silent(step, wishes, facts, now)
    if step in (Step.CONSENT, Step.GRANT) and not facts.may_use:
        raise AccessDenied(
            "This person may not use this app.", reason="in none of the app's groups", check="groups"
        )
    return step


def _next(wishes: Wishes, facts: Facts, now: datetime) -> Step:
    if "create" in wishes.prompt and (facts.auth_time is None or facts.auth_time < wishes.asked_at):
        return Step.CREATE_ACCOUNT
    if not facts.subject or facts.auth_time is None:
        return Step.CHOOSE_ACCOUNT if facts.choice else Step.LOGIN
    if "select_account" in wishes.prompt and not facts.chosen:
        return Step.CHOOSE_ACCOUNT
    if wishes.hinted_subject and wishes.hinted_subject != facts.subject:
        return Step.LOGIN
    if wishes.subjects is not None and facts.subject not in wishes.subjects:
        return Step.LOGIN
    if not _fresh(wishes, facts.auth_time, now):
        return Step.REAUTHENTICATE
    for wanted in (wishes.required, wishes.acr_values):
        if wanted is not None and not set(wanted) & set(facts.levels):
            return _step_up(wishes, wanted, facts, facts.auth_time)
    if _could_do_better(wishes, facts, facts.auth_time):
        return Step.STEP_UP
    if not facts.consented_now and ("consent" in wishes.prompt or not facts.remembered):
        return Step.CONSENT
    return Step.GRANT


def _step_up(wishes: Wishes, wanted: tuple[str, ...], facts: Facts, auth_time: datetime) -> Step:
    """More proof may reach the level; what was asked for this very request, in vain, did not."""
    could = set(wanted) & set(facts.reachable)
    if _asked_since(wishes, facts) or (auth_time >= wishes.asked_at and not could):
        raise UnmetAuthenticationRequirements(
            "This sign-in does not reach the acr that is asked for.",
            check="acr-reached",
            expected=wanted,
            received=facts.levels,
            reachable=facts.reachable,
        )
    return Step.STEP_UP if could else Step.REAUTHENTICATE


def _could_do_better(wishes: Wishes, facts: Facts, auth_time: datetime) -> bool:
    """A wish is worth a question, once, to somebody who can grant it; never in silence (OIDC Core section 5.5.1.1)."""
    if "none" in wishes.prompt or set(wishes.preferred) & set(facts.levels):
        return False
    return bool(set(wishes.preferred) & set(facts.reachable)) and not _asked_since(wishes, facts)


def _asked_since(wishes: Wishes, facts: Facts) -> bool:
    return facts.stepped_up_at is not None and facts.stepped_up_at >= wishes.asked_at


def _fresh(wishes: Wishes, auth_time: datetime, now: datetime) -> bool:
    """At the answer, which may come long after the sign-in. max_age=0 is prompt=login: a sign-in since the request."""
    was_for_this, age = auth_time >= wishes.asked_at, now - auth_time
    if "login" in wishes.prompt and not (was_for_this and age < LONGEST_SINCE_LOGIN):
        return False
    if wishes.max_age is None:
        return True
    allowed = timedelta(seconds=wishes.max_age)
    return age < (max(allowed, SHORTEST_MAX_AGE) if was_for_this else allowed)


def _silent(step: Step, wishes: Wishes, facts: Facts, now: datetime) -> OAuthError:
    """The error that names a step which prompt=none rules out (OIDC Core section 3.1.2.6)."""
    match step:
        case Step.CHOOSE_ACCOUNT:
            return AccountSelectionRequired("The person has to choose an account.")
        case Step.CONSENT:
            return ConsentRequired("The person has not agreed to this app and scope yet.")
        case Step.STEP_UP:
            return LoginRequired(
                "The sign-in is of too low a level.", check="sign-in-fresh", received=facts.levels
            )
        case Step.REAUTHENTICATE:
            return LoginRequired(
                "The sign-in is older than max_age allows, or of too low a level.",
                check="sign-in-fresh",
                max_age=wishes.max_age,
                seconds_since_sign_in=int((now - (facts.auth_time or now)).total_seconds()),
                level_expected=wishes.required or wishes.acr_values,
                level_reached=facts.levels,
            )
    return LoginRequired(
        "Nobody is signed in, or somebody else than the hint says.",
        somebody_is_signed_in=bool(facts.subject),
        the_hint_names_somebody=bool(wishes.hinted_subject or wishes.subjects),
    )
