"""Documents for everybody: bytes made once, the same whatever a request's headers say (S-090, S-092).

`idp.wsgi` answers with them before Django begins.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from idp.endpoints.responses import ALLOWED_HEADERS

Answer = tuple[str, list[tuple[str, str]], bytes]
Prepared = tuple[bytes, str]


def prepare(document: Mapping[str, Any]) -> Prepared:
    """The body, and the ETag that names it."""
    body = json.dumps(document, indent=2).encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def answer(environ: Mapping[str, Any], prepared: Prepared) -> Answer:
    """The whole answer, by method and If-None-Match."""
    body, etag = prepared
    headers = [
        ("Access-Control-Allow-Origin", "*"),
        ("Cache-Control", "public, max-age=3600, stale-if-error=86400"),
        ("ETag", etag),
        ("X-Content-Type-Options", "nosniff"),
    ]
    method = environ["REQUEST_METHOD"]
    if method == "OPTIONS":
        allowed = [
            ("Access-Control-Allow-Methods", "GET, HEAD"),
            ("Access-Control-Allow-Headers", ALLOWED_HEADERS),
        ]
        return "204 No Content", headers + allowed, b""
    if method not in ("GET", "HEAD"):
        return "405 Method Not Allowed", [("Allow", "GET, HEAD, OPTIONS"), ("Content-Length", "0")], b""
    if environ.get("HTTP_IF_NONE_MATCH") == etag:
        return "304 Not Modified", headers, b""
    headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return "200 OK", headers, body if method == "GET" else b""


def view(answer: Callable[[dict[str, Any]], Answer]) -> Callable[[HttpRequest], HttpResponse]:
    """The same through Django, for servers and tests that do not come by `idp.wsgi`."""

    def through_django(request: HttpRequest) -> HttpResponse:
        status, headers, body = answer(request.META)
        response = HttpResponse(body, status=int(status[:3]))
        del response["Content-Type"]
        for name, value in headers:
            response[name] = value
        return response

    through_django.csrf_exempt = True  # type: ignore[attr-defined]
    return through_django
