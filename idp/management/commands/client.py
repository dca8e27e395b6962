"""`manage.py client …`: apps registered, changed and listed, secrets made and ended, by hand or by script."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from idp import claims
from idp.app_templates import library
from idp.clients import grading, metadata, secrets, sectors
from idp.clients.risks import risks
from idp.clients.sectors import SectorDocument
from idp.conf import conf
from idp.management import app_pages, client_options
from idp.models import Client, ClientSecret
from idp.protocol.errors import OAuthError
from keys.management.asking import ask


class Command(BaseCommand):
    help = "Registers and keeps apps. A secret is printed once and can't be read again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="register an app")
        create.add_argument("name", nargs="?", help="what people read; optional with --from-metadata")
        create.add_argument("--client-id", help="a fixed client id; the default is a random one")
        app_pages.add_template(create)
        snippet = actions.add_parser("snippet", help="print an app's settings, as its template has them")
        snippet.add_argument("--template", metavar="APP", help="one that `client templates` lists")
        pages = actions.add_parser("templates", help="list the apps that there are templates for")
        pages.add_argument("--markdown", action="store_true", help="as the table of docs/apps/README.md")
        update = actions.add_parser("update", help="change an app: what is not named stays as it is")
        update.add_argument("--name", help="what people read")
        end = actions.add_parser("end-secret", help="end one secret")
        rotate = actions.add_parser("rotate-secret", help="make a new secret; of three the oldest ends")
        rotate.add_argument("--end-old", action="store_true", help="end all earlier secrets at once")
        delete = actions.add_parser("delete", help="delete an app, and all that was granted at it")
        delete.add_argument("--yes", action="store_true", help="do not ask")
        on_one = [update, end, rotate, delete, snippet]
        on_one += [actions.add_parser(name, help=f"{name} an app") for name in ("show", "enable", "disable")]
        on_one.append(
            actions.add_parser("grade", help="its registration against OAuth 2.1, RFC 9700 and FAPI 2.0")
        )
        for each in on_one:
            each.add_argument("client_id")
        whose = actions.add_parser("whose", help="which person an app knows by a subject (sub)")
        whose.add_argument("client_id")
        whose.add_argument("sub")
        end.add_argument("hint", help="the secret's last four characters")
        for each in (create, update):
            client_options.add_settings(each)
        for each in (create, whose, pages, actions.add_parser("list", help="list all apps"), *on_one):
            each.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        action = getattr(self, f"_{options['action'].replace('-', '_')}")
        try:
            action(options, timezone.now())
        except OAuthError as error:
            raise CommandError(f"{error.code}: {error.description} {_more(error)}".strip()) from error
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        except OSError as error:
            raise CommandError(f"{error.strerror}: {error.filename}") from error

    def _create(self, options: dict[str, Any], now: datetime) -> None:
        said = client_options.document(options)
        sector = sectors.look(said.get("sector_identifier_uri"))
        with transaction.atomic():
            self._register(options, said, sector, now)

    def _register(
        self, options: dict[str, Any], said: dict[str, object], sector: SectorDocument | None, now: datetime
    ) -> None:
        if not (options["from_metadata"] or options["template"]):
            said.setdefault("grant_types", ["authorization_code", "refresh_token"])
        registration = metadata.read(said, trusted=True, sector=sector)
        client = registration.client
        app_pages.refuse_twins(options, client)
        if options["client_id"]:
            client.client_id = options["client_id"]
        client.full_clean(exclude={"sector"})  # which is settled when it is saved
        secret = registration.create(now)
        audit.record("client.created", client_id=client.client_id, name=client.name)
        response = metadata.as_response(client, secret, trusted=True)
        page = app_pages.page(options["template"], client, secret)
        if options["json"] or options["from_metadata"]:
            self._print(response | (page.as_json() if page else {}))
        else:
            self._paste(client, secret)
            self.stdout.write(f"\n{page.text}" if page else "")

    def _update(self, options: dict[str, Any], now: datetime) -> None:
        said = client_options.document(options)
        sector = metadata.sector_for(_find(options), said)
        with transaction.atomic():
            client = _find(options, hold=True)
            metadata.change(client, said, sector).save()
            audit.record("client.changed", client_id=client.client_id, changed=sorted(said))
            self._show(options, now)

    def _snippet(self, options: dict[str, Any], now: datetime) -> None:
        page = app_pages.page_of(_find(options), options["template"])
        if options["json"]:
            self._print(page.as_json())
        else:
            self.stdout.write(page.text)

    def _templates(self, options: dict[str, Any], now: datetime) -> None:
        if options["json"]:
            self._print(app_pages.listed())
        elif options["markdown"]:
            self.stdout.write(library.table(), ending="")
        else:
            for each in app_pages.listed():
                self.stdout.write(f"{each['template']:<20} {each['title']}  ({each['status']})")

    def _list(self, options: dict[str, Any], now: datetime) -> None:
        clients = Client.objects.all()
        if options["json"]:
            self._print([_summary(client) for client in clients])
            return
        for client in clients:
            state = "" if client.enabled else "  (disabled)"
            self.stdout.write(f"{client.client_id:<24} {client.name}{state}")

    def _show(self, options: dict[str, Any], now: datetime) -> None:
        client = _find(options)
        shown = metadata.as_response(client, trusted=True) | {
            "enabled": client.enabled,
            "secrets": [
                {"hint": secret.hint, "created_at": secret.created_at.isoformat()}
                for secret in secrets.live(client, now)
            ],
            "warnings": risks(client, now),
        }
        if options["json"]:
            self._print(shown)
        else:
            self._facts({name: _words(value) for name, value in shown.items()})

    def _grade(self, options: dict[str, Any], now: datetime) -> None:
        client = _find(options)
        if options["json"]:
            return self._print(grading.as_json(client))
        for grade in grading.grades(client):
            self.stdout.write(f"{grade.mark}  {grade.document}")
            for rule in grade.missing:
                self.stdout.write(
                    f"   {rule.strength:<6} {rule.clause}: {rule.words}. {rule.why} → {rule.mend}"
                )
        return None

    def _whose(self, options: dict[str, Any], now: datetime) -> None:
        """Nothing leads back from a pairwise subject, so everybody's is made again: for an operator that will do."""
        client = _find(options)
        for user in User.objects.order_by("pk").iterator():
            if claims.subject(user, client) == options["sub"]:
                found = {"username": user.username, "id": str(user.pk), "is_active": user.is_active}
                if options["json"]:
                    return self._print(found)
                return self._facts({name: _words(value) for name, value in found.items()})
        raise CommandError("This app knows nobody by this subject.")

    @transaction.atomic
    def _rotate_secret(self, options: dict[str, Any], now: datetime) -> None:
        client = _find(options)
        if not client.has_secret:
            raise CommandError("This app authenticates without a secret.")
        before = secrets.live(client, now)
        value = secrets.issue(client, now)
        if options["end_old"]:
            for old in secrets.live(client, now)[1:]:
                secrets.end(old)
        kept = [secret.hint for secret in secrets.live(client, now)[1:]]
        ended = [secret.hint for secret in before if secret.hint not in kept]
        audit.record("client.secret_issued", client_id=client.client_id, hint=value[-4:], ended=ended)
        if options["json"]:
            self._print(
                {"client_id": client.client_id, "client_secret": value, "client_secret_expires_at": 0}
                | {"ended": ended, "also_live": kept}
            )
            return
        self._facts({"client id": client.client_id, "client secret": f"{value}   (shown only now)"})
        for hint in kept:
            self.stdout.write(
                f"…{hint} still works: end it with `client end-secret {client.client_id} …{hint}`."
            )

    @transaction.atomic
    def _end_secret(self, options: dict[str, Any], now: datetime) -> None:
        client = _find(options)
        hint = options["hint"].removeprefix("…")  # with it, a hint may start with "-"
        ended = [secret for secret in secrets.live(client, now) if secret.hint == hint]
        if not ended:
            raise CommandError(
                "This app has no such secret. `client show` prints the last characters of each."
            )
        for secret in ended:
            _end(client, secret)
        self._done(options, client, "Secret ended.")

    def _enable(self, options: dict[str, Any], now: datetime) -> None:
        self._switch(options, enabled=True)

    def _disable(self, options: dict[str, Any], now: datetime) -> None:
        self._switch(options, enabled=False)

    @transaction.atomic
    def _switch(self, options: dict[str, Any], *, enabled: bool) -> None:
        client = _find(options)
        client.enabled = enabled
        client.save(update_fields=["enabled"])
        audit.record("client.enabled" if enabled else "client.disabled", client_id=client.client_id)
        self._done(
            options, client, "Enabled." if enabled else "Disabled: nobody can sign in with it any more."
        )

    def _delete(self, options: dict[str, Any], now: datetime) -> None:
        client = _find(options)
        grants = client.grants.filter(revoked_at=None, expires_at__gt=now).count()
        if not options["yes"]:
            ask(f"Delete {client.name} and end {grants} sign-ins of people at it?")
        with transaction.atomic():
            client.delete()
            audit.record("client.deleted", client_id=client.client_id, name=client.name)
        self._done(options, client, "Deleted.", deleted=True)

    def _done(self, options: dict[str, Any], client: Client, words: str, **more: object) -> None:
        if options["json"]:
            self._print(_summary(client) | more)
        else:
            self.stdout.write(words)

    def _paste(self, client: Client, secret: str) -> None:
        self.stdout.write(f"{client.name} is registered. These are its settings:")
        self._facts(
            {
                "issuer": conf().issuer,
                "client id": client.client_id,
                "client secret": f"{secret}   (shown only now)"
                if secret
                else _WITHOUT_SECRET[client.is_public],
                "discovery": conf().url("/.well-known/openid-configuration"),
            }
        )

    def _facts(self, facts: dict[str, str]) -> None:
        width = max(map(len, facts))
        for name, value in facts.items():
            self.stdout.write(f"  {name:<{width}}  {value}")

    def _print(self, value: object) -> None:
        self.stdout.write(json.dumps(value, indent=2, ensure_ascii=False))


_WITHOUT_SECRET = {True: "none: a public app, with PKCE", False: "none: it signs with its own key"}


def _find(options: dict[str, Any], *, hold: bool = False) -> Client:
    """`hold` keeps its row until the transaction ends, for who writes all that was read."""
    clients = Client.objects.select_for_update() if hold else Client.objects
    client = clients.filter(client_id=options["client_id"]).first()
    if client is None:
        raise CommandError("There is no app with this client id. `client list` prints them all.")
    return client


def _end(client: Client, secret: ClientSecret) -> None:
    secrets.end(secret)
    audit.record("client.secret_ended", client_id=client.client_id, hint=secret.hint)


def _summary(client: Client) -> dict[str, object]:
    return {"client_id": client.client_id, "client_name": client.name, "enabled": client.enabled}


def _words(value: object) -> str:
    if isinstance(value, list):
        return (
            ", ".join(f"…{item['hint']}" if isinstance(item, dict) else str(item) for item in value) or "none"
        )
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _more(error: OAuthError) -> str:
    """The operator may hear what our log would: it is their own document."""
    return f"({error.reason})" if error.reason != error.description else ""
