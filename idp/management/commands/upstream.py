"""`manage.py upstream create|update|list|show|check|delete`: other providers that people may sign in by."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts import audit, groups
from idp.models import Upstream
from idp.upstream import buttons, metadata, presets
from idp.upstream.refusals import UpstreamRefused

TEXTS = ("name", "issuer", "client_id", "team_id", "key_id", "scopes")
LISTS = ("email_domains", "allowed_domains", "tenants", "trusted_amr", "trusted_acr")
LISTED = {
    "email_domains": ("--believe-domain", "a domain whose addresses it speaks for; * for all"),
    "allowed_domains": ("--only-domain", "only people with a proved address there"),
    "tenants": ("--tenant", "Entra ID: a tenant ID, or *; Google: a hosted domain"),
    "trusted_amr": ("--trust-amr", "a method that counts here too, such as mfa"),
    "trusted_acr": ("--trust-acr", "a level of its that counts as two factors"),
    "group": ("--group", "a group of people whose account is made by it"),
}
SWITCHES = ("may_create", "shown", "enabled", "refresh_claims")


class Command(BaseCommand):
    help = "Other providers that people sign in by: any of OpenID Connect, and Google, Entra ID, GitHub, GitLab, Apple."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="add one; prints the redirect URI to register there")
        update = actions.add_parser("update", help="change one: what is not named stays as it is")
        create.add_argument("slug", help="stands in its addresses")
        create.add_argument("--preset", choices=Upstream.Preset.values, default=Upstream.Preset.OIDC)
        for each in (create, update):
            _options(each)
        on_one = [
            update,
            actions.add_parser("show", help="show one"),
            actions.add_parser("delete", help="delete one"),
        ]
        on_one.append(
            actions.add_parser("check", help="ask it for its metadata and keys, as a sign-in would")
        )
        for each in on_one:
            each.add_argument("slug")
        for each in (create, actions.add_parser("list", help="list all"), *on_one):
            each.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except ValidationError as error:
            name, messages = next(iter(error.message_dict.items()))
            raise CommandError(f"{_called(name)}{messages[0]}") from error

    def _create(self, options: dict[str, Any]) -> None:
        upstream = Upstream(slug=options["slug"], preset=options["preset"], name=options["slug"])
        self._save(upstream, "upstream.created", options)

    def _update(self, options: dict[str, Any]) -> None:
        self._save(_find(options), "upstream.changed", options)

    @transaction.atomic
    def _save(self, upstream: Upstream, event: str, options: dict[str, Any]) -> None:
        for name in TEXTS:
            if options[name] is not None:
                setattr(upstream, name, options[name])
        for name in LISTS:
            if options[name] is not None:
                setattr(upstream, name, [each for each in options[name] if each])
        for name in SWITCHES:
            if options[name] is not None:
                setattr(upstream, name, options[name] == "on")
        chosen = None if options["group"] is None else _groups(options["group"])
        upstream.full_clean()
        if options["secret_file"]:
            buttons.seal(upstream, _secret(options["secret_file"]))
        upstream.save()
        if chosen is not None:
            upstream.groups.set(chosen)
        audit.record(event, actor="command", subject=f"upstream:{upstream.slug}", **_plain(upstream))
        self._print(upstream, options)

    def _show(self, options: dict[str, Any]) -> None:
        self._print(_find(options), options)

    def _list(self, options: dict[str, Any]) -> None:
        found = [_facts(each) for each in Upstream.objects.all()]
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2, ensure_ascii=False))
            return
        for each in found:
            state = "" if each["enabled"] else "  (disabled)"
            self.stdout.write(f"{each['slug']:<20} {each['preset']:<8} {each['name']}{state}")

    @transaction.atomic
    def _delete(self, options: dict[str, Any]) -> None:
        """People's links to it stay, and open nothing; they work again when it is added again."""
        upstream = _find(options)
        facts = _facts(upstream)
        audit.record(
            "upstream.deleted", actor="command", subject=f"upstream:{upstream.slug}", **_plain(upstream)
        )
        upstream.delete()
        if options["json"]:
            self.stdout.write(json.dumps(facts, indent=2, ensure_ascii=False))
        else:
            self.stdout.write(f"{facts['slug']} is deleted.")

    def _check(self, options: dict[str, Any]) -> None:
        upstream = _find(options)
        answer = _checked(upstream)
        if options["json"]:
            self.stdout.write(json.dumps(answer, indent=2))
        else:
            for name, value in answer.items():
                self.stdout.write(f"  {name:<24}  {' '.join(value) if isinstance(value, list) else value}")
        if not answer["ok"]:
            sys.exit(1)

    def _print(self, upstream: Upstream, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(_facts(upstream), indent=2, ensure_ascii=False))
            return
        for name, value in _facts(upstream).items():
            self.stdout.write(f"  {name:<18}  {' '.join(value) if isinstance(value, list) else value}")


def _options(parser: ArgumentParser) -> None:
    helps = {
        "name": "what its button says",
        "issuer": "for a provider of your own, or one tenant of Entra ID",
        "scopes": "other than the kind needs, separated by spaces",
    }
    for name in TEXTS:
        parser.add_argument(f"--{name.replace('_', '-')}", help=helps.get(name))
    parser.add_argument(
        "--secret-file", help="file with the client secret, or Apple's key; - reads it from here"
    )
    for dest, (option, words) in LISTED.items():
        parser.add_argument(
            option, dest=dest, action="append", help=f"{words}; may be given again, '' for none"
        )
    switches = {
        "may_create": "accounts for people who have none",
        "shown": "its button on the sign-in page",
        "enabled": "the whole of it",
        "refresh_claims": "names taken over at each sign-in",
    }
    for name, words in switches.items():
        parser.add_argument(f"--{name.replace('_', '-')}", choices=("on", "off"), help=words)


def _called(name: str) -> str:
    """A field as it is typed here; nothing for a fault of the whole."""
    if name == NON_FIELD_ERRORS:
        return ""
    if name == "slug":
        return "slug: "
    return f"{LISTED[name][0] if name in LISTED else '--' + name.replace('_', '-')}: "


def _groups(names: list[str]) -> list[Group]:
    wanted = {name for name in names if name}
    found = {group.name: group for group in groups.harmless().filter(name__in=wanted)}
    if missing := sorted(wanted - set(found)):
        raise CommandError(f"There is no group {missing[0]} that people can be given so.")
    return list(found.values())


def _secret(path: str) -> str:
    try:
        return (sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"--secret-file: {error}") from error


def _find(options: dict[str, Any]) -> Upstream:
    upstream = Upstream.objects.filter(slug=options["slug"]).first()
    if upstream is None:
        raise CommandError("There is no such provider. `upstream list` prints them all.")
    return upstream


def _plain(upstream: Upstream) -> dict[str, Any]:
    """For the log: what it is and may."""
    return {name: getattr(upstream, name) for name in ("preset", "issuer", "client_id", *LISTS, *SWITCHES)}


def _facts(upstream: Upstream) -> dict[str, Any]:
    return {
        "slug": upstream.slug,
        "preset": upstream.preset,
        "name": upstream.name,
        "issuer": presets.issuer(upstream),
        "client_id": upstream.client_id,
        "has_secret": bool(upstream.sealed_secret),
        "redirect_uri": buttons.redirect_uri(upstream),
        "scopes": (upstream.scopes or presets.kind(upstream).scopes).split(),
        "team_id": upstream.team_id,
        "key_id": upstream.key_id,
        **{name: getattr(upstream, name) for name in (*LISTS, *SWITCHES)},
        "groups": sorted(upstream.groups.values_list("name", flat=True)),
    }


def _checked(upstream: Upstream) -> dict[str, Any]:
    now = timezone.now()
    try:
        found = metadata.of(upstream, now)
    except UpstreamRefused as refusal:
        return {"ok": False, "problem": f"{refusal.reason}: {presets.address(upstream)}"}
    keys = metadata.KeysOf(found.jwks_uri, now).count() if found.jwks_uri else 0
    answer: dict[str, Any] = {
        "ok": bool(keys) or not presets.kind(upstream).is_oidc,
        "authorization_endpoint": found.authorization_endpoint,
        "token_endpoint": found.token_endpoint,
        "userinfo_endpoint": found.userinfo_endpoint,
        "algorithms": list(found.algorithms),
        "keys": keys,
    }
    return answer if answer["ok"] else {**answer, "problem": f"no keys at {found.jwks_uri}"}
