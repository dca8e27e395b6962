"""/terms: the terms of use, to read; and before a sign-in goes on, to accept."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import terms
from accounts.middleware import Request
from accounts.views.going_on import carried_person, dead_link, drop_person, next_path, page
from accounts.views.login import go_on


@require_http_methods(["GET", "HEAD"])
def show(request: Request) -> HttpResponse:
    agreement = terms.in_force(timezone.now())
    if agreement is None:
        raise Http404
    return render(request, "accounts/terms.html", {"terms": agreement})


@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: Request) -> HttpResponse:
    """Who has proved who they are and not accepted yet: there is no session before (S-103)."""
    now, to = timezone.now(), next_path(request)
    user, amr = carried_person(request)
    if user is None:
        return dead_link(request)
    agreement = terms.due(user, now=now)
    if request.method != "POST" and agreement is not None:
        return page(request, "accounts/terms_accept.html", {"terms": agreement, "person": user}, going_to=to)
    if (
        agreement is not None and request.POST.get("version") != agreement.version
    ):  # changed while it was read
        return page(request, "accounts/terms_accept.html", {"terms": agreement, "person": user}, going_to=to)
    if agreement is not None:
        terms.accept(user, agreement, request=request, now=now)
    return drop_person(go_on(request, user, to, amr=amr, now=now))
