"""Error pages: for a person what happened and what to do, for the app's developer what was expected and received."""

import logging
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import is_valid_path
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from django.views.defaults import page_not_found

from accounts import audit, language, speaking
from accounts.middleware import Request
from accounts.origin import origin
from idp.conf import conf
from idp.endpoints.responses import json_response
from idp.middleware import is_machine
from idp.models import Trace
from idp.protocol.errors import OAuthError, Refusal, UntrustedRequest
from idp.traces.leaving import compose, leave, may_record

log = logging.getLogger(__name__)
_FOR_PROGRAMS = ("/.well-known/", "/oauth2/")
_ALL = "/.well-known/openid-configuration"


def error_page(
    request: Request, refusal: UntrustedRequest | OAuthError, endpoint: str = "authorize"
) -> HttpResponse:
    """A 400 page of ours: no redirect, no form, before any login (S-001)."""
    if isinstance(refusal, OAuthError):
        refusal = UntrustedRequest(
            _("The app's request could not be read."),
            reason=refusal.description,
            check=refusal.check,
            **refusal.facts,
        )
    _speak(request)
    log.info("authorization request refused: %s", refusal.reason)
    kept = leave(request, refusal, endpoint, client_id=refusal.client_id)
    if refusal.client_id and may_record(request, refusal.client_id):
        audit.record(
            "authorization.refused", request=request, client_id=refusal.client_id, outcome="refused",
            reason=refusal.reason,
        )  # fmt: skip
    return render(request, "idp/error.html", for_developer(request, refusal, endpoint, kept), status=400)


def for_developer(
    request: Request, refusal: UntrustedRequest, endpoint: str, kept: Trace | None
) -> dict[str, Any]:
    """What the fold for the app's developer shows; where there was no room for a trace, it is made for the page."""
    from idp.explaining import pages  # loaded by the first refusal, not by each server's start
    from idp.explaining.reading import explain

    told = None
    if _may_see(request):
        now = timezone.now()
        told = explain(kept or compose(request, refusal, endpoint, client_id=refusal.client_id, now=now))
    return {
        "refusal": refusal,
        "reference": origin(request).request_id,
        "page": pages.page(refusal.check),
        "told": told,
        "wide": told is not None,
    }


def expired_page(request: Request, refusal: Refusal | None = None) -> HttpResponse:
    """For a request that waits no more, or, with its refusal, for one that was pushed and does."""
    _speak(request)
    gone = UntrustedRequest("", reason="the sign-in is finished, or too old", check="request-waiting")
    leave(request, refusal or gone, "authorize")
    return render(request, "idp/expired.html", {"reference": origin(request).request_id}, status=410)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Cookies are off, or the page was open for too long: says so, and how to go on."""
    log.info("csrf check failed: %s", reason)
    return render(request, "idp/csrf.html", {"reference": origin(request).request_id}, status=403)


def _speak(request: Request) -> None:
    if not language.spoken.get():
        speaking.speak(request)


def _may_see(request: Request) -> bool:
    """Who may read traces in the admin; on a developer's own machine anybody."""
    user = request.user
    return settings.LOCAL or (user.is_staff and user.has_perm("idp.view_trace"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page for people; for programs the address that was meant, which no redirect leads to (S-007)."""
    path = request.path_info
    is_unknown = request.resolver_match is None  # otherwise a page of ours says that what it is about is gone
    if "text/html" in request.headers.get("Accept", "") and not (
        is_unknown and path.startswith(_FOR_PROGRAMS)
    ):
        return page_not_found(request, exception)
    meant = path.rstrip("/")
    right = next((each for each in (meant, f"/oauth2{meant}") if each != path and is_valid_path(each)), "")
    words = f"The address is {conf().url(right)}" if right else f"All addresses are in {conf().url(_ALL)}"
    return json_response({"error": "not_found", "error_description": words}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours: JSON for programs, a static page for people, nothing of its cause for either (S-145)."""
    reference = origin(request).request_id
    if is_machine(request):
        return json_response(
            {"error": "server_error", "error_description": f"Reference {reference}."}, status=500
        )
    return HttpResponse(get_template("500.html").render({"reference": reference}), status=500)
