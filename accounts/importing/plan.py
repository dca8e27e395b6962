"""What an import would do, person by person, and the doing of it: all that can be added, in one transaction."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import attributes, audit, faults, groups
from accounts.importing.incoming import Batch, Incoming
from accounts.models import Attribute, User
from accounts.names import canonical

ADD, SKIP, BAD = "add", "skip", "bad"


@dataclass
class Planned:
    """One person and what becomes of them: added, left as they are, or not to be added at all."""

    incoming: Incoming
    outcome: str
    why: str = ""
    user: User | None = None
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "where": self.incoming.where,
            "username": self.incoming.username,
            "email": self.incoming.email,
            "outcome": self.outcome,
            "why": self.why,
            "password": self.incoming.password.partition("$")[0],
            "groups": list(self.incoming.groups),
            "notes": self.notes,
        }


@dataclass
class Plan:
    people: list[Planned]
    new_groups: list[str]
    parents: Mapping[str, str]

    def count(self, outcome: str) -> int:
        return sum(planned.outcome == outcome for planned in self.people)

    def as_json(self) -> dict[str, Any]:
        counts = {outcome: self.count(outcome) for outcome in (ADD, SKIP, BAD)}
        return {**counts, "new_groups": self.new_groups, "people": [each.as_json() for each in self.people]}


def plan(batch: Batch) -> Plan:
    declared = {attribute.name: attribute for attribute in Attribute.objects.all()}
    roles = set(Group.objects.filter(node__role__gt="").values_list("name", flat=True))
    seen: dict[str, str] = {}
    people = [_planned(incoming, declared, roles, seen) for incoming in batch.people]
    wanted = {name for each in people if each.outcome == ADD for name in each.incoming.groups}
    above = dict(batch.parents)
    for name in list(wanted):
        while (name := above.get(name, "")) and name not in wanted:
            wanted.add(name)
    known = set(Group.objects.filter(name__in=wanted).values_list("name", flat=True))
    return Plan(
        people, sorted(wanted - known), {part: whole for part, whole in above.items() if part in wanted}
    )


def carry_out(chosen: Plan, *, actor: str, source: str, now: datetime) -> int:
    """Adds those that can be; how many."""
    added = [each for each in chosen.people if each.outcome == ADD and each.user is not None]
    with transaction.atomic():
        made = {name: Group.objects.create(name=name) for name in chosen.new_groups}
        for part, whole in chosen.parents.items():
            if part in made:  # a group that was here stays where it is
                groups.nest(made[part], Group.objects.get(name=whole))
        by_name = {group.name: group for group in groups.ordinary()}
        for each in added:
            assert each.user is not None  # noqa: S101  chosen above
            each.user.save(force_insert=True)
            each.user.groups.set([by_name[name] for name in each.incoming.groups])
        for each in added:
            audit.record(
                "user.created",
                actor=actor,
                subject=each.user,
                username=each.incoming.username,
                imported=source,
            )
    return len(added)


def _planned(
    incoming: Incoming, declared: Mapping[str, Attribute], roles: Iterable[str], seen: dict[str, str]
) -> Planned:
    planned = Planned(incoming, ADD, notes=list(incoming.notes))
    if taken := _taken(incoming, seen):
        return Planned(incoming, SKIP, taken, notes=planned.notes)
    try:
        planned.user = _user(incoming, declared, planned.notes)
        if wrong := set(incoming.groups) & set(roles):
            raise ValidationError(f"{min(wrong)} is a role here, and no group.")
        if any(len(name) > 150 for name in incoming.groups):
            raise ValidationError("A group's name is too long.")
    except ValidationError as error:
        return Planned(
            incoming, BAD, "; ".join(faults.sentences(error, faults.in_words)), notes=planned.notes
        )
    seen |= dict.fromkeys(_names(incoming), incoming.where)
    if not incoming.password and not any("password" in note for note in planned.notes):
        planned.notes.append("has no password: send a link")
    return planned


def _names(incoming: Incoming) -> list[str]:
    names = [f"user name {canonical(incoming.username)}"]
    return names + ([f"address {canonical(incoming.email)}"] if incoming.email else [])


def _taken(incoming: Incoming, seen: Mapping[str, str]) -> str:
    """Who is here already stays as they are, so that an import can be run again."""
    for name in _names(incoming):
        if name in seen:
            return f"the {name} is that of {seen[name]} too"
    query = Q(username=canonical(incoming.username))
    if incoming.email:
        query |= Q(email=canonical(incoming.email))
    if sub := _uuid(incoming.sub):
        query |= Q(pk=sub)
    if "\0" in f"{incoming.username}{incoming.email}":
        return ""  # no look-up may meet one; it is refused below
    known = User.objects.filter(query).first()
    return f"{known} is here already" if known else ""


def _user(incoming: Incoming, declared: Mapping[str, Attribute], notes: list[str]) -> User:
    user = User(
        username=incoming.username,
        email=incoming.email,
        is_active=incoming.active,
        must_change_password=incoming.must_change_password,
        **incoming.particulars,
    )
    if sub := _uuid(incoming.sub):
        user.pk = sub  # the same `sub` for apps that know it
    if incoming.email and incoming.email_verified:
        user.verify_email(by="import", now=timezone.now())
    user.set_unusable_password()
    user.full_clean()
    if incoming.password:
        user.password = incoming.password
    user.attributes = _attributes(incoming, declared, notes)
    return user


def _attributes(incoming: Incoming, declared: Mapping[str, Attribute], notes: list[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in incoming.attributes.items():
        if name not in declared:
            notes.append(f"attribute {name} is not declared here and stays behind")
            continue
        text = "\n".join(map(str, value)) if isinstance(value, list) else str(value)
        try:
            kept[name] = attributes.read(declared[name], text)
        except ValidationError as error:
            notes.append(f"attribute {name} stays behind: {' '.join(error.messages)}")
    return {name: value for name, value in kept.items() if value not in (None, "", [])}


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
