"""Groups as SCIM shows them (RFC 7643 section 4.2): each with its people and the groups that are part of it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Q
from scim2_models import InvalidFilterException, Meta
from scim2_models.path import CompareOperator as Op

from accounts.models import GroupNode
from accounts.models import User as Person
from idp.models import ScimExternalId
from idp.scim import columns, people, schemas
from idp.scim.calls import Caller, address
from idp.scim.columns import Column
from idp.scim.person_columns import Columns, group_key

_MEMBERS = Person.groups.through.objects


def represent(found: Iterable[Group], caller: Caller, *, with_members: bool = True) -> list[schemas.Group]:
    groups = list(found)
    ids = [group.pk for group in groups]
    external = dict(
        ScimExternalId.objects.filter(source=caller.source, group__in=ids).values_list("group_id", "value")
    )
    members = _members(ids) if with_members else {}
    return [
        schemas.Group(
            id=str(group.pk),
            external_id=external.get(group.pk),
            display_name=group.name,
            members=members.get(group.pk),
            meta=Meta(resource_type="Group", location=address("Groups", group.pk)),
        )
        for group in groups
    ]


def people_in(group: Group) -> set[str]:
    """Ids of those who are in the group itself, as SCIM sees them."""
    rows = _MEMBERS.filter(group_id=group.pk, user_id__in=people.visible().values("pk"))
    return {str(pk) for pk in rows.values_list("user_id", flat=True)}


def parts_of(group: Group) -> set[str]:
    nodes = GroupNode.objects.filter(parent=group, group__in=people.in_reach())
    return {str(pk) for pk in nodes.values_list("group_id", flat=True)}


def member(kind: str, pk: object) -> schemas.GroupMember:
    return schemas.GroupMember(
        value=str(pk),
        ref=address(f"{kind}s", pk),  # type: ignore[arg-type]  # pydantic makes a reference of it
        type=kind,
    )


def _members(ids: list[int]) -> dict[int, list[schemas.GroupMember]]:
    found: dict[int, list[schemas.GroupMember]] = defaultdict(list)
    rows = _MEMBERS.filter(group_id__in=ids, user_id__in=people.visible().values("pk"))
    for group_id, user_id in rows.order_by("id").values_list("group_id", "user_id"):
        found[group_id].append(member("User", user_id))
    nodes = GroupNode.objects.filter(parent__in=ids, group__in=people.in_reach())
    for parent_id, group_id in nodes.order_by("group_id").values_list("parent_id", "group_id"):
        found[parent_id].append(member("Group", group_id))
    return found


def columns_of(caller: Caller) -> Columns:
    known = ScimExternalId.objects.filter(source=caller.source, group__isnull=False)
    return {
        ("id", None): columns.identifier(group_key),
        ("external_id", None): columns.external_id(known, "group"),
        ("display_name", None): columns.text("name"),
        ("members", "value"): Column(_has_member, _HAS_MEMBERS),
        ("members", None): Column(_has_member, _HAS_MEMBERS),
        ("meta", "resource_type"): columns.constant("Group"),
        ("schemas", None): columns.constant(str(schemas.Group.__schema__)),
    }


def _has_member(op: Op, value: Any) -> Q:
    """By the id of a person, or of a group that is part of it."""
    if op is not Op.eq:
        raise InvalidFilterException(detail="The id of a member is compared by eq, ne and pr only.")
    if not columns.storable(value):
        return columns.NOBODY
    group, person = group_key(value), people.key(value)
    if group is not None:
        return Q(pk__in=GroupNode.objects.filter(group=group).exclude(parent=None).values("parent"))
    return columns.NOBODY if person is None else Q(pk__in=_MEMBERS.filter(user_id=person).values("group_id"))


_HAS_MEMBERS = Q(pk__in=_MEMBERS.values("group_id")) | Q(
    pk__in=GroupNode.objects.exclude(parent=None).values("parent")
)
