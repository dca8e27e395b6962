"""What a person's groups want of their sign-ins: the strictest of what each wants."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from accounts import groups
from accounts.groups import Wish
from accounts.models import GroupPolicy, User

_RANK = list(GroupPolicy.Factors)


@dataclass(frozen=True)
class Policy:
    methods: frozenset[str] = frozenset()
    grace: timedelta = timedelta(0)
    lifetime: timedelta | None = None  # of a session


def of(user: User) -> Policy:
    """Also of the groups that one's own are part of."""
    return join(groups.policies(user))


def join(policies: Iterable[Wish]) -> Policy:
    chosen = list(policies)
    demanding = [each for each in chosen if each.factors != GroupPolicy.Factors.PASSWORD]
    strictest = max((each.factors for each in demanding), key=_rank, default="")
    hours = [each.session_hours for each in chosen if each.session_hours is not None]
    return Policy(
        methods=frozenset({strictest}) if strictest else frozenset(),
        grace=timedelta(days=min((each.grace_days for each in demanding), default=0)),
        lifetime=min(timedelta(hours=min(hours)), settings.SESSION_LIFETIME) if hours else None,
    )


def enrol_by(user: User, policy: Policy, *, now: datetime) -> datetime:
    """The end of the grace time, which begins at the first sign-in that a policy wanted more of."""
    if user.enrol_by is None:
        User.objects.filter(pk=user.pk, enrol_by=None).update(enrol_by=now + policy.grace)
        user.enrol_by = now + policy.grace
    return min(user.enrol_by, now + policy.grace)


def _rank(factors: str) -> int:
    return _RANK.index(GroupPolicy.Factors(factors))
