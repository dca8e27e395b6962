"""/login/terms: the terms of use, accepted as a step of a sign-in."""

from datetime import datetime

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from accounts import login as logins
from accounts import pending as pendings
from accounts import terms
from accounts.middleware import Request
from accounts.models import PendingLogin
from accounts.pending import Standing
from accounts.views.going_on import SeeOther, page
from accounts.views.onward import drop, go_on, step_page


@require_http_methods(["GET", "HEAD", "POST"])
@step_page("terms")
def accept(request: Request, pending: PendingLogin, standing: Standing, now: datetime) -> HttpResponse:
    if request.POST.get("accept") == settings.TERMS_VERSION:
        terms.accept(pending.user, request=request, now=now)
        return go_on(request, pending, now=now)
    if "stop" in request.POST:
        pendings.end(pending)
        return drop(SeeOther(logins.url(pending.next_path, switch=True)))
    context = {
        "login": pending.pk,
        "person": pending.user,
        "terms_url": settings.TERMS_URL,
        "version": settings.TERMS_VERSION,
        "host": terms.host(),
        "is_new": bool(pending.user.terms_version),
    }
    return page(request, "accounts/terms.html", context, going_to=pending.next_path)
