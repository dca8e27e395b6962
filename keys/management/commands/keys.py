"""`manage.py keys …`: the signing keys from the command line, for people or, with --json, for programs."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from keys import events, rotation, schedule, sealing
from keys.management.asking import ask
from keys.models import SigningKey
from keys.timeline import in_words, why

Report = dict[str, Any]


class Command(BaseCommand):
    help = "Shows, rotates, revokes and re-encrypts the signing keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        commands.add_parser("list", help="each key, what it does and why")
        commands.add_parser("schedule", help="what will happen when")
        rotate = commands.add_parser("rotate", help="bring the next key forward; nobody notices")
        rotate.add_argument("--algorithm", help="one algorithm; all in use otherwise")
        revoke = commands.add_parser("revoke", help="emergency: drop a key now")
        revoke.add_argument("kid", help="the key's id, or its first characters")
        revoke.add_argument("--yes", action="store_true", help="don't ask")
        revoke.add_argument("--reason", default="", help="kept with the key and in the audit log")
        commands.add_parser("rewrap", help="encrypt private keys with the first key of IDP_ENCRYPTION_KEYS")
        for command in commands.choices.values():
            command.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        run: Callable[[datetime, dict[str, Any]], tuple[Any, list[str]]] = getattr(
            self, f"_{options['command']}"
        )
        result, lines = run(timezone.now(), options)
        self.stdout.write(json.dumps(result, indent=2) if options["json"] else "\n".join(lines))

    def _list(self, now: datetime, options: dict[str, Any]) -> tuple[Any, list[str]]:
        keys = rotation.ensure_schedule(now)
        lines = [f"{key.kid}  {key.algorithm:<6} {key.state(now):<10} {why(key, now)}" for key in keys]
        return [_report(key, now) for key in keys], lines

    def _schedule(self, now: datetime, options: dict[str, Any]) -> tuple[Any, list[str]]:
        coming = schedule.forecast(rotation.ensure_schedule(now), now)
        lines = [
            f"{_iso(event.at)}  {event.algorithm:<6} {event.kid or 'the next key'} {event.change}"
            for event in coming
        ]
        report = [
            {
                "at": _iso(event.at),
                "algorithm": event.algorithm,
                "kid": event.kid or None,
                "change": event.change,
            }
            for event in coming
        ]
        return report, lines

    def _rotate(self, now: datetime, options: dict[str, Any]) -> tuple[Any, list[str]]:
        names = [options["algorithm"]] if options["algorithm"] else schedule.policy().algorithms
        try:
            keys = [rotation.rotate(name, now, by="command") for name in names]
        except rotation.NoSuchKey as error:
            raise CommandError(str(error)) from error
        reports, lines = [], []
        for key in keys:
            seen = max(now, key.published_at + schedule.policy().jwks_max_age)
            reports.append({**_report(key, now), "seen_by_every_app_at": _iso(seen)})
            lines.append(f"{key.algorithm}: {key.kid} is public since {_iso(key.published_at)}.")
            lines.append(
                f"  Every app that caches as told has seen it by {_iso(seen)}; it signs from {_iso(key.signs_from)}."
            )
        return reports, lines

    def _revoke(self, now: datetime, options: dict[str, Any]) -> tuple[Any, list[str]]:
        key = _chosen(options["kid"], now)
        impact = events.impact_of(key.kid, now)
        if not options["yes"]:
            self._ask(key, impact, now)
        done = rotation.revoke(key.kid, now, reason=options["reason"], by="command")
        replacement = done.replacement.kid if done.replacement else None
        cached = in_words(schedule.policy().jwks_max_age)
        lines = [
            f"{key.kid} has left the JWKS and its private half is destroyed.",
            f"{replacement} signs in its place from now on." if replacement else "It was not signing.",
            f"Nodes stop using it within 5 seconds; apps may believe it for {cached} more.",
        ]
        return {**_report(done.revoked, now), "replacement": replacement, "impact": impact}, lines

    def _ask(self, key: SigningKey, impact: dict[str, int], now: datetime) -> None:
        counts = " and ".join(f"{count} {thing}" for thing, count in impact.items())
        self.stderr.write(
            f"{key.kid} ({key.algorithm}, {key.state(now)}): every token that it signed will be refused."
        )
        self.stderr.write(f"This can hit {counts}." if counts else "Nothing says how much this hits.")
        ask("Revoke it?")

    def _rewrap(self, now: datetime, options: dict[str, Any]) -> tuple[Any, list[str]]:
        try:
            changed = rotation.rewrap()
        except sealing.CannotOpen as error:
            raise CommandError(str(error)) from error
        version = sealing.current_version()
        return {"rewrapped": changed, "version": version}, [
            f"{changed} keys and secrets are now sealed with version {version}."
        ]


def _chosen(start: str, now: datetime) -> SigningKey:
    """The one key that is not revoked and whose id begins so."""
    found = list(SigningKey.objects.filter(kid__startswith=start, revoked_at=None)[:2])
    if not start or len(found) != 1:
        raise CommandError(
            f"{'Several keys begin' if found else 'No key that could be revoked begins'} with {start!r}."
        )
    return found[0]


def _report(key: SigningKey, now: datetime) -> Report:
    """What may be known of a key: everything but its private half."""
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "serial": key.serial,
        "state": key.state(now),
        "published_at": _iso(key.published_at),
        "signs_from": _iso(key.signs_from),
        "signs_until": _iso(key.signs_until),
        "verifies_until": _iso(key.verifies_until),
        "revoked_at": _iso(key.revoked_at) if key.revoked_at else None,
        "revoke_reason": key.revoke_reason,
        "sealed_with": sealing.sealed_version(key.sealed) or None,
        "public_jwk": key.public_jwk,
    }


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
