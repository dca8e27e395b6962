"""The tab "sessions": who is signed in to this app, through which session, and by which refresh token they stay."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import agents, sessions
from accounts.views.going_on import SeeOther
from idp.admin import grant as grants
from idp.models import Client, Grant

PER_PAGE = 50
VIEW_SESSIONS = "accounts.view_session"


@dataclass(frozen=True)
class Line:
    """One sign-in of a person at the app."""

    grant: Grant
    browser: str
    refresh: str  # what becomes of its refresh token, in words


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, client: Client) -> HttpResponse:
    now = timezone.now()
    if request.method == "POST":
        return _end(request, client, now)
    pages = Paginator(living(client, now), PER_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    context = {
        "lines": [_line(grant, client, now) for grant in shown],
        "shown": shown,
        "may_end": request.user.has_perm(grants.MAY_END),
        "sees_sessions": request.user.has_perm(VIEW_SESSIONS),
    }
    return TemplateResponse(request, "admin/idp/client/sessions.html", context)


def living(client: Client, now: datetime) -> QuerySet[Grant]:
    """The newest first. With offline_access a sign-in outlives its session (OIDC Core section 11)."""
    return (
        Grant.objects.filter(client=client, revoked_at=None, expires_at__gt=now, user__is_active=True)
        .filter(Q(scope__contains="offline_access") | Q(session__in=sessions.lives(now)))
        .select_related("user", "session")
        .order_by("-created_at", "pk")
    )


def _line(grant: Grant, client: Client, now: datetime) -> Line:
    return Line(grant, agents.describe(grant.session.user_agent), _refresh(grant, client, now))


def _refresh(grant: Grant, client: Client, now: datetime) -> str:
    until = grant.refresh_ends(client)
    if until is None:
        return "none: its code was not redeemed"
    if Client.GrantType.REFRESH not in client.grant_types:
        return "none: the app may not have one"
    if now >= until:
        return f"expired: not used since {grant.rotated_at or grant.redeemed_at:%Y-%m-%d %H:%M}"
    used = f"used {grant.generation}×, " if grant.generation else ""
    return f"alive, {used}until {until:%Y-%m-%d %H:%M}"


def _end(request: HttpRequest, client: Client, now: datetime) -> HttpResponse:
    if not request.user.has_perm(grants.MAY_END):
        raise PermissionDenied
    chosen: Any = request.POST.get("grant", "").replace("\0", "")
    grant = get_object_or_404(Grant.objects.select_related("user", "client"), pk=chosen, client=client)
    if grants.end(request, grant, now):
        messages.success(request, f"Ended: {grant.user.username} has to sign in again at {client.name}.")
    else:
        messages.warning(request, "It had ended already.")
    return SeeOther(request.path)
