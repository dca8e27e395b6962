"""Browsers that a person has signed in from: a signed cookie that gives them a throttle budget of their own (S-102).

It vouches for nobody. All it buys is that strangers who try this person's password don't use up the owner's tries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import signing
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import cookies
from accounts.models import User
from accounts.secrets import new_sid

if TYPE_CHECKING:  # the middleware is built on this module
    from accounts.middleware import Request

COOKIE = f"{settings.SESSION_COOKIE_NAME}_device"
MAX_AGE = 400 * 24 * 3600  # as long as browsers keep one
MAX_PEOPLE = 5
_SALT = "accounts.devices"
_METHODS = ("password", "passkey", "other device")


def known(request: Request, user: User) -> str:
    """The name of this browser if the person has signed in from it, otherwise nothing."""
    cookie = _read(request)
    is_known = any(constant_time_compare(_mark(user), mark) for mark in cookie["people"])
    return str(cookie["device"]) if is_known else ""


def last_method(request: Request) -> str:
    """How somebody last signed in here, by one of _METHODS, or ""; a hint for the page and no more."""
    method = _read(request).get("method")
    return method if method in _METHODS else ""


def remember(request: Request, user: User, *, method: str = "") -> str:
    """The name of this browser, which from now on is known as one of this person's."""
    cookie = _read(request)
    people = [mark for mark in cookie["people"] if mark != _mark(user)][-(MAX_PEOPLE - 1) :]
    value = {"device": cookie["device"] or new_sid(), "people": [*people, _mark(user)]}
    value["method"] = method or cookie.get("method", "")
    request.device_cookie = signing.dumps(value, salt=_SALT)
    return str(value["device"])


def write_cookie(request: Request, response: HttpResponse) -> None:
    if value := request.device_cookie:
        cookies.put(response, COOKIE, value, MAX_AGE)


def _read(request: Request) -> dict[str, Any]:
    try:
        sent = request.device_cookie or request.COOKIES.get(COOKIE, "")
        cookie = signing.loads(sent, salt=_SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return {"device": "", "people": []}
    return dict(cookie)


def _mark(user: User) -> str:
    """A person's mark in the cookie, which tells nobody else who they are."""
    return salted_hmac(_SALT, user.sub, algorithm="sha256").hexdigest()[:22]
