"""Who is signed in, looked up when asked: `request.sso` and `request.user`, one statement for both."""

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property

from accounts import beside, browser_state, devices, sessions
from accounts.models import Session, User


class Request(WSGIRequest):
    """A request that knows its session. `accounts.sessions` sets both attributes at a login."""

    # What the response does to a cookie: nothing, set this value, or drop it for "".
    sso_cookie: str | None = None
    beside_cookie: str | None = None
    device_cookie: str | None = None
    ui_locales_cookie: str | None = None

    @cached_property
    def sso(self) -> Session | None:
        token = self.COOKIES.get(settings.SESSION_COOKIE_NAME)
        return sessions.find(token, timezone.now()) if token else None

    @cached_property
    def user(self) -> User | AnonymousUser:  # type: ignore[override]  # lazy where Django's stubs have a field
        return self.sso.user if self.sso else AnonymousUser()

    @property
    def has_others(self) -> bool:
        """Whether more people than the current one may be signed in here, as far as the cookie says."""
        return bool(beside.tokens(self))

    @property
    def person(self) -> User:
        """Who is signed in, for views that are for nobody else."""
        if self.sso is None:
            raise PermissionDenied("nobody is signed in")
        return self.sso.user


_LOOKING = ("GET", "HEAD", "OPTIONS")
_STOPPING = ("/support/stop", "/logout")


def _only_looks(request: Request) -> bool:
    """Whether it is an admin who looks at the person's pages (accounts.impersonation)."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    return request.sso is not None and bool(request.sso.impersonated_by)


class Sessions:
    """Stands where Django has its session and authentication middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The class is changed because only a class can have an attribute that is looked up on demand and yet
        # is None when nobody is there, which a lazy object is not.
        request.__class__ = Request
        visit = cast("Request", request)
        if visit.method not in _LOOKING and visit.path_info not in _STOPPING and _only_looks(visit):
            raise PermissionDenied("You are looking at somebody else's pages: nothing can be changed.")
        response = self.get_response(visit)
        if session := visit.__dict__.get("sso"):
            sessions.touch(session, timezone.now())
        sessions.write_cookie(visit, response)
        beside.write_cookie(visit, response)
        devices.write_cookie(visit, response)
        browser_state.write_cookie(visit, response)
        return response
