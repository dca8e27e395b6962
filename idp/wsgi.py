"""The WSGI entry: JWKS and discovery are bytes made once, answered before Django's request cycle."""

import os
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse

from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, reset_queries

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "idp.settings")
django = get_wsgi_application()

# One look at the connection a request, at its start, is enough, and the rest looks at nothing that we have.
request_finished.disconnect(close_old_connections)
request_finished.disconnect(close_caches)
request_started.disconnect(reset_queries)

from idp.endpoints import discovery, protected_resource  # noqa: E402  (models need the app registry, which Django has now)
from idp.logout import courier  # noqa: E402
from keys import jwks  # noqa: E402

Headers = list[tuple[str, str]]

EARLY: dict[str, Callable[[dict[str, Any]], tuple[str, Headers, bytes]]] = {
    "/.well-known/jwks.json": jwks.answer,
    "/jwks": jwks.answer,
    "/.well-known/openid-configuration": discovery.answer,
    "/.well-known/oauth-authorization-server": discovery.answer,
    **dict.fromkeys(protected_resource.PATHS, protected_resource.answer),
}


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    early = EARLY.get(environ.get("PATH_INFO", ""))
    if early is None:
        courier.start()
        return django(environ, start_response)
    status, headers, body = early(environ)
    start_response(status, headers)
    return [body]
