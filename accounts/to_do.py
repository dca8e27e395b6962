"""What a person could do for their account: only what applies to them, and why. No score, no nagging."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import policies, unfamiliar
from accounts.factors import passkeys
from accounts.factors.owned import Owned
from accounts.models import Session, User
from accounts.policies import Policy

FEW_CODES = 3


@dataclass(frozen=True)
class Facts:
    """What the list is made from."""

    owned: Owned = field(default_factory=Owned)
    passkeys: int = 0
    can_passkey: bool = True
    email: str = ""
    email_verified: bool = True
    wanted: frozenset[str] = frozenset()  # by the policy of a group, and not there yet
    enrol_by: datetime | None = None
    unfamiliar: int = 0


@dataclass(frozen=True)
class Task:
    what: str
    why: str
    url: str
    is_urgent: bool = False


def facts(user: User, has: Owned, *, keys: int, session: Session, now: datetime) -> Facts:
    policy = policies.of(user)
    missing = policy.methods - has.attainable
    return Facts(
        owned=has,
        passkeys=keys,
        can_passkey=passkeys.are_possible(),
        email=user.email,
        email_verified=user.email_verified,
        wanted=missing,
        enrol_by=_enrol_by(user, policy, now=now),
        unfamiliar=unfamiliar.to_look_at(user, seen_from=session, now=now).count(),
    )


def _enrol_by(user: User, policy: Policy, *, now: datetime) -> datetime | None:
    """Its days are counted from a sign-in, so none that is over, or has not begun, is told."""
    until = min(user.enrol_by, now + policy.grace) if user.enrol_by else now
    return until if until > now else None


def _sign_ins(facts: Facts) -> Iterator[Task]:
    if facts.unfamiliar:
        what = ngettext(
            "Look at a sign-in from a new device or place",
            "Look at %(count)s sign-ins from new devices or places",
            facts.unfamiliar,
        ) % {"count": facts.unfamiliar}
        why = _("If one was not you, somebody has what you sign in with.")
        yield Task(what, why, reverse("accounts:sessions"), is_urgent=True)


def _policy(facts: Facts) -> Iterator[Task]:
    if not facts.wanted:
        return
    what = _("Set up a passkey") if "pop" in facts.wanted else _("Set up a second factor")
    if facts.enrol_by:
        day = date_format(timezone.localtime(facts.enrol_by), "DATE_FORMAT")
        why = _("Every sign-in asks for it from %(day)s on.") % {"day": day}
    else:
        why = _("Your next sign-in asks for it.")
    page = "accounts:new-passkey" if "pop" in facts.wanted else "accounts:security"
    yield Task(what, why, reverse(page), is_urgent=True)


def _passkey(facts: Facts) -> Iterator[Task]:
    url = reverse("accounts:new-passkey")
    if not facts.can_passkey or "pop" in facts.wanted:
        return
    if not facts.passkeys:
        if facts.owned.second:
            why = _("It signs you in alone, and can't be typed into a wrong page.")
        else:
            why = _("With it, a stolen password alone opens nothing.")
        yield Task(_("Add a passkey"), why, url)
    elif facts.passkeys == 1:
        if facts.owned.password:
            why = _("When you lose the device that keeps the only one, the other still signs you in.")
        else:
            why = _("It is your only way in: lose the device that keeps it, and you are locked out.")
        yield Task(_("Add a second passkey"), why, url, is_urgent=not facts.owned.password)


def _second_factor(facts: Facts) -> Iterator[Task]:
    """Where there can be no passkeys."""
    if not facts.can_passkey and not facts.owned.second and not facts.wanted:
        why = _("With it, a stolen password alone opens nothing.")
        yield Task(_("Add an authenticator app"), why, reverse("accounts:new-app"))


def _codes(facts: Facts) -> Iterator[Task]:
    left = facts.owned.recovery_codes
    if not facts.owned.second or left >= FEW_CODES:
        return
    if left:
        what = _("Make new recovery codes")
        why = ngettext("%(count)s is left.", "%(count)s are left.", left) % {"count": left}
    else:
        what = _("Save recovery codes")
        why = _("They let you in when what you sign in with is lost. You have none.")
    yield Task(what, why, reverse("accounts:recovery-codes"))


def _email(facts: Facts) -> Iterator[Task]:
    if facts.email and facts.email_verified:
        return
    if facts.email:
        what, why = _("Confirm your e-mail address"), _("Until then nobody can be sure that it is yours.")
    else:
        what, why = _("Add an e-mail address"), _("Without one you can't choose a new password by yourself.")
    yield Task(what, why, reverse("accounts:email"))


Rule = Callable[[Facts], Iterator[Task]]
SECURITY: tuple[Rule, ...] = (_policy, _passkey, _second_factor, _codes)
RULES: tuple[Rule, ...] = (_sign_ins, *SECURITY, _email)


def of(facts: Facts, rules: tuple[Rule, ...] = RULES) -> list[Task]:
    return [task for rule in rules for task in rule(facts)]
