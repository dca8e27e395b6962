"""/developers and /learn: where somebody who connects an app begins, and where somebody new to tokens does."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.middleware import Request
from idp.clients import playground
from idp.conf import conf
from idp.endpoints.discovery import metadata
from idp.playground import metadata_words
from idp.protocol.scopes import KNOWN
from keys.timeline import in_words


@require_safe
@gzip_page  # nothing of the request is repeated in it (BREACH)
def developers(request: Request) -> HttpResponse:
    document = metadata()
    return render(
        request,
        "playground/developers.html",
        {
            "issuer": conf().issuer,
            "endpoints": [_member(name, value) for name, value in document.items() if _is_endpoint(name)],
            "members": [_member(name, value) for name, value in document.items() if not _is_endpoint(name)],
            "commands": metadata_words.commands(),
            "specifications": metadata_words.specifications(),
            "scopes": KNOWN.values(),
            "playground": playground.open_to(request.user),
            "wide": True,
        },
    )


def _is_endpoint(name: str) -> bool:
    return name.endswith("_endpoint") or name == "jwks_uri"


def _member(name: str, value: object) -> dict[str, Any]:
    """A list is shown as its items, anything else as JSON has it."""
    items = value if isinstance(value, list) else [value]
    shown = [item if isinstance(item, str) else json.dumps(item) for item in items]
    return {"name": name, "values": shown, "words": metadata_words.WORDS[name]}


@require_safe
@gzip_page  # nothing of the request is repeated in it (BREACH)
def learn(request: Request) -> HttpResponse:
    return render(
        request,
        "playground/learn.html",
        {
            "algorithms": settings.KEYS_ALGORITHMS,
            "playground": playground.open_to(request.user),
            "access_lifetime": in_words(conf().access_token_lifetime),
        },
    )
