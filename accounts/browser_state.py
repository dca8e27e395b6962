"""A cookie that our own script may read, so that a page in this browser notices who signs in or out here.

It holds nothing secret: a keyed digest of who is signed in, or that nobody is. Without a cookie
nothing is known, as where a browser keeps cookies from pages inside other sites' pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse
from django.utils.crypto import salted_hmac

from accounts import beside
from accounts.models import Session
from accounts.secrets import digest

if TYPE_CHECKING:  # the middleware is built on this module
    from accounts.middleware import Request

NOBODY = "nobody"


def of(session: Session | None, others: Iterable[str] = ()) -> str:
    """What the cookie says while this session is the browser's, beside `others`: the same until one comes or goes."""
    beside_it = sorted(digest(token) for token in others)
    if session is None and not beside_it:
        return NOBODY
    value = " ".join([session.sid if session else NOBODY, *beside_it])
    return salted_hmac("accounts.browser_state", value, algorithm="sha256").hexdigest()[:32]


def after(request: Request) -> str:
    """The state that the answer to this request leaves behind."""
    return of(request.sso, beside.tokens(request))


def write_cookie(request: Request, response: HttpResponse) -> None:
    """Keeps the cookie in step with the session, where this request knows of one for certain."""
    if not settings.SESSION_MANAGEMENT:
        return
    changed = request.sso_cookie is not None or request.beside_cookie is not None
    # Inside another site's page the sessions' cookies stay behind (SameSite=Lax): that is no sign-out.
    came_along = {settings.SESSION_COOKIE_NAME, beside.COOKIE} & set(request.COOKIES)
    if not changed and not ("sso" in request.__dict__ and came_along):
        return
    state = after(request)
    if changed or request.COOKIES.get(settings.BROWSER_STATE_COOKIE_NAME) != state:
        response.set_cookie(
            settings.BROWSER_STATE_COOKIE_NAME,
            state,
            max_age=int(settings.SESSION_LIFETIME.total_seconds()),
            path="/",
            secure=settings.HTTPS,
            httponly=False,
            # Browsers take None with Secure only. On this machine, by plain http, apps on other ports are the
            # same site, and for them Lax is enough.
            samesite="None" if settings.HTTPS else "Lax",
        )
