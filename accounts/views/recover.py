"""Links that a mail or an admin gave: back in after losing everything, and ending a session that was not one's own."""

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import agents, audit, lifecycle, links, reached, sessions
from accounts import pending as pendings
from accounts.links import Purpose
from accounts.middleware import Request
from accounts.sequence import LINK
from accounts.unfamiliar import ENDED_BY_PERSON
from accounts.views.going_on import SeeOther, carried_link, dead_link, drop_link
from accounts.views.onward import go_on


@require_http_methods(["GET", "HEAD", "POST"])
def recover(request: Request) -> HttpResponse:
    """All that was lost stops working; then a new password, and whatever the person's groups want beside it."""
    now = timezone.now()
    link = carried_link(request, Purpose.RECOVER, now=now)
    if link is None or link.user is None:
        return dead_link(request)
    user = link.user
    if request.method != "POST":
        return render(request, "accounts/recover.html", {"person": user})
    if not links.redeem(link, now=now):
        return dead_link(request)
    lifecycle.begin_recovery(user, request=request, now=now)
    pending = pendings.begin(user, settings.LOGIN_REDIRECT_URL, amr=LINK, used=["link"], now=now)
    return drop_link(go_on(request, pending, now=now))


@require_http_methods(["GET", "HEAD", "POST"])
def not_me(request: Request) -> HttpResponse:
    """From the mail about a new device. It needs no sign-in: all that it does is end that one, and what came of it."""
    now = timezone.now()
    link = carried_link(request, Purpose.END, now=now)
    if link is None or link.user is None or link.session is None:
        return dead_link(request)
    session = link.session
    if request.method != "POST":
        context = {"person": link.user, "session": session, "agent": agents.describe(session.user_agent)}
        return render(request, "accounts/not_me.html", context)
    if not links.redeem(link, now=now):
        return dead_link(request)
    with transaction.atomic():
        sessions.end(session, reason=ENDED_BY_PERSON, now=now)
        grants = reached.revoke(link.user, session=session, reason="not the person's sign-in", now=now)
        audit.record(
            "session.ended", request=request, actor=link.user, subject=link.user, sid=session.sid, by="mail",
            grants=grants,
        )  # fmt: skip
    messages.success(
        request, _("That session has ended. Now choose a new password: the old one is known to somebody.")
    )
    return drop_link(SeeOther(reverse("accounts:password-reset")))
