"""/account/sessions: each browser that is signed in, the apps it led to, what they were given; and ending all of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import agents, audit, endings, methods, reached, sessions, unfamiliar
from accounts import login as logins
from accounts.login import login_required
from accounts.middleware import Request
from accounts.models import Session, User
from accounts.unfamiliar import ENDED_BY_PERSON
from accounts.views.going_on import SeeOther

LIVE_AT_MOST = 100
ENDED_SHOWN, ENDED_AT_MOST = timedelta(days=7), 10


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def session_list(request: Request) -> HttpResponse:
    now = timezone.now()
    if request.method == "POST":
        return _change(request, now=now)
    lives = list(sessions.lives(now).filter(user=request.person)[:LIVE_AT_MOST])
    ended = list(_ended(request.person, now=now))
    below = reached.below([each.sid for each in (*lives, *ended)], now=now)
    told = endings.told([each.sid for each in ended])
    context = {
        "rows": _rows(lives, apps=below),
        "ended": _rows(ended, apps=below, told=told),
        "waiting": any(line.again or not line.level for lines in told.values() for line in lines),
        "current": request.sso,
        "tab": "sessions",
        "wide": True,
    }
    return render(request, "accounts/sessions.html", context)


def _ended(user: User, *, now: datetime) -> Iterable[Session]:
    """Those that ended lately."""
    ended = Session.objects.filter(user=user, ended_at__gt=now - ENDED_SHOWN)
    return ended.order_by("-ended_at")[:ENDED_AT_MOST]


def _rows(found: Iterable[Session], **more: dict[str, Any]) -> list[dict[str, Any]]:
    """Each session with what stands below it, by its `sid`."""
    return [
        {
            "session": each,
            "agent": agents.describe(each.user_agent),
            "methods": methods.in_words(each.amr),
            **{name: by_sid[each.sid] for name, by_sid in more.items()},
        }
        for each in found
    ]


def _change(request: Request, *, now: datetime) -> HttpResponse:
    if "known" in request.POST:
        return _known(request, request.POST["known"], now=now)
    if "app" in request.POST:
        return _end_app(request, request.POST.get("session", ""), request.POST["app"], now=now)
    return _end(request, request.POST.get("end", ""), now=now)


def _known(request: Request, sid: str, *, now: datetime) -> HttpResponse:
    current, user = request.sso, request.person
    if current is not None and unfamiliar.was_them(user, sid, seen_from=current, now=now):
        audit.record("session.known", request=request, actor=user, subject=user, sid=sid)
        messages.success(request, _("Good. Nothing else is to be done about that sign-in."))
    return SeeOther(reverse("accounts:sessions"))


def _end_app(request: Request, sid: str, app: str, *, now: datetime) -> HttpResponse:
    """What one app was given in one session; also in one that is over, for some of it may outlive that."""
    session = Session.objects.filter(user=request.person, sid=sid).first()
    if session is not None and (name := reached.cut(request, session, app, now=now)):
        words = _(
            "What %(app)s was given there is taken back. It may still show you as signed in for a while."
        )
        messages.success(request, words % {"app": name})
    return SeeOther(reverse("accounts:sessions"))


def _end(request: Request, which: str, *, now: datetime) -> HttpResponse:
    """One session, all others, or all: then this one is over too."""
    current, user = request.sso, request.person
    if which == "everywhere":
        others = _live_sids(user, but=current, now=now)
        _end_all(request, keep=current, now=now)
        told = [sid for sid, lines in endings.told(others).items() if lines]
        return SeeOther(endings.page_after(logins.sign_out(request, now=now), elsewhere=told))
    if current is not None and which == current.sid:
        return SeeOther(endings.page_after(logins.sign_out(request, now=now)))
    if which == "others":
        _end_all(request, keep=current, now=now)
        messages.success(request, _("All other sessions have ended."))
    elif session := sessions.lives(now).filter(user=user, sid=which).first():
        sessions.end(session, reason=ENDED_BY_PERSON, now=now)
        audit.record("session.ended", request=request, actor=user, subject=user, sid=session.sid)
        messages.success(request, _("The session has ended."))
    return SeeOther(reverse("accounts:sessions"))


def _live_sids(user: User, *, but: Session | None, now: datetime) -> list[str]:
    """The page after "sign out everywhere" says of each of these which apps confirmed."""
    return [
        sid for sid in sessions.lives(now).filter(user=user).values_list("sid", flat=True)[:LIVE_AT_MOST]
        if but is None or sid != but.sid
    ]  # fmt: skip


def _end_all(request: Request, *, keep: Session | None, now: datetime) -> None:
    user = request.person
    ended = sessions.end_all(user, reason=ENDED_BY_PERSON, now=now, keep=keep)
    audit.record("sessions.ended", request=request, actor=user, subject=user, sessions_ended=ended)
