"""/oauth2/consent/<id> and /oauth2/select-account/<id>: what a person decides for one saved request."""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from accounts.models import Session
from accounts.views.chooser import offer
from idp.authorization import consent, destination, saved
from idp.authorization.request import AuthorizationRequest, ReturnAddress, return_address, validate
from idp.authorization.response import see_other
from idp.endpoints.authorize import refuse
from idp.endpoints.errors import error_page, expired_page
from idp.models import SavedRequest
from idp.protocol.errors import AccessDenied, OAuthError, UntrustedRequest
from idp.protocol.params import Params


@require_http_methods(["GET", "HEAD", "POST"])
def consent_page(request: Request, request_id: str) -> HttpResponse:
    """Shows what would be given away; a yes is remembered, a no goes to the app as access_denied."""
    now = timezone.now()
    waiting = saved.find(request_id, now=now)
    if waiting is None:
        return expired_page(request)
    if request.sso is None:
        return see_other(saved.path(waiting))
    params = Params(waiting.params)
    try:
        address = return_address(params)
    except UntrustedRequest as refusal:
        return error_page(request, refusal)
    try:
        asked = validate(params, address, now=now)
        return _decide(request, asked, waiting, request.sso, now)
    except OAuthError as refusal:
        return refuse(request, address, refusal, waiting, now=now)


def _decide(
    request: Request, asked: AuthorizationRequest, waiting: SavedRequest, session: Session, now: datetime
) -> HttpResponse:
    decision = request.POST.get("decision") if request.method == "POST" else None
    # Another person may have signed in, in another tab, since the page was shown: then it is shown again.
    if decision is None or request.POST.get("sid") != session.sid:
        return _show(request, asked, waiting, session)
    if decision != "allow":
        raise AccessDenied("The person did not agree.", reason="consent refused", check="consent-given")
    extra = asked.beyond
    consent.give(request, session.user, asked.client, asked.scope, extra, now=now)
    waiting.consented_scope, waiting.consented_claims = " ".join(asked.scope), " ".join(extra)
    waiting.consented_sid = session.sid
    waiting.save(update_fields=["consented_scope", "consented_claims", "consented_sid"])
    return see_other(saved.path(waiting))


def _show(
    request: Request, asked: AuthorizationRequest, waiting: SavedRequest, session: Session
) -> HttpResponse:
    response = render(
        request,
        "idp/consent.html",
        {
            "client": asked.client,
            "address": asked.address,
            "host": destination.host(asked.address.uri),
            "items": consent.items(session.user, asked.client, asked.scope, asked.beyond),
            "person": session.user,
            "sid": session.sid,
            "another": reverse("select-account", args=[waiting.pk]),
        },
    )
    response.img_src = asked.client.logo_sources  # type: ignore[attr-defined]
    return _leading_to(response, asked.address)


@require_http_methods(["GET", "HEAD", "POST"])
def select_account(request: Request, request_id: str) -> HttpResponse:
    """prompt=select_account, and "not you?": go on as one of those who are here, or as somebody else."""
    now = timezone.now()
    waiting = saved.find(request_id, now=now)
    if waiting is None:
        return expired_page(request)
    outcome = offer(request, saved.path(waiting), now=now)
    if isinstance(outcome, HttpResponse):
        return outcome
    waiting.chosen_sid = outcome.sid
    waiting.save(update_fields=["chosen_sid"])
    return see_other(saved.path(waiting))


def _leading_to(response: HttpResponse, address: ReturnAddress) -> HttpResponse:
    response.form_action = [address.origin]  # type: ignore[attr-defined]
    return response
