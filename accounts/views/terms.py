"""/terms, to read the terms of use; /login/terms, to accept them as a step of a sign-in."""

from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import login as logins
from accounts import pending as pendings
from accounts import terms
from accounts.middleware import Request
from accounts.models import PendingLogin
from accounts.pending import Standing
from accounts.views.going_on import SeeOther, page
from accounts.views.onward import drop, go_on, step_page


@require_http_methods(["GET", "HEAD"])
def show(request: Request) -> HttpResponse:
    agreement = terms.in_force(timezone.now())
    if agreement is None:
        raise Http404
    return render(request, "accounts/terms.html", {"terms": agreement})


@require_http_methods(["GET", "HEAD", "POST"])
@step_page("terms")
def accept(request: Request, pending: PendingLogin, standing: Standing, now: datetime) -> HttpResponse:
    """The form says which version was read: another may have come into force meanwhile."""
    agreement = terms.due(pending.user, now=now)
    if agreement is None:
        return go_on(request, pending, now=now)
    if request.POST.get("accept") == agreement.version:
        terms.accept(pending.user, agreement, request=request, now=now)
        return go_on(request, pending, now=now)
    if "stop" in request.POST:
        pendings.end(pending)
        return drop(SeeOther(logins.url(pending.next_path, switch=True)))
    context = {"login": pending.pk, "person": pending.user, "terms": agreement}
    return page(request, "accounts/terms_accept.html", context, going_to=pending.next_path)
