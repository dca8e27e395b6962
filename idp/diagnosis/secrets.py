"""The secrets of the installation: strong enough, and for the eyes of its user only (S-140)."""

import stat
import zlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from idp.diagnosis.finding import Asked, Finding

ABOUT = "secrets"
FILES = ("secret_key", "encryption_keys", "signet.sqlite3")  # in IDP_DATA_DIR
_RANDOM = 0.9  # random text in base64 hardly shrinks; words and repetitions do


def check(asked: Asked) -> Iterator[Finding]:
    if not settings.LOCAL:
        yield from _guessable()
    if settings.SECRET_KEY_FALLBACKS:
        yield Finding(
            "hint",
            ABOUT,
            "IDP_SECRET_KEY_PREVIOUS is set: whoever has that key can still make refresh tokens.",
            "Take it away once every app has asked for tokens since the key was replaced (docs/production.md).",
        )
    folder = Path(settings.DATA_DIR)
    if not _is_open(folder):  # nobody else gets as far as the files
        return
    for path in (folder / name for name in FILES):
        if _is_open(path):
            yield Finding("warning", ABOUT, f"Others than its owner may open {path}.", f"chmod 600 {path}")


def _is_open(path: Path) -> bool:
    """To the group or to everybody."""
    return path.exists() and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _guessable() -> Iterator[Finding]:
    if not looks_random(settings.SECRET_KEY):
        yield Finding(
            "error",
            ABOUT,
            "IDP_SECRET_KEY is not random: whoever guesses it can make refresh tokens and sessions.",
            "manage.py secrets prints a fresh one; keep the old one as IDP_SECRET_KEY_PREVIOUS meanwhile.",
        )


def looks_random(text: str) -> bool:
    raw = text.encode()
    return len(raw) >= 40 and len(zlib.compress(raw, 9)) >= _RANDOM * len(raw)
