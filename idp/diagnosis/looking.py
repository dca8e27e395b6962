"""Looks at the public address as an app does: a few plain requests to it, with nothing in between.

The address is the operator's own word, so the rules of idp.outbound for addresses of strangers are not for it: no
redirect is followed, no cookie kept, no proxy asked.
"""

import json
import ssl
import time
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

SECONDS = 5.0
MAX_BYTES = 256 * 1024


class Unreachable(Exception):
    """With the reason in words."""


@dataclass(frozen=True)
class Seen:
    """One answer; `certificate` is what the other side showed, `midway` the time between asking and hearing."""

    status: int
    headers: Message
    body: bytes
    certificate: dict[str, Any]
    midway: float

    def json(self) -> dict[str, Any]:
        """Empty for what is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def look(base: str, path: str, headers: dict[str, str] | None = None) -> Seen:
    """GET `path` at `base`. Raises Unreachable."""
    connection = _connection(base)
    try:
        before = time.time()
        connection.request("GET", path, headers={"User-Agent": "Signet doctor", **(headers or {})})
        certificate = _certificate(connection)
        answer = connection.getresponse()
        midway = (before + time.time()) / 2
        return Seen(answer.status, answer.headers, answer.read(MAX_BYTES), certificate, midway)
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(f"its certificate is not good: {error.verify_message}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(str(error) or type(error).__name__) from error
    finally:
        connection.close()


def _connection(base: str) -> HTTPConnection:
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unreachable("expected an address such as https://id.example.com")
    if parts.scheme == "http":
        return HTTPConnection(parts.hostname, parts.port, timeout=SECONDS)
    return HTTPSConnection(parts.hostname, parts.port, timeout=SECONDS, context=ssl.create_default_context())


def _certificate(connection: HTTPConnection) -> dict[str, Any]:
    if isinstance(connection.sock, ssl.SSLSocket):
        return dict(connection.sock.getpeercert() or {})
    return {}
