"""The roles of admins (S-130): each a group with fixed rights, kept as this table says at every migration.

Owners are not among them: an owner is a superuser, who may do all.
"""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit, sessions
from accounts.models import GroupNode, User

VIEWER, HELPDESK, CLIENTS, PEOPLE, KEYS = (
    "viewer",
    "helpdesk",
    "client manager",
    "user manager",
    "key manager",
)
# Rights by pattern, as `app.codename`. The room above adds those for what it owns.
TABLE: dict[str, list[str]] = {
    VIEWER: ["*.view_*"],
    HELPDESK: [
        "accounts.help_user",
        "accounts.impersonate_user",
        "accounts.view_user",
        "accounts.view_session",
        "accounts.change_session",
        "accounts.view_invitation",
        "accounts.view_auditevent",
        "auth.view_group",
    ],
    CLIENTS: ["auth.view_group", "accounts.view_auditevent"],
    PEOPLE: [
        "accounts.*_user",
        "accounts.*_session",
        "accounts.*_invitation",
        "accounts.view_auditevent",
        "auth.*_group",
        "accounts.*_attribute",
        "accounts.view_grouppolicy",  # how admins sign in is for owners to say
    ],
    KEYS: ["accounts.view_auditevent"],
}
_SHOWN_IN = ("accounts", "auth", "idp", "keys")  # Django's own tables have permissions too


def register(rights: Mapping[str, Sequence[str]]) -> None:
    for role, patterns in rights.items():
        TABLE[role] += [pattern for pattern in patterns if pattern not in TABLE[role]]


def covers(role: str, permission: str) -> bool:
    """A pattern that begins with ! takes away what the others give."""
    taken = [pattern[1:] for pattern in TABLE[role] if pattern.startswith("!")]
    is_taken = any(fnmatchcase(permission, pattern) for pattern in taken)
    return not is_taken and any(fnmatchcase(permission, pattern) for pattern in TABLE[role])


def sync(**_: Any) -> None:
    """After a migration: every role is there, with the rights that it has in this version."""
    if GroupNode._meta.db_table not in connection.introspection.table_names():
        return  # migrated to before there were roles
    known = {
        f"{each.content_type.app_label}.{each.codename}": each
        for each in Permission.objects.filter(content_type__app_label__in=_SHOWN_IN).select_related(
            "content_type"
        )
    }
    with transaction.atomic():
        for role in TABLE:
            wanted = [permission for name, permission in known.items() if covers(role, name)]
            _group(role).permissions.set(wanted)


def of(user: User) -> list[str]:
    held = GroupNode.objects.filter(group__user=user).exclude(role="")
    return [role for role in TABLE if role in set(held.values_list("role", flat=True))]


def assign(
    user: User, chosen: Iterable[str], *, actor: User | str, request: HttpRequest | None = None
) -> None:
    """These roles and no others; their sessions end, so that none goes on with other rights (S-110)."""
    before, after = of(user), [role for role in TABLE if role in set(chosen)]
    if before == after:
        return
    with transaction.atomic():
        user.groups.remove(*Group.objects.filter(node__role__gt=""))
        user.groups.add(*Group.objects.filter(node__role__in=after))
        user.is_staff = bool(after) or user.is_superuser
        user.save(update_fields=["is_staff", "updated_at"])
        sessions.end_all(user, reason="roles changed", now=timezone.now())
        audit.record("roles.changed", request=request, actor=actor, subject=user, before=before, after=after)


def _group(role: str) -> Group:
    node = GroupNode.objects.filter(role=role).select_related("group").first()
    if node is not None:
        return node.group
    name = f"Signet {role}"
    if Group.objects.filter(name=name).exists():  # somebody's own, whose members are no admins
        name += " (role)"
    group = Group.objects.create(name=name)
    GroupNode.objects.create(group=group, role=role)
    return group
