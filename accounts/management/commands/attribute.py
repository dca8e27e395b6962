"""`manage.py attribute create|list|delete|set`: what else is known of people."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts import attributes, audit
from accounts.models import Attribute, User

ACTOR = "command"


class Command(BaseCommand):
    help = "Declares attributes of people, and sets somebody's."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="declare one")
        create.add_argument("name")
        create.add_argument("--label", default="", help="what people read; the name without it")
        create.add_argument("--type", default="text", choices=Attribute.Type.values)
        create.add_argument("--option", action="append", default=[], help="of a choice; may be repeated")
        create.add_argument("--access", default="admins", choices=Attribute.Access.values)
        delete = actions.add_parser("delete", help="the declaration and everybody's value")
        delete.add_argument("name")
        put = actions.add_parser("set", help="somebody's value; without one it is taken away")
        put.add_argument("username", help="user name or e-mail")
        put.add_argument("name")
        put.add_argument("value", nargs="?", default="", help="several are kept apart by line breaks")
        for each in (create, delete, put, actions.add_parser("list", help="all that are declared")):
            each.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error

    def _create(self, options: dict[str, Any]) -> None:
        attribute = Attribute(
            name=options["name"],
            label=options["label"] or options["name"].replace("_", " ").capitalize(),
            type=options["type"],
            options=options["option"],
            access=options["access"],
        )
        attribute.full_clean()
        attribute.save()
        audit.record(
            "attribute.changed", actor=ACTOR, subject=f"attribute:{attribute.name}", change="created"
        )
        self._print(options, [attribute])

    def _list(self, options: dict[str, Any]) -> None:
        self._print(options, list(Attribute.objects.all()))

    def _delete(self, options: dict[str, Any]) -> None:
        had = attributes.remove(_find(options["name"]))
        audit.record(
            "attribute.changed",
            actor=ACTOR,
            subject=f"attribute:{options['name']}",
            change="deleted",
            had=had,
        )
        self._print(options, [])

    def _set(self, options: dict[str, Any]) -> None:
        user, attribute = User.objects.find(options["username"]), _find(options["name"])
        if user is None:
            raise CommandError(f"There is nobody called {options['username']}.")
        value, before = attributes.read(attribute, options["value"]), user.attributes.get(attribute.name)
        user.attributes = {name: kept for name, kept in user.attributes.items() if name != attribute.name}
        if value not in (None, "", []):
            user.attributes[attribute.name] = value
        user.save(update_fields=["attributes", "updated_at"])
        changes = {attribute.name: {"before": before, "after": value}}
        audit.record("profile.changed", actor=ACTOR, subject=user, changes=changes)
        self.stdout.write(json.dumps(user.attributes, ensure_ascii=False))

    def _print(self, options: dict[str, Any], found: list[Attribute]) -> None:
        rows = [
            {
                "name": each.name,
                "label": each.label,
                "type": each.type,
                "options": each.options,
                "access": each.access,
            }
            for each in found
        ]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False))
            return
        for row in rows:
            self.stdout.write("{name:<24} {type:<8} {access:<7} {label}".format(**row))


def _find(name: str) -> Attribute:
    attribute = Attribute.objects.filter(name=name).first()
    if attribute is None:
        raise CommandError(f"There is no attribute {name}.")
    return attribute
