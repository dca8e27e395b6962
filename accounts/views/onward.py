"""A sign-in's way through its steps, as answers to a browser: to the next page, or in."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts import audit, cookies
from accounts import login as logins
from accounts import pending as pendings
from accounts.destinations import destination
from accounts.middleware import Request
from accounts.models import PendingLogin
from accounts.pending import Finished, ShutOut, Standing
from accounts.sequence import Step, next_step
from accounts.views.going_on import SeeOther, next_path

StepView = Callable[[Request, PendingLogin, Standing, datetime], HttpResponse]


def go_on(request: Request, pending: PendingLogin, *, now: datetime) -> HttpResponse:
    """To the page of the next step, or in."""
    standing = pendings.standing(request, pending, now=now)
    step = next_step(standing.progress)
    if step is None:
        try:
            pendings.complete(request, pending, lifetime=standing.policy.lifetime, now=now)
        except Finished:
            return expired(request, pending.next_path)
        except ShutOut:
            return _shut_out(request, pending)
        response: HttpResponse = SeeOther(pending.next_path)
        return drop(response) if pendings.is_kept(pending) else response
    return to(step, pending)


def _shut_out(request: Request, pending: PendingLogin) -> HttpResponse:
    """They have proved who they are, so they may read why; others read nothing of it (S-101)."""
    audit.record(
        "login.failed", request=request, actor="anonymous", subject=pending.user, outcome="refused",
        reason="the directory does not let them in, or does not answer",
    )  # fmt: skip
    messages.error(
        request,
        _(
            "The directory of your organisation does not let you in, or does not answer just now. "
            "Ask those who run it, or try again in a few minutes."
        ),
    )
    return drop(SeeOther(logins.url(pending.next_path, switch=True)))


def to(step: Step, pending: PendingLogin) -> HttpResponse:
    response = SeeOther(page_of(step, pending))
    if not pendings.is_kept(pending) and step.name != "authenticate":
        cookies.put(response, pendings.COOKIE, pendings.keep(pending), int(pendings.LIFETIME.total_seconds()))
    return response


def page_of(step: Step, pending: PendingLogin) -> str:
    """With the way on in the address too, for when the sign-in has expired by the time that the page is sent."""
    if step.name == "authenticate":
        return logins.url(pending.next_path, reauthenticate=True, needs=pending.asked)
    return f"{reverse(step.view)}?{urlencode({'next': pending.next_path})}"


def step_page(name: str) -> Callable[[StepView], Callable[..., HttpResponse]]:
    """A view for the sign-in whose next step this is; all others are led to where they are (S-103)."""

    def decorate(view: StepView) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: Request, *__: Any) -> HttpResponse:
            now = timezone.now()
            pending = pendings.current(request, now=now)
            if pending is None:
                return expired(request, next_path(request))
            if pending.stepping_up_id and not pendings.base(request, pending):
                return drop(
                    SeeOther(pending.next_path)
                )  # somebody else is here now: for them it is judged anew
            standing = pendings.standing(request, pending, now=now)
            step = next_step(standing.progress)
            if step is None or step.name != name:
                return go_on(request, pending, now=now)
            if request.method == "POST" and request.POST.get("login", pending.pk) != pending.pk:
                return to(step, pending)  # a page of another sign-in, from another tab
            try:
                return view(request, pending, standing, now)
            except Finished:
                return expired(request, pending.next_path)

        return guarded

    return decorate


def give_up(request: Request, pending: PendingLogin, *, now: datetime) -> HttpResponse:
    """Back to the app, which hears that there is no more; a page of our own would only ask again."""
    pendings.give_up(request, pending, now=now)
    is_app = destination(pending.next_path) is not None
    return drop(SeeOther(pending.next_path if is_app else settings.LOGIN_REDIRECT_URL))


def expired(request: Request, to_path: str) -> HttpResponse:
    """Too late, or finished in another tab: the way to the app is still there."""
    if request.sso is not None:
        return drop(SeeOther(to_path))
    return drop(render(request, "accounts/expired.html", {"again": logins.url(to_path)}, status=410))


def drop(response: HttpResponse) -> HttpResponse:
    response.delete_cookie(pendings.COOKIE, path="/", samesite="Lax")
    return response
