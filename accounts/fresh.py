"""Changes that nobody may make who finds a browser open: what is missing for them is asked for, and no more (S-108)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone

from accounts import login as logins
from accounts.factors.owned import owned
from accounts.middleware import Request
from accounts.paths import safe_next

View = Callable[..., HttpResponse]


def missing(request: Request, here: str) -> str:
    """The page that asks for what is missing and leads back `here`; "" where nothing is.

    Wanted are a sign-in within ten minutes, and of whoever has a second factor that one too.
    """
    session = request.sso
    if session is None:
        return logins.url(here)
    needs = {"mfa"} if owned(session.user).second else set()
    is_fresh = logins.is_fresh(session, now=timezone.now())
    if is_fresh and needs <= set(session.amr):
        return ""
    if session.impersonated_by:
        raise PermissionDenied("Only the person can prove anew who they are.")
    return logins.url(here, reauthenticate=not is_fresh, needs=needs)


def fresh_login_required(view: View) -> View:
    """The view for who proved lately that it is them; others prove it and come back."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        here = request.get_full_path() if request.method in ("GET", "HEAD") else request.path
        if asking := missing(request, safe_next(here, "")):
            return HttpResponseRedirect(asking, status=303)
        return view(request, *args, **kwargs)

    return logins.login_required(guarded)
