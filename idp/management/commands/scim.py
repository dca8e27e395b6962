"""`manage.py scim token …`: secrets with which a directory may read and write people and groups (RFC 7644)."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from idp.clients import kept_tokens, scim_tokens
from idp.conf import conf
from idp.models import ScimToken
from idp.setting_types import duration


class Command(BaseCommand):
    help = "Makes, lists and revokes the tokens of provisioning clients, such as Microsoft Entra or Okta."

    def add_arguments(self, parser: ArgumentParser) -> None:
        things = parser.add_subparsers(dest="thing", required=True)
        actions = things.add_parser("token", help="their tokens").add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make one; it is printed once")
        create.add_argument("client", help="whose it is, such as entra")
        create.add_argument("--expires", default="365d", help="lives so long, such as 8h, 30d (365d)")
        create.add_argument("--read-only", action="store_true", help="it changes nothing")
        create.add_argument(
            "--vouches", action="store_true", help="the e-mail addresses that it writes count as verified"
        )
        listing = actions.add_parser("list", help="print them all, without their values")
        revoke = actions.add_parser("revoke", help="end one; whom it provisioned stays")
        revoke.add_argument("id", type=int, help="as `list` prints it")
        for each in (create, listing, revoke):
            each.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options, timezone.now())

    @transaction.atomic
    def _create(self, options: dict[str, Any], now: datetime) -> None:
        token = ScimToken(
            client=options["client"],
            may_write=not options["read_only"],
            vouches=options["vouches"],
            created_at=now,
        )
        try:
            token.expires_at = now + duration(options["expires"])
            token.clean_fields(exclude=["digest", "hint"])
        except (ValidationError, ValueError, OverflowError) as error:
            raise CommandError(_words(error)) from error
        value = scim_tokens.seal(token, now=now)
        audit.record(
            "scim.token_made", actor="command", subject=audit.mark(token), name=str(token),
            may_write=token.may_write, vouches=token.vouches,
        )  # fmt: skip
        address = conf().url("/scim/v2")
        if options["json"]:
            self._print(_summary(token, now) | {"token": value, "address": address})
        else:
            self.stdout.write(f"{value}\n(shown only now; for {address}, until {token.expires_at:%c})")

    def _list(self, options: dict[str, Any], now: datetime) -> None:
        tokens = [_summary(token, now) for token in ScimToken.objects.all()]
        if options["json"]:
            self._print(tokens)
            return
        for token in tokens:
            does = "writes" if token["may_write"] else "reads"
            used = f"last used {token['last_used_at']}" if token["last_used_at"] else "never used"
            self.stdout.write("{id:>4}  …{hint}  {state:<8} {client}".format(**token) + f": {does}, {used}")

    @transaction.atomic
    def _revoke(self, options: dict[str, Any], now: datetime) -> None:
        token = ScimToken.objects.filter(pk=options["id"]).first()
        if token is None:
            raise CommandError("There is no such token. `scim token list` prints them all.")
        if kept_tokens.revoke(token, now=now):
            audit.record("scim.token_revoked", actor="command", subject=audit.mark(token), name=str(token))
        token.refresh_from_db()
        if options["json"]:
            self._print(_summary(token, now))
        else:
            self.stdout.write("Revoked.")

    def _print(self, value: object) -> None:
        self.stdout.write(json.dumps(value, indent=2, ensure_ascii=False))


def _summary(token: ScimToken, now: datetime) -> dict[str, object]:
    return {
        **{name: getattr(token, name) for name in ("id", "client", "hint", "may_write", "vouches")},
        "expires_at": token.expires_at.isoformat(),
        "last_used_at": token.last_used_at.isoformat() if token.last_used_at else None,
        "state": token.state(now),
    }


def _words(error: Exception) -> str:
    if isinstance(error, ValidationError):
        name, messages = next(iter(error.message_dict.items()))
        return f"{name}: {messages[0]}"
    return f"--expires: {error}"
