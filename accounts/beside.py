"""Who else is signed in in this browser: a cookie with the values of the sessions that are not the current one.

Each value opens its own session and no other, as the current one's does. The cookie is read where somebody chooses,
signs in or out, or where an app names a person; a request of the current person's never needs it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse

from accounts import cookies
from accounts.models import Session
from accounts.secrets import digest

if TYPE_CHECKING:  # the middleware is built on this module
    from accounts.middleware import Request

COOKIE = f"{settings.SESSION_COOKIE_NAME}_beside"
_MOST = 20  # whatever a cookie holds, no more values than this are looked at


@dataclass(frozen=True)
class Held:
    """A session with the value by which this browser holds it; dead ones too."""

    token: str
    session: Session


def tokens(request: Request) -> tuple[str, ...]:
    """The values beside the current one, the last used first."""
    found = _value(request).split(".")
    return tuple(dict.fromkeys(token for token in found if _is_token(token)))[:_MOST]


def held(request: Request) -> list[Held]:
    """The current one, then the others by last use: one statement, and none where there is nothing to look up."""
    current, own = request.sso, _current_token(request)
    wanted = list(tokens(request))
    if current is None and _is_token(own):
        wanted.insert(0, own)
    found = {row.token_hash: row for row in _rows(wanted)} if wanted else {}
    first = [Held(own, current)] if current is not None else []
    return first + [Held(token, found[digest(token)]) for token in wanted if digest(token) in found]


def _rows(wanted: Iterable[str]) -> QuerySet[Session]:
    return Session.objects.select_related("user").filter(token_hash__in=[digest(token) for token in wanted])


def keep(request: Request, others: Iterable[str]) -> None:
    """What the cookie will hold; written only where that is something else than before."""
    value = ".".join(others)
    if value != _value(request):
        request.beside_cookie = value


def write_cookie(request: Request, response: HttpResponse) -> None:
    value = request.beside_cookie
    if value is not None:
        cookies.put(response, COOKIE, value, int(settings.SESSION_LIFETIME.total_seconds()))


def _value(request: Request) -> str:
    changed = request.beside_cookie
    return request.COOKIES.get(COOKIE, "") if changed is None else changed


def _current_token(request: Request) -> str:
    changed = request.sso_cookie
    return request.COOKIES.get(settings.SESSION_COOKIE_NAME, "") if changed is None else changed


def _is_token(value: str) -> bool:
    return 40 <= len(value) <= 64 and value.isascii()
