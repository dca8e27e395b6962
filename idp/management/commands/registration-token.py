"""`manage.py registration-token`: initial access tokens, with which apps may register themselves (RFC 7591)."""
# ruff: noqa: N999  (the command's name is its file's)

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from idp.clients import kept_tokens, registration_tokens
from idp.models import RegistrationToken
from idp.setting_types import duration


class Command(BaseCommand):
    help = "Makes, lists and revokes tokens with which apps may register themselves (IDP_REGISTRATION=token)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make one; it is printed once")
        create.add_argument("note", help="whom it is for")
        create.add_argument("--uses", type=int, default=1, help="how many apps it is good for (1)")
        create.add_argument("--expires", default="7d", help="lives so long, such as 90s, 10m, 8h, 30d (7d)")
        create.add_argument(
            "--openid-connect",
            action="store_true",
            help="its apps may have all of OpenID Connect: no PKCE, tokens through the browser, request_uri, …",
        )
        listing = actions.add_parser("list", help="print them all, without their values")
        revoke = actions.add_parser("revoke", help="end one; what was registered with it stays")
        revoke.add_argument("id", type=int, help="as `list` prints it")
        for each in (create, listing, revoke):
            each.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options, timezone.now())

    @transaction.atomic
    def _create(self, options: dict[str, Any], now: datetime) -> None:
        token = RegistrationToken(
            note=options["note"],
            uses=options["uses"],
            openid_connect=options["openid_connect"],
            created_at=now,
        )
        try:
            token.expires_at = now + duration(options["expires"])
            token.clean_fields(exclude=["digest", "hint"])
        except (ValidationError, ValueError, OverflowError) as error:
            raise CommandError(_words(error)) from error
        value = registration_tokens.seal(token, now=now)
        audit.record(
            "registration.token_made",
            subject=audit.mark(token),
            name=str(token),
            uses=token.uses,
            openid_connect=token.openid_connect,
        )
        if obstacle := registration_tokens.obstacle():
            self.stderr.write(obstacle)
        if options["json"]:
            self._print(_summary(token, now) | {"registration_token": value})
        else:
            self.stdout.write(f"{value}\n(shown only now; {token.uses} uses, until {token.expires_at:%c})")

    def _list(self, options: dict[str, Any], now: datetime) -> None:
        tokens = [_summary(token, now) for token in RegistrationToken.objects.all()]
        if options["json"]:
            self._print(tokens)
            return
        for token in tokens:
            self.stdout.write("{id:>4}  …{hint}  {state:<8}  {used} of {uses} used  {note}".format(**token))

    @transaction.atomic
    def _revoke(self, options: dict[str, Any], now: datetime) -> None:
        token = RegistrationToken.objects.filter(pk=options["id"]).first()
        if token is None:
            raise CommandError("There is no such token. `registration-token list` prints them all.")
        if kept_tokens.revoke(token, now=now):
            audit.record("registration.token_revoked", subject=audit.mark(token), name=str(token))
        token.refresh_from_db()
        if options["json"]:
            self._print(_summary(token, now))
        else:
            self.stdout.write("Revoked.")

    def _print(self, value: object) -> None:
        self.stdout.write(json.dumps(value, indent=2, ensure_ascii=False))


def _summary(token: RegistrationToken, now: datetime) -> dict[str, object]:
    return {
        **{name: getattr(token, name) for name in ("id", "note", "hint", "uses", "used", "openid_connect")},
        "expires_at": token.expires_at.isoformat(),
        "state": token.state(now),
    }


def _words(error: Exception) -> str:
    if isinstance(error, ValidationError):
        name, messages = next(iter(error.message_dict.items()))
        return f"{name}: {messages[0]}"
    return f"--expires: {error}"
