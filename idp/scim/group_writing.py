"""What a client says of a group, kept: its name, its people and the groups that are part of it.

A group that holds rights in the admin does not exist for SCIM (S-130): it can be neither found, filled nor nested.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from scim2_models import ConflictException, ForbiddenException, InvalidValueException, UniquenessException

from accounts import audit
from accounts import groups as tree
from accounts.models import GroupPolicy
from accounts.validators import plain_text
from idp.scim import groups, people, schemas
from idp.scim.calls import Call
from idp.scim.columns import storable
from idp.scim.person_columns import group_key
from idp.scim.person_writing import keep_external_id

LONGEST_NAME = 150
_IDS_RECORDED = 50


def create(resource: schemas.Group, call: Call) -> Group:
    group = Group(name=_name(resource))
    _check_name(group)
    group.save(force_insert=True)
    keep_external_id(call, resource.external_id, group=group)
    detail = _set_members(group, resource.members or [])
    _record(call, group, "created", **detail)
    return group


def change(group: Group, before: schemas.Group, resource: schemas.Group, call: Call) -> None:
    detail: dict[str, Any] = {}
    if (name := _name(resource)) != group.name:
        detail["renamed"] = {"before": group.name, "after": name}
        group.name = name
        _check_name(group)
        group.save(update_fields=["name"])
    if resource.external_id != before.external_id:
        keep_external_id(call, resource.external_id, group=group)
        detail["external_id"] = {"before": before.external_id, "after": resource.external_id}
    detail |= _set_members(group, resource.members or [])
    _record(call, group, "changed", **detail)


def delete(group: Group, call: Call) -> None:
    pk, name = group.pk, group.name
    _keep_policies(group)
    if GroupPolicy.objects.filter(group=group).exists():
        raise ForbiddenException(detail="The group has a sign-in policy, which an owner has to end first.")
    try:
        group.delete()
    except ProtectedError as error:
        raise ConflictException(detail="Apps are only for this group; open them to others first.") from error
    group.pk, group.name = pk, name
    _record(call, group, "deleted")


def _name(resource: schemas.Group) -> str:
    name = (resource.display_name or "").strip()
    try:
        plain_text(name)
    except ValidationError as error:
        raise InvalidValueException(detail="displayName: leave out characters that can't be seen.") from error
    if not name or len(name) > LONGEST_NAME or not storable(name):
        raise InvalidValueException(detail=f"displayName: use 1 to {LONGEST_NAME} characters.")
    return name


def _check_name(group: Group) -> None:
    """Also against groups that SCIM can't see: a name is told to apps, and is one group's."""
    if Group.objects.filter(name__iexact=group.name).exclude(pk=group.pk).exists():
        raise UniquenessException(detail="There is a group of this name already.")


def _set_members(group: Group, members: Iterable[schemas.GroupMember]) -> dict[str, Any]:
    """Exactly these; what changed, for the audit log. The statements don't grow with the group."""
    wanted = {str(member.value or "").lower() for member in members}
    keys = {value: people.key(value) for value in wanted}
    persons = {str(key) for key in keys.values() if key is not None}
    parts = {value for value, key in keys.items() if key is None}
    return {**_set_people(group, persons), **_set_parts(group, parts)}


def _set_people(group: Group, wanted: set[str]) -> dict[str, Any]:
    present = groups.people_in(group)
    added, removed = wanted - present, present - wanted
    if added:
        known = {str(pk) for pk in people.visible().filter(pk__in=added).values_list("pk", flat=True)}
        if unknown := added - known:
            raise InvalidValueException(detail=f"members: {min(unknown)} is nobody here.")
        group.user_set.add(*added)  # type: ignore[arg-type]  # keys will do
    if removed:
        group.user_set.remove(*removed)  # type: ignore[arg-type]
    return _counted("people", added, removed)


def _set_parts(group: Group, wanted: set[str]) -> dict[str, Any]:
    present = groups.parts_of(group)
    added, removed = wanted - present, present - wanted
    ids = {group_key(value) for value in added | removed}
    found = {str(each.pk): each for each in people.in_reach().filter(pk__in=ids - {None})}
    for value in sorted(added):
        _nest(found.get(value), group, value)
    for value in sorted(removed):
        _keep_policies(found[value])
        tree.nest(found[value], None)
    return _counted("parts", added, removed)


def _nest(part: Group | None, into: Group, value: str) -> None:
    if part is None:
        raise InvalidValueException(detail=f"members: {value[:60]!r} is neither a person nor a group here.")
    if tree.parent(part) not in (None, into):
        raise InvalidValueException(detail=f"members: group {part.pk} is part of another group already.")
    try:
        tree.nest(part, into)
    except tree.Circle as error:
        raise InvalidValueException(detail="members: a group can't be part of itself.") from error


def _keep_policies(group: Group) -> None:
    """How people have to sign in is not for SCIM to say (S-130). Raises ForbiddenException."""
    if tree.loosens(group, None):
        raise ForbiddenException(
            detail=f"Group {group.pk} has a sign-in policy by what it is part of, which an owner has to end first."
        )


def _counted(name: str, added: set[str], removed: set[str]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for word, ids in (("added", added), ("removed", removed)):
        if ids:
            told[f"{name}_{word}"] = {"count": len(ids), "first": sorted(ids)[:_IDS_RECORDED]}
    return told


def _record(call: Call, group: Group, change: str, **detail: Any) -> None:
    audit.record(
        "group.changed", request=call.request, actor=call.caller.actor, subject=f"group:{group.pk}",
        client_id=call.caller.client_id, name=group.name, change=change, **detail,
    )  # fmt: skip
