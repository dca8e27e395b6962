"""/account: who one is here, what apps may know, and where one is signed in."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import agents, audit, endings, groups, pictures, sessions
from accounts.forms import ProfileForm
from accounts.login import login_required
from accounts.middleware import Request
from accounts.models import Session, User
from accounts.views.going_on import SeeOther
from accounts.views.login import sign_out

ENDED_SHOWN, ENDED_AT_MOST = timedelta(days=7), 10


@login_required
@require_http_methods(["GET", "HEAD"])
def overview(request: Request) -> HttpResponse:
    context = {
        "tab": "overview",
        "wide": True,
        "session": request.sso,
        "groups": groups.names(request.person),
    }
    return render(request, "accounts/overview.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: Request) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.person.pk))
    if not form.is_valid():
        context = {"form": form, "picture": pictures.path(form.instance), "tab": "profile", "wide": True}
        return render(request, "accounts/profile.html", context)
    if changes := form.changes():
        user = form.save()
        audit.record("profile.changed", request=request, actor=user, subject=user, changes=changes)
    messages.success(request, _("Your profile is saved."))
    return SeeOther(reverse("accounts:profile"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def session_list(request: Request) -> HttpResponse:
    now = timezone.now()
    if request.method == "POST":
        return _end(request, now=now)
    lives = sessions.lives(now).filter(user=request.person)
    rows = [{"session": each, "agent": agents.describe(each.user_agent)} for each in lives]
    context = {"rows": rows, "current": request.sso, "tab": "sessions", "wide": True}
    context["ended"] = _ended(request.person, now=now)
    return render(request, "accounts/sessions.html", context)


def _ended(user: User, *, now: datetime) -> list[dict[str, Any]]:
    """The sessions that ended lately, each with whom we told of it."""
    ended = Session.objects.filter(user=user, ended_at__gt=now - ENDED_SHOWN).order_by("-ended_at")
    chosen = list(ended[:ENDED_AT_MOST])
    told = endings.told([each.sid for each in chosen])
    return [
        {"session": each, "agent": agents.describe(each.user_agent), "told": told[each.sid]}
        for each in chosen
    ]


def _end(request: Request, *, now: datetime) -> HttpResponse:
    """One session, all others, or all: then this one is over too."""
    which, current = request.POST.get("end", ""), request.sso
    if which == "everywhere" or (current is not None and which == current.sid):
        if which == "everywhere":
            _end_all(request, keep=current, now=now)
        return SeeOther(sign_out(request, now=now))
    if which == "others":
        _end_all(request, keep=current, now=now)
        messages.success(request, _("All other sessions have ended."))
    elif session := sessions.lives(now).filter(user=request.person, sid=which).first():
        sessions.end(session, reason="ended by the person", now=now)
        audit.record(
            "session.ended", request=request, actor=session.user, subject=session.user, sid=session.sid
        )
        messages.success(request, _("The session has ended."))
    return SeeOther(reverse("accounts:sessions"))


def _end_all(request: Request, *, keep: Session | None, now: datetime) -> None:
    user = request.person
    ended = sessions.end_all(user, reason="ended by the person", now=now, keep=keep)
    audit.record("sessions.ended", request=request, actor=user, subject=user, sessions_ended=ended)
