"""/select-account: which of the people who are signed in here goes on; where one more comes in, and one leaves."""

from collections.abc import Collection
from datetime import datetime

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts import chooser, endings
from accounts import login as logins
from accounts.chooser import Account
from accounts.middleware import Request
from accounts.models import Session
from accounts.views import going_on
from accounts.views.going_on import SeeOther, next_path, page


@require_http_methods(["GET", "HEAD", "POST"])
def select_account(request: Request) -> HttpResponse:
    """On the way to `next`, or without it for the account pages, where people leave as well."""
    to, needs = next_path(request), going_on.needs(request)
    outcome = offer(request, to, needs=needs, leaving="next" not in request.GET, now=timezone.now())
    if isinstance(outcome, Session):
        return SeeOther(logins.url(to, needs=needs) if needs else to)
    return outcome


def offer(
    request: Request, to: str, *, needs: Collection[str] = (), leaving: bool = False, now: datetime
) -> HttpResponse | Session:
    """The session that was chosen, which is the current one from now on; otherwise what the browser sees next."""
    known, problem = chooser.accounts(request, now=now), ""
    if request.method == "POST":
        picked = chooser.pick(known, request.POST.get("account", ""))
        if picked is not None and picked.is_live:
            return chooser.choose(request, picked, now=now)
        if picked is not None:
            return SeeOther(_sign_in_again(picked, to, needs))
        problem = gettext("That account is not signed in here any more. Choose another one, or sign in.")
    if not known:
        return SeeOther(logins.url(to, needs=needs))
    context = {
        "accounts": known,
        "another": logins.url(to, switch=True, needs=needs),
        "problem": problem,
        "leaving": leaving,
        "several": sum(each.is_live for each in known) > 1,
    }
    return page(request, "accounts/select_account.html", context, going_to=to)


def _sign_in_again(picked: Account, to: str, needs: Collection[str]) -> str:
    return f"{logins.url(to, switch=True, needs=needs)}&{urlencode({'who': picked.handle})}"


@require_POST
def leave(request: Request) -> HttpResponse:
    """Ends the session of one, or of everyone here; what is left of the others is on the page that follows."""
    now = timezone.now()
    if request.POST.get("account") == "everyone":
        return SeeOther(endings.page_after(*chooser.sign_out_everyone(request, now=now)))
    picked = chooser.pick(chooser.accounts(request, now=now), request.POST.get("account", ""))
    if picked is None or not picked.is_live:
        if picked is not None:
            chooser.sign_out(request, picked, now=now)
        return SeeOther(reverse("accounts:select-account"))
    return SeeOther(endings.page_after(chooser.sign_out(request, picked, now=now)))
