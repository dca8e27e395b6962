"""Groups of people, nested: which somebody is in, which part of which, and who may give which."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import GroupNode, GroupPolicy, User
from accounts.prepared import database, fetch_all

DEEPEST = 20  # of circles that two admins made at the same moment, a look at the parents has to end
# One statement however deep they are nested; UNION keeps each once, so that even a circle ends.
_RECURSIVE = """
WITH RECURSIVE held(id) AS (
    SELECT group_id FROM accounts_user_groups WHERE user_id = %s
    UNION
    SELECT node.parent_id FROM accounts_groupnode node JOIN held ON node.group_id = held.id
    WHERE node.parent_id IS NOT NULL
)
"""
_HELD = f"""{_RECURSIVE}
SELECT auth_group.id, auth_group.name FROM held JOIN auth_group ON auth_group.id = held.id
LEFT JOIN accounts_groupnode node ON node.group_id = held.id WHERE COALESCE(node.role, '') = ''
"""  # noqa: S608  constants
_BENEATH = """
WITH RECURSIVE part(id) AS (
    SELECT id FROM auth_group WHERE id IN ({groups})
    UNION
    SELECT node.group_id FROM accounts_groupnode node JOIN part ON node.parent_id = part.id
)
SELECT id FROM part
"""
_WISHES = f"""{_RECURSIVE}
SELECT factors, grace_days, session_hours FROM accounts_grouppolicy policy JOIN held ON policy.group_id = held.id
"""  # noqa: S608  constants


class Circle(Exception):
    """A group would be part of itself."""


@dataclass(frozen=True)
class Held:
    pk: int
    name: str


@dataclass(frozen=True)
class Wish:
    """What one group wants of its people's sign-ins, as the columns of GroupPolicy."""

    factors: str
    grace_days: int
    session_hours: int | None


def of(user: User) -> list[Held]:
    """Those that somebody is in, by being in a part of them too; without the roles of the admin."""
    return [Held(*row) for row in _of(user, _HELD)]


def policies(user: User) -> list[Wish]:
    """What those want of a sign-in, one statement; here the roles of the admin count too."""
    return [Wish(*row) for row in _of(user, _WISHES)]


def _of(user: User, sql: str) -> Sequence[Sequence[Any]]:
    db = database()
    return fetch_all(db, sql, [User._meta.pk.get_db_prep_value(user.pk, db)])


def names(user: User) -> list[str]:
    return sorted(group.name for group in of(user))


def ids(user: User) -> set[int]:
    return {group.pk for group in of(user)}


def beneath(groups: Iterable[int]) -> list[int]:
    """These groups and all that are part of them: who is in one of those is in these."""
    keys = list(groups)
    if not keys:
        return []
    rows = fetch_all(database(), _BENEATH.format(groups=", ".join(["%s"] * len(keys))), keys)
    return [row[0] for row in rows]


def ordinary() -> QuerySet[Group]:
    """All but the roles of the admin."""
    return Group.objects.exclude(node__role__gt="").order_by("name")


def assignable(actor: User) -> QuerySet[Group]:
    """Those that this admin may put people in: a group with rights in the admin is the owner's to give (S-130)."""
    return ordinary() if actor.is_superuser else harmless()


def harmless() -> QuerySet[Group]:
    """Those without rights in the admin."""
    return ordinary().filter(permissions=None)


def parent(group: Group) -> Group | None:
    node = GroupNode.objects.filter(group=group).select_related("parent").first()
    return node.parent if node else None


def loosens(group: Group, into: Group | None) -> bool:
    """Whether, once it is part of `into`, its people would be free of a sign-in policy that they have by what it is
    part of now: then it is a matter for those who may change policies (S-130)."""
    gone = _and_above(parent(group)) - _and_above(into)
    return GroupPolicy.objects.filter(group__in=gone).exists()


def _and_above(group: Group | None) -> set[int]:
    found: set[int] = set()
    while group is not None and group.pk not in found:
        found.add(group.pk)
        group = parent(group)
    return found


def nest(group: Group, into: Group | None) -> None:
    """Makes `group` part of another, or of none. Raises Circle."""
    with transaction.atomic():
        check(group, into)
        GroupNode.objects.update_or_create(group=group, defaults={"parent": into})


def check(group: Group, into: Group | None) -> None:
    """That `group` can be part of `into`. Raises Circle."""
    above, steps = into, 0
    while above is not None:
        if above.pk == group.pk or steps > DEEPEST:
            raise Circle(f"{into} is part of {group} already.")
        above, steps = parent(above), steps + 1
