"""`manage.py api …`: the APIs that apps may ask tokens for, registered, changed and listed (RFC 8707)."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import audit
from idp.models import Api, Client
from idp.setting_types import duration


class Command(BaseCommand):
    help = "Registers APIs. Which apps may ask for one: `client create --resource`, or --open for every app."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="register an API")
        create.add_argument("identifier", help="its address, as apps ask for it and tokens name it")
        create.add_argument("name", help="what people read")
        update = actions.add_parser("update", help="change an API: what is not named stays as it is")
        show = actions.add_parser("show", help="show an API")
        on_one = [update, show]
        on_one += [actions.add_parser(name, help=f"{name} an API") for name in ("enable", "disable")]
        for each in on_one:
            each.add_argument("identifier")
        update.add_argument("--name", help="what people read")
        for each in (create, update):
            each.add_argument("--scope", action="append", help="a scope of its own, or several with spaces")
            each.add_argument("--lifetime", help="its access tokens live so long, such as 90s, 10m, 8h")
            each.add_argument("--alg", choices=Client.Algorithm.values, help="signs its access tokens")
            each.add_argument("--open", action="store_true", default=None, help="every app may ask for it")
        for each in (create, actions.add_parser("list", help="list all APIs"), *on_one):
            each.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except ValidationError as error:
            name, messages = next(iter(error.message_dict.items()))
            raise CommandError(f"{name}: {messages[0]}") from error
        except (ValueError, OverflowError) as error:
            raise CommandError(f"--lifetime: {error}") from error

    def _create(self, options: dict[str, Any]) -> None:
        self._save(Api(identifier=options["identifier"]), "api.created", options)

    def _update(self, options: dict[str, Any]) -> None:
        self._save(_find(options), "api.changed", options)

    def _enable(self, options: dict[str, Any]) -> None:
        self._switch(options, enabled=True)

    def _disable(self, options: dict[str, Any]) -> None:
        self._switch(options, enabled=False)

    def _show(self, options: dict[str, Any]) -> None:
        self._print(_find(options), options)

    def _list(self, options: dict[str, Any]) -> None:
        apis = Api.objects.all()
        if options["json"]:
            self.stdout.write(json.dumps([_facts(api) for api in apis], indent=2, ensure_ascii=False))
            return
        for api in apis:
            state = "" if api.enabled else "  (disabled)"
            self.stdout.write(f"{api.identifier:<40} {api.name}{state}")

    def _switch(self, options: dict[str, Any], *, enabled: bool) -> None:
        api = _find(options)
        api.enabled = enabled
        self._save(api, "api.changed", options)

    @transaction.atomic
    def _save(self, api: Api, event: str, options: dict[str, Any]) -> None:
        if options.get("name"):
            api.name = options["name"]
        if options.get("scope"):
            api.scopes = list(dict.fromkeys(" ".join(options["scope"]).split()))
        if options.get("lifetime"):
            api.access_token_seconds = int(duration(options["lifetime"]).total_seconds())
        if options.get("alg"):
            api.access_token_signed_response_alg = options["alg"]
        if options.get("open"):
            api.open_to_all = True
        api.full_clean()
        api.save()
        audit.record(event, subject=api.identifier, name=api.name)
        self._print(api, options)

    def _print(self, api: Api, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(_facts(api), indent=2, ensure_ascii=False))
            return
        for name, value in _facts(api).items():
            shown = " ".join(value) if isinstance(value, list) else value
            self.stdout.write(f"  {name:<26}  {shown}")


def _find(options: dict[str, Any]) -> Api:
    api = Api.objects.filter(identifier=options["identifier"]).first()
    if api is None:
        raise CommandError("There is no such API. `api list` prints them all.")
    return api


def _facts(api: Api) -> dict[str, object]:
    return {
        "resource": api.identifier,
        "name": api.name,
        "scopes": api.scopes,
        "access_token_lifetime": api.access_token_seconds,
        "access_token_signed_response_alg": api.access_token_signed_response_alg or None,
        "open_to_all": api.open_to_all,
        "enabled": api.enabled,
    }
