"""Pages for people who proved lately that it is them; others confirm it and come back (S-108)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone

from accounts import login as logins
from accounts.middleware import Request
from accounts.models import Session
from accounts.paths import safe_next

FRESH = timedelta(minutes=10)


def is_fresh(session: Session, now: datetime) -> bool:
    return now - session.auth_time < FRESH


def fresh_login_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_fresh(request.sso, timezone.now()):  # type: ignore[arg-type]  # login_required saw to it
            return view(request, *args, **kwargs)
        here = request.get_full_path() if request.method in ("GET", "HEAD") else request.path
        return HttpResponseRedirect(logins.url(safe_next(here, ""), reauthenticate=True), status=303)

    return logins.login_required(guarded)
