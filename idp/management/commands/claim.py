"""`manage.py claim create|list|delete`: claims of your own, from fields and attributes of people."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts import audit
from accounts.models import Attribute
from idp.models import ClaimMapping
from idp.models.claim_mapping import ATTRIBUTE, FIELD, FIELDS, TRANSFORMS


class Command(BaseCommand):
    help = "Maps what is known of people to claims that apps are told."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="a claim, its source and the scope that releases it")
        create.add_argument("claim")
        come = create.add_mutually_exclusive_group(required=True)
        come.add_argument("--attribute", help="one of `manage.py attribute list`")
        come.add_argument("--field", choices=list(FIELDS))
        create.add_argument("--transform", default="", choices=list(TRANSFORMS))
        create.add_argument("--scope", required=True)
        delete = actions.add_parser("delete", help="apps are no longer told")
        delete.add_argument("claim")
        for each in (create, delete, actions.add_parser("list", help="all claims of your own")):
            each.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _create(self, options: dict[str, Any]) -> None:
        if options["attribute"] and not Attribute.objects.filter(name=options["attribute"]).exists():
            raise CommandError(f"There is no attribute {options['attribute']}.")
        source = (
            f"{ATTRIBUTE}{options['attribute']}" if options["attribute"] else f"{FIELD}{options['field']}"
        )
        mapping = ClaimMapping(
            claim=options["claim"], source=source, transform=options["transform"], scope=options["scope"]
        )
        try:
            mapping.full_clean()
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        mapping.save()
        self._done(options, mapping, "created")

    def _list(self, options: dict[str, Any]) -> None:
        self._print(options, list(ClaimMapping.objects.all()))

    def _delete(self, options: dict[str, Any]) -> None:
        mapping = ClaimMapping.objects.filter(claim=options["claim"]).first()
        if mapping is None:
            raise CommandError(f"There is no claim {options['claim']} of your own.")
        mapping.delete()
        self._done(options, mapping, "deleted")

    def _done(self, options: dict[str, Any], mapping: ClaimMapping, change: str) -> None:
        audit.record(
            "claim.changed", actor="command", subject=f"claim:{mapping.claim}", change=change,
            source=mapping.source, transform=mapping.transform, scope=mapping.scope,
        )  # fmt: skip
        self._print(options, [mapping])

    def _print(self, options: dict[str, Any], found: list[ClaimMapping]) -> None:
        rows = [
            {"claim": each.claim, "source": each.source, "transform": each.transform, "scope": each.scope}
            for each in found
        ]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
            return
        for row in rows:
            self.stdout.write("{claim}  {source} {transform}  with scope {scope}".format(**row))
