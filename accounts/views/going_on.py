"""Leading on from one page to the next: to where the person was going, or with a link's token in a cookie."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from accounts import links
from accounts.destinations import Destination, destination
from accounts.links import LIFETIMES, Purpose
from accounts.models import OneTimeLink
from accounts.paths import safe_next
from accounts.sequence import METHODS

LINK_COOKIE = f"{settings.SESSION_COOKIE_NAME}_link"


class SeeOther(HttpResponseRedirect):
    """303, so that the browser never sends a form a second time (S-019)."""

    status_code = 303


def next_path(request: HttpRequest) -> str:
    return safe_next(request.GET.get("next"), settings.LOGIN_REDIRECT_URL)


def needs(request: HttpRequest) -> frozenset[str]:
    """The methods that the sign-in has to have, as `accounts.login.url` writes them; others are unknown words."""
    return METHODS & set(request.GET.get("needs", "").split())


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, going_to: str = "", status: int = 200
) -> HttpResponse:
    """A page that may say which app comes after it, and whose form may end there."""
    return page_before(destination(going_to) if going_to else None, request, template, context, status=status)


def page_before(
    to: Destination | None, request: HttpRequest, template: str, context: dict[str, Any], *, status: int
) -> HttpResponse:
    """The same for a view that looks at the app itself, for which each look is a statement."""
    response = render(request, template, {**context, "destination": to}, status=status)
    if to is not None:
        response.form_action = list(to.form_action)  # type: ignore[attr-defined]
        response.img_src = list(to.img_src)  # type: ignore[attr-defined]
    return response


def dead_link(request: HttpRequest, *, prints_another: str = "") -> HttpResponse:
    """`prints_another` is the command that makes a new one, where none comes by mail."""
    response = render(request, "accounts/dead_link.html", {"prints_another": prints_another}, status=410)
    return drop_link(response)


def carry_link(response: HttpResponse, purpose: Purpose, token: str) -> HttpResponse:
    """The token goes on in a cookie: out of the address, which histories and referrers would keep (S-106)."""
    response.set_signed_cookie(
        LINK_COOKIE,
        f"{purpose}:{token}",
        salt=LINK_COOKIE,
        max_age=min(1800, int(LIFETIMES[purpose].total_seconds())),
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def carried_link(request: HttpRequest, *purposes: Purpose, now: datetime) -> OneTimeLink | None:
    """The live link behind the cookie, if it is for one of these."""
    value = request.get_signed_cookie(LINK_COOKIE, default="", salt=LINK_COOKIE, max_age=1800) or ""
    purpose, _, token = value.partition(":")
    return links.find(Purpose(purpose), token, now=now) if purpose in purposes else None


def drop_link(response: HttpResponse) -> HttpResponse:
    response.delete_cookie(LINK_COOKIE, path="/", samesite="Lax")
    return response
