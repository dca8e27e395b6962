"""The public keys as apps fetch them (RFC 7517 section 5): bytes made once per ring, answered before Django.

`answer` needs no database: while that is away, the last good ring serves.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.utils import timezone

from keys import schedule
from keys.ring import Ring, ring

# After this long an app that cannot reach us has to stop believing what it has: the life of our longest token.
_STALE_IF_ERROR = int(schedule.LONGEST_TOKEN.total_seconds())

Headers = list[tuple[str, str]]
Answer = tuple[str, Headers, bytes]

_ANYONE: Headers = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "ETag"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("X-Content-Type-Options", "nosniff"),
]
_PREFLIGHT: Headers = [
    ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
    ("Access-Control-Allow-Headers", "*"),
    ("Access-Control-Max-Age", "86400"),
]
_ALLOW = ("Allow", "GET, HEAD, OPTIONS")


@dataclass(frozen=True)
class Document:
    """The JWKS at one moment."""

    body: bytes
    etag: str
    cache_control: str


@dataclass(frozen=True)
class _Bytes:
    version: str
    body: bytes
    etag: str


_latest = _Bytes("", b"", "")


def document(now: datetime) -> Document:
    current = ring(now)
    made = _made_once(current)
    cache_control = f"public, max-age={max_age(current, now)}, stale-if-error={_STALE_IF_ERROR}"
    return Document(made.body, made.etag, cache_control)


def max_age(current: Ring, now: datetime) -> int:
    """Seconds that apps may keep the JWKS: never past its next change."""
    longest: timedelta = settings.KEYS_JWKS_MAX_AGE
    if current.jwks_until is not None:
        longest = min(longest, current.jwks_until - now)
    return max(0, int(longest.total_seconds()))


def _made_once(current: Ring) -> _Bytes:
    global _latest
    if _latest.version != current.version:
        body = json.dumps(
            {"keys": [dict(key.jwk) for key in current.published]}, separators=(",", ":")
        ).encode()
        _latest = _Bytes(current.version, body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
    return _latest


def answer(environ: Mapping[str, Any]) -> Answer:
    """Status, headers and body for a WSGI request, whichever its method is."""
    method = environ["REQUEST_METHOD"]
    if method == "OPTIONS":
        return "204 No Content", [_ALLOW, *_ANYONE, *_PREFLIGHT], b""
    if method not in ("GET", "HEAD"):
        return "405 Method Not Allowed", [_ALLOW, *_ANYONE, ("Content-Length", "0")], b""
    try:
        current = document(timezone.now())
    except DatabaseFailure:
        return _away()
    caching = [("ETag", current.etag), ("Cache-Control", current.cache_control)]
    if _names(environ.get("HTTP_IF_NONE_MATCH", ""), current.etag):
        return "304 Not Modified", [*caching, *_ANYONE], b""
    content = [("Content-Type", "application/json"), ("Content-Length", str(len(current.body)))]
    return "200 OK", [*content, *caching, *_ANYONE], b"" if method == "HEAD" else current.body


def _away() -> Answer:
    """A process that has never read the keys, and cannot."""
    body = b'{"error":"temporarily_unavailable"}'
    content = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return (
        "503 Service Unavailable",
        [*content, ("Cache-Control", "no-store"), ("Retry-After", "5"), *_ANYONE],
        body,
    )


def _names(if_none_match: str, etag: str) -> bool:
    """RFC 9110 section 13.1.2: any of a list, and weakly, for a proxy that compresses weakens our tag."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or tags == ["*"]
