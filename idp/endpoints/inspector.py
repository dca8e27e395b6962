"""/playground/jwt: the token inspector. The page decodes in the browser; a token comes here only when its person asks.

S-104: what is sent is neither kept nor logged, and the answer holds nothing that its sender did not know or own.
"""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.middleware import Request
from idp.conf import conf
from idp.endpoints.playground import while_open
from idp.endpoints.responses import json_response
from idp.playground import inspection, meanings
from idp.playground.inspection import Token

_UNREADABLE = "This is no JWT of three parts."
_NOT_OURS = "This token was not signed by this provider, or by a key that was revoked meanwhile."
_NOT_YOURS = (
    "What became of a token is told to the person whom it is about, and to admins. Sign in as one of them."
)
_ALIVE = (
    "This token is alive, or says nothing about its end, and it is not yours. Here the server decodes only tokens "
    "that have expired, and your own. With JavaScript the page decodes any token in your browser, and sends none."
)


@require_http_methods(["GET", "HEAD", "POST"])
@while_open
def inspector(request: Request) -> HttpResponse:
    """The page; and by POST, for browsers without JavaScript, a token that has expired or is one's own."""
    context: dict[str, Any] = {"data": _data(), "sent": request.method == "POST"}
    status = 200
    if request.method == "POST":
        found = _decoded(request)
        status = 400 if "problem" in found else 200
        context |= found
    return render(request, "playground/inspector.html", context, status=status)


def _data() -> dict[str, Any]:
    return {"issuer": conf().issuer, "meanings": meanings.as_json()}


def _decoded(request: Request) -> dict[str, Any]:
    now = timezone.now()
    token = inspection.read(request.POST.get("token", ""), now=now)
    if token is None:
        return {"problem": _UNREADABLE}
    if not (token.is_expired(now) or token.is_of(request.user)):
        return {"problem": _ALIVE}
    shown = inspection.visible_to(request.user, token)
    return {
        "token": token,
        "parts": (
            ("Header", _rows(token.header, meanings.HEADER, {})),
            ("Payload", _rows(token.claims, meanings.CLAIMS, inspection.sources(token) if shown else {})),
        ),
        "facts": list(inspection.facts(token, now=now)) if shown else [],
    }


def _rows(
    members: dict[str, Any], known: dict[str, meanings.Meaning], sources: dict[str, str]
) -> list[dict[str, str]]:
    return [
        {
            "name": name,
            "value": json.dumps(value, ensure_ascii=False),
            "meaning": known[name].text if name in known else "",
            "source": sources.get(name, ""),
        }
        for name, value in members.items()
    ]


@require_POST
@while_open
def status(request: Request) -> HttpResponse:
    """What is known of a token of ours that still may live, after a click, for who may know it."""
    now = timezone.now()
    token = inspection.read(request.POST.get("token", ""), now=now)
    if token is None:
        return _problem(_UNREADABLE, 400)
    if not token.proven:
        return _problem(_NOT_OURS, 400)
    if not inspection.visible_to(request.user, token):
        return _problem(_NOT_YOURS, 403)
    return json_response(_known(token, now))


def _known(token: Token, now: datetime) -> dict[str, Any]:
    return {
        "kind": token.kind,
        "facts": [asdict(fact) for fact in inspection.facts(token, now=now)],
        "sources": inspection.sources(token),
    }


def _problem(text: str, status: int) -> HttpResponse:
    return json_response({"problem": text}, status=status)
