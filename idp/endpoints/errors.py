"""Error pages: for a person what happened and what to do, for the app's developer what was expected and received."""

import logging
from difflib import SequenceMatcher

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.utils.translation import gettext_noop as _

from accounts import audit
from accounts.middleware import Request
from accounts.origin import origin
from idp.endpoints.responses import json_response
from idp.middleware import is_machine
from idp.protocol.errors import OAuthError, UntrustedRequest

log = logging.getLogger(__name__)
_ALIKE = 0.6


def error_page(request: Request, refusal: UntrustedRequest | OAuthError) -> HttpResponse:
    """A 400 page of ours: no redirect, no form, before any login (S-001)."""
    if isinstance(refusal, OAuthError):
        refusal = UntrustedRequest(_("The app's request could not be read."), reason=refusal.description)
    log.info("authorization request refused: %s", refusal.reason)
    if refusal.client_id:
        audit.record(
            "authorization.refused", request=request, client_id=refusal.client_id, outcome="refused",
            reason=refusal.reason,
        )  # fmt: skip
    context = {
        "refusal": refusal,
        "reference": origin(request).request_id,
        "differences": _differences(request, refusal),
    }
    return render(request, "idp/error.html", context, status=400)


def expired_page(request: Request) -> HttpResponse:
    return render(request, "idp/expired.html", {"reference": origin(request).request_id}, status=410)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Cookies are off, or the page was open for too long: says so, and how to go on."""
    log.info("csrf check failed: %s", reason)
    return render(request, "idp/csrf.html", {"reference": origin(request).request_id}, status=403)


def _differences(request: Request, refusal: UntrustedRequest) -> list[list[tuple[str, bool]]]:
    """Each registered address in pieces, with what differs from the one received marked.

    The list of registered addresses is for those who may see it: staff, or anybody on a developer's own machine.
    """
    if not refusal.received or not (settings.LOCAL or getattr(request.user, "is_staff", False)):
        return []
    return [_marked(refusal.received, expected) for expected in refusal.expected]


def _marked(received: str, expected: str) -> list[tuple[str, bool]]:
    """`expected` as (piece, differs); unmarked where the two have so little in common that marks would be noise."""
    matcher = SequenceMatcher(None, received[:2048], expected, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return [(expected, False)]
    return [
        (expected[start:end] or "▯", operation != "equal")
        for operation, _, _, start, end in matcher.get_opcodes()
    ]


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours: JSON for programs, a static page for people, nothing of its cause for either (S-145)."""
    reference = origin(request).request_id
    if is_machine(request):
        return json_response(
            {"error": "server_error", "error_description": f"Reference {reference}."}, status=500
        )
    return HttpResponse(get_template("500.html").render({"reference": reference}), status=500)
