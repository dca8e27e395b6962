"""`manage.py token inspect`: what a token says and what became of it. The token itself is never printed or logged."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from idp.playground import inspection, meanings
from idp.playground.inspection import Token

MAX_TOKEN = 64 * 1024


class Command(BaseCommand):
    help = "Says what a token says, whose key signed it, and whether its session, grant and app still live."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        inspect = actions.add_parser("inspect", help="read a token, and say what is known of it")
        inspect.add_argument(
            "file", nargs="?", default="-", help="holds the token; without it, standard input"
        )
        inspect.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        token = inspection.read(_text(options["file"]), now=now)
        if token is None:
            raise CommandError("This is no JWT of three parts.")
        known = list(inspection.facts(token, now=now)) if token.proven else []
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(token, known), indent=1, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(_lines(token, known)))
        if not _passes(token, known, now):
            raise SystemExit(1)


def _text(file: str) -> str:
    """Never an argument: the shell's history and the list of processes would keep it (S-104)."""
    try:
        return sys.stdin.read(MAX_TOKEN) if file == "-" else Path(file).read_text("utf-8")[:MAX_TOKEN]
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The token can't be read: {type(error).__name__}.") from error


def _passes(token: Token, known: list[inspection.Fact], now: datetime) -> bool:
    return token.proven and not token.is_expired(now) and not any(fact.good is False for fact in known)


def _as_json(token: Token, known: list[inspection.Fact]) -> dict[str, Any]:
    return {
        "kind": token.kind,
        "proven": token.proven,
        "reason": token.reason,
        "header": token.header,
        "claims": token.claims,
        "facts": [asdict(fact) for fact in known],
        "sources": inspection.sources(token) if token.proven else {},
    }


def _lines(token: Token, known: list[inspection.Fact]) -> Iterator[str]:
    if token.proven:
        yield f"{'An' if token.kind[0] in 'aeiouAEIOU' else 'A'} {token.kind} of this provider."
    else:
        yield f"Not a token of this provider, or not any more: {token.reason}. What it says proves nothing."
    for fact in known:
        sign = {True: "✓", False: "✗", None: "–"}[fact.good]
        yield f"{sign} {fact.name}: {fact.text}"
    sources = inspection.sources(token) if token.proven else {}
    yield "Header"
    yield from _members(token.header, meanings.HEADER, {})
    yield "Payload"
    yield from _members(token.claims, meanings.CLAIMS, sources)


def _members(
    members: dict[str, Any], known: dict[str, meanings.Meaning], sources: dict[str, str]
) -> Iterator[str]:
    for name, value in members.items():
        words = known[name].text if name in known else ""
        source = f" From {sources[name]}." if name in sources else ""
        yield f"  {name} = {json.dumps(value, ensure_ascii=False)}  {words}{source}".rstrip()
