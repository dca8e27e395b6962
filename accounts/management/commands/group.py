"""`manage.py group list|create|nest|add|remove|delete`: groups of people, and which is part of which."""

import json
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, ProtectedError

from accounts import audit, groups
from accounts.models import User

ACTOR = "command"


class Command(BaseCommand):
    help = "Lists, makes, nests and deletes groups, and puts people in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="a new group")
        nest = actions.add_parser("nest", help="make a group part of another, or of none")
        delete = actions.add_parser("delete", help="delete a group; its parts stand by themselves then")
        add = actions.add_parser("add", help="put people in")
        remove = actions.add_parser("remove", help="take people out")
        for each in (create, nest, delete, add, remove):
            each.add_argument("name")
        for each in (create, nest):
            each.add_argument("--part-of", default="", metavar="GROUP")
        for each in (add, remove):
            each.add_argument("people", nargs="+", help="user names or e-mail addresses")
        for each in (create, nest, delete, add, remove, actions.add_parser("list", help="all groups")):
            each.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        self._print(options, list(groups.ordinary()))

    def _create(self, options: dict[str, Any]) -> None:
        if (
            not options["name"]
            or len(options["name"]) > 150
            or Group.objects.filter(name=options["name"]).exists()
        ):
            raise CommandError("The name has to be new, and of 1 to 150 characters.")
        into = _find(options["part_of"]) if options["part_of"] else None
        group = Group.objects.create(name=options["name"])
        groups.nest(group, into)
        self._done(options, group, "created", part_of=options["part_of"])

    def _nest(self, options: dict[str, Any]) -> None:
        group = _find(options["name"])
        try:
            groups.nest(group, _find(options["part_of"]) if options["part_of"] else None)
        except groups.Circle as error:
            raise CommandError(str(error)) from error
        self._done(options, group, "nested", part_of=options["part_of"])

    def _delete(self, options: dict[str, Any]) -> None:
        group = _find(options["name"])
        try:
            Group.objects.filter(pk=group.pk).delete()
        except ProtectedError as error:
            raise CommandError(f"Apps are only for {group}; open them to others first.") from error
        audit.record(
            "group.changed", actor=ACTOR, subject=f"group:{group.pk}", name=group.name, change="deleted"
        )

    def _add(self, options: dict[str, Any]) -> None:
        group = _find(options["name"])
        group.user_set.add(*_people(options["people"]))
        self._done(options, group, "people added", people=options["people"])

    def _remove(self, options: dict[str, Any]) -> None:
        group = _find(options["name"])
        group.user_set.remove(*_people(options["people"]))
        self._done(options, group, "people removed", people=options["people"])

    def _done(self, options: dict[str, Any], group: Group, change: str, **detail: Any) -> None:
        audit.record(
            "group.changed",
            actor=ACTOR,
            subject=f"group:{group.pk}",
            name=group.name,
            change=change,
            **detail,
        )
        self._print(options, [group])

    def _print(self, options: dict[str, Any], found: list[Group]) -> None:
        counted = Group.objects.filter(pk__in=[group.pk for group in found]).annotate(count=Count("user"))
        rows = [
            {"name": group.name, "part_of": str(groups.parent(group) or ""), "people": group.count}
            for group in counted.order_by("name")
        ]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False))
            return
        for row in rows:
            inside = f", part of {row['part_of']}" if row["part_of"] else ""
            self.stdout.write(f"{row['name']}: {row['people']} people{inside}")


def _find(name: str) -> Group:
    group = groups.ordinary().filter(name=name).first()
    if group is None:
        raise CommandError(f"There is no group {name}.")
    return group


def _people(names: list[str]) -> list[User]:
    found = {name: User.objects.find(name) for name in names}
    if missing := [name for name, user in found.items() if user is None]:
        raise CommandError(f"There is nobody called {missing[0]}.")
    return [user for user in found.values() if user is not None]
