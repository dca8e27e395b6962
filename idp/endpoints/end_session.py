"""/oauth2/logout: RP-initiated logout, with a page that asks wherever the request proves too little (S-112)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts import beside, chooser, login, speaking
from accounts.chooser import Account
from accounts.middleware import Request
from idp.authorization.destination import host
from idp.authorization.response import see_other
from idp.endpoints.errors import error_page, for_developer
from idp.endpoints.signed_out import farewell
from idp.logout.rp_initiated import LogoutRequest, read
from idp.protocol.errors import OAuthError
from idp.protocol.params import Params
from idp.protocol.redirects import origin
from idp.traces.leaving import leave

Context = Mapping[str, Any]
_FIELDS = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def end_session(request: Request) -> HttpResponse:
    """Where apps send people; only a valid hint for this very session ends it without a question."""
    try:
        params = Params.sent(request)
        asked = read(params, now=timezone.now())
    except OAuthError as refusal:
        return error_page(request, refusal, "logout")
    if request.method == "POST" and request.sso is None and not beside.tokens(request):
        # From another site the sessions' cookies stay behind (SameSite=Lax); the GET that follows has them.
        known = {name: params.values[name] for name in (*_FIELDS, "ui_locales") if name in params.values}
        return see_other(f"{request.path}?{urlencode(known, quote_via=quote)}")
    speaking.ask(request, params.values.get("ui_locales", ""))
    refused = _refused(request, asked)
    if request.sso is not None and asked.asks_for(request.sso):
        return _end(request, asked, refused=refused)
    if account := _named(request, asked):
        return _end(request, asked, account, refused=refused)
    if request.sso is None:
        return _done(request, asked if asked.proven else None, refused)
    return _ask(request, asked, params, refused)


def _refused(request: Request, asked: LogoutRequest) -> Context:
    """For the app's developer, on whichever page comes now: why the browser stays here, or the hint proved nothing."""
    if asked.refused is None:
        return {}
    kept = leave(request, asked.refused, "logout", client_id=asked.refused.client_id)
    refused = for_developer(request, asked.refused, "logout", kept)
    return {"refused": refused, "wide": refused["wide"]}


def _named(request: Request, asked: LogoutRequest) -> Account | None:
    """Whom a valid hint names of those who are signed in here beside the current person."""
    if not asked.proven or not beside.tokens(request):
        return None
    there = chooser.remaining(request, now=timezone.now())
    return next((each for each in there if asked.asks_for(each.session)), None)


@require_POST
def confirm(request: Request) -> HttpResponse:
    """The person's yes on our own page, with our CSRF token."""
    try:
        asked = read(Params.from_form(request), now=timezone.now())
    except OAuthError as refusal:
        return error_page(request, refusal, "logout")
    return _end(request, asked)


def _end(
    request: Request,
    asked: LogoutRequest,
    account: Account | None = None,
    *,
    refused: Context = MappingProxyType({}),
) -> HttpResponse:
    """Of the account, or of whoever is the current one; all others stay signed in."""
    client_id, now = asked.client.client_id if asked.client else "", timezone.now()
    if account is not None:
        sid = chooser.sign_out(request, account, client_id=client_id, now=now)
    else:
        sid = login.sign_out(request, client_id=client_id, now=now)
    here = [sid] if sid else []
    page = farewell(request, here, client=asked.client, return_to=asked.return_to, refused=refused)
    return page or _done(request, asked, refused)


def _done(request: Request, asked: LogoutRequest | None, refused: Context) -> HttpResponse:
    if asked is not None and asked.return_to:
        return see_other(asked.return_to)
    remaining = chooser.remaining(request, now=timezone.now())
    client = asked.client if asked else None
    context = {"client": client, "remaining": remaining, **refused}
    return render(request, "accounts/signed_out.html", context)


def _ask(request: Request, asked: LogoutRequest, params: Params, refused: Context) -> HttpResponse:
    response = render(
        request,
        "idp/logout.html",
        {
            "asked": asked,
            "person": request.sso.user if request.sso else None,
            "host": host(asked.return_to) if asked.return_to else "",
            **refused,
            "fields": {name: params.values[name] for name in _FIELDS if name in params.values},
        },
    )
    response.form_action = [origin(asked.return_to)] if asked.return_to else []  # type: ignore[attr-defined]
    return response
