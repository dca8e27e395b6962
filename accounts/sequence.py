"""The steps of a sign-in, and which comes next: a pure decision over what was proven so far (S-103).

A step is due or it is not; the page of a step that is not the next one leads to the one that is. So no address,
empty form, second tab or reset passes one by.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

# Names of RFC 8176, and `pop` of OpenID Connect EAP: possession of a key, in hardware (hwk) or not (swk).
PASSWORD = ("pwd",)
TOTP = ("otp", "mfa")
RECOVERY = ("otp", "mfa")
MAILED = ("mca",)  # a second channel, yet no second factor: the same mailbox gives a new password
LINK = ("link",)  # no registered name; whoever reads `amr` should not take it for a password
FEDERATED = ("fed",)  # no registered name either: another provider said who it is, and how is its own matter
OTHER_DEVICE = ("xdev",)  # nor this: approved on another device, and nothing proved on this one
FIRST = frozenset({"pwd", "pop", "link", "fed", "xdev"})
MFA = frozenset({"mfa"})
SECOND = frozenset({"mfa", "mca"})
METHODS = frozenset({"pwd", "otp", "mfa", "mca", "pop", "hwk", "swk", "user"})


def passkey(*, in_hardware: bool) -> tuple[str, ...]:
    """With user verification it is two factors: what one has, and what one knows or is."""
    return ("pop", "hwk" if in_hardware else "swk", "user", "mfa")


@dataclass(frozen=True)
class Progress:
    """What a sign-in has proven, what the person could still prove, and what is wanted of it."""

    held: frozenset[str] = frozenset()
    attainable: frozenset[str] = frozenset()  # by what the person has set up
    has_second: bool = False  # an authenticator app or a passkey
    asked: frozenset[str] = frozenset()  # by an app
    policy: frozenset[str] = frozenset()  # by the person's groups
    trusted: bool = False  # the person asked this device not to ask again
    recovered: bool = False  # by a recovery code: what the policy wants may be lost
    must_change_password: bool = False
    terms_due: bool = False  # not accepted yet as they are now
    may_put_off: bool = False  # enrolment, within the grace time, and the person did

    @property
    def second_needed(self) -> frozenset[str]:
        """What a second factor has to give now; empty for whichever the person has.

        Where something new is to be set up, the mailed code is not enough: it would be a way around all others.
        """
        return self.missing if self.missing <= self.attainable else MFA

    @property
    def missing(self) -> frozenset[str]:
        """A remembered device stands in for the policy's second factor, and never for what an app asks."""
        spared = self.trusted or self.recovered
        return (self.asked - self.held) | (frozenset() if spared else self.policy - self.held)


@dataclass(frozen=True)
class Step:
    """One thing that a person does on the way in; `view` names its page."""

    name: str
    view: str
    is_due: Callable[[Progress], bool]


def is_vouched(amr: Collection[str]) -> bool:
    """Whether all that stands at the beginning of it is a yes on another device."""
    return FIRST & set(amr) == set(OTHER_DEVICE)


def _authenticate(progress: Progress) -> bool:
    lacks_password = "pwd" in progress.missing and "pwd" in progress.attainable
    # Whoever got somebody to say yes for them must not set up a way of their own to come back.
    would_enrol = bool(progress.missing - progress.attainable) and _enrol(progress)
    return not progress.held & FIRST or lacks_password or (is_vouched(progress.held) and would_enrol)


def _second_factor(progress: Progress) -> bool:
    if progress.missing and progress.missing <= progress.attainable:
        return True
    # A remembered device does not vouch for somebody who is about to set up something new.
    is_spared = progress.recovered or (progress.trusted and not progress.missing)
    enough = MFA if progress.missing else SECOND
    return progress.has_second and not is_spared and not progress.held & enough


def _new_password(progress: Progress) -> bool:
    return progress.must_change_password


def _terms(progress: Progress) -> bool:
    return progress.terms_due


def _enrol(progress: Progress) -> bool:
    if progress.asked - progress.held:
        return True
    return bool(progress.missing) and not progress.may_put_off


STEPS = (
    Step("authenticate", "accounts:login", _authenticate),
    Step("second-factor", "accounts:second-factor", _second_factor),
    Step("new-password", "accounts:password-new", _new_password),
    Step("terms", "accounts:terms-accept", _terms),
    Step("enrol", "accounts:enrol", _enrol),
)


def next_step(progress: Progress) -> Step | None:
    """None: everything is proven that has to be."""
    return next((step for step in STEPS if step.is_due(progress)), None)
