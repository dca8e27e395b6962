"""A cookie that our own script may read, so that a page in this browser notices who signs in or out here.

It holds nothing secret: a keyed digest of the session's public id, or that nobody is signed in. Without a cookie
nothing is known, as where a browser keeps cookies from pages inside other sites' pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse
from django.utils.crypto import salted_hmac

from accounts.models import Session

if TYPE_CHECKING:  # the middleware is built on this module
    from accounts.middleware import Request

NOBODY = "nobody"


def of(session: Session | None) -> str:
    """What the cookie says while this session is the browser's: the same until another one is, or none."""
    if session is None:
        return NOBODY
    return salted_hmac("accounts.browser_state", session.sid, algorithm="sha256").hexdigest()[:32]


def write_cookie(request: Request, response: HttpResponse) -> None:
    """Keeps the cookie in step with the session, where this request knows of one for certain."""
    if not settings.SESSION_MANAGEMENT:
        return
    changed = request.sso_cookie is not None
    # Inside another site's page the session's cookie stays behind (SameSite=Lax): that is no sign-out.
    looked_up = "sso" in request.__dict__ and settings.SESSION_COOKIE_NAME in request.COOKIES
    if not changed and not looked_up:
        return
    state = of(request.sso)
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
