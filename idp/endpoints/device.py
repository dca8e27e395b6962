"""/device: a person types the code that a device shows, sees who asks for what, and decides (RFC 8628 section 3.3).

The code is asked for even when it came with the address, for whoever sends somebody such a link hopes that
they let a stranger's device in without looking (section 5.4).
"""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import agents, audit, login
from accounts.factors.owned import owned
from accounts.login import login_required
from accounts.middleware import Request
from accounts.models import Session
from accounts.origin import origin
from accounts.qr import Qr
from accounts.throttling import Limit, Throttle
from idp.authorization import consent, destination
from idp.authorization.response import see_other
from idp.clients import registry
from idp.conf import conf
from idp.models import Client, DeviceAuthorization
from idp.protocol import levels, user_codes
from idp.protocol.errors import InvalidGrant, TooManyAttempts
from idp.tokens import devices
from idp.traces.leaving import leave

# Per person and per address (S-102). Right codes count too: anybody can have as many of their own as they like.
_throttle = Throttle("device user code", Limit(free=20, step=5, longest=300, leak=1 / 30))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device(request: Request) -> HttpResponse:
    session, now = request.sso, timezone.now()
    assert session is not None  # noqa: S101  login_required
    if request.method != "POST":
        return _ask_code(request, request.GET.get("user_code", ""))
    typed, address = request.POST.get("user_code", ""), origin(request).address
    if wait := _throttle.attempt(session.user.sub, address, now):
        leave(request, TooManyAttempts(wait, check="rate"), "device")
        return _ask_code(request, typed, wait=wait, status=429)
    waiting = devices.waiting_for(typed, now=now)
    if waiting is None:
        _throttle.missed(address, now)
        leave(request, InvalidGrant("No device waits under this code.", check="user-code"), "device")
        return _ask_code(request, typed, unknown=True)
    if needs := _lacking(waiting.client, session):
        return see_other(login.url("/device", needs=needs))
    return _decide(request, waiting, session, typed, now)


def _lacking(client: Client, session: Session) -> frozenset[str]:
    """What the sign-in lacks of the level that the app's admin demands."""
    could = owned(session.user).attainable if client.required_acr else ()
    return levels.needed(session.amr, client.required_levels or (), could, conf().acr_ladder)


def _ask_code(
    request: Request, typed: str, *, wait: int = 0, unknown: bool = False, status: int = 200
) -> HttpResponse:
    code = user_codes.normalised(typed)
    return render(
        request,
        "idp/device.html",
        {
            "code": user_codes.shown(code) if code else typed[: user_codes.MAX_TYPED],
            "prefilled": bool(code) and request.method != "POST",
            "wait": wait,
            "unknown": unknown,
            "person": request.person,
            "qr": Qr.of(_address(code)),
        },
        status=status,
    )


def _address(code: str) -> str:
    """Of this very page, for another screen of the person's."""
    return conf().url("/device") + (f"?user_code={user_codes.shown(code)}" if code else "")


def _decide(
    request: Request, waiting: DeviceAuthorization, session: Session, typed: str, now: datetime
) -> HttpResponse:
    decision, client = request.POST.get("decision"), waiting.client
    may_use = registry.may_use(client, session.user)
    # Another person may have signed in, in another tab, since the page was shown: then it is shown again.
    if decision not in ("allow", "deny") or request.POST.get("sid") != session.sid or not may_use:
        return _show(request, waiting, session, typed, may_use=may_use)
    decided = _allow(request, waiting, session, now) if decision == "allow" else _deny(request, waiting, now)
    if not decided:
        return _ask_code(request, typed, unknown=True)
    return see_other("/device/allowed" if decision == "allow" else "/device/denied")


def _show(
    request: Request, waiting: DeviceAuthorization, session: Session, typed: str, *, may_use: bool
) -> HttpResponse:
    client = waiting.client
    return render(
        request,
        "idp/device_confirm.html",
        {
            "client": client,
            "host": _host(client),
            "waiting": waiting,
            "agent": agents.describe(waiting.user_agent),
            "code": user_codes.shown(user_codes.normalised(typed)),
            "items": consent.items(session.user, client, waiting.scopes),
            "person": session.user,
            "sid": session.sid,
            "may_use": may_use,
            "another": login.url("/device", switch=True),
        },
    )


def _host(client: Client) -> str:
    """Where the app lives, by an admin's word: a device returns nowhere that would prove it (S-085)."""
    return destination.host(client.client_uri) if client.client_uri and not client.self_registered else ""


def _allow(request: Request, waiting: DeviceAuthorization, session: Session, now: datetime) -> bool:
    client = waiting.client
    if devices.allow(waiting, session, now=now) is None:
        return False
    if not client.first_party:
        consent.give(request, session.user, client, waiting.scopes, now=now)
    audit.record(
        "grant.issued", request=request, actor=session.user, client_id=client.client_id, scope=waiting.scope,
        kind="device", asked_from=waiting.address,
    )  # fmt: skip
    return True


def _deny(request: Request, waiting: DeviceAuthorization, now: datetime) -> bool:
    if not devices.deny(waiting, now=now):
        return False
    audit.record(
        "device.denied", request=request, actor=request.person, client_id=waiting.client.client_id,
        asked_from=waiting.address,
    )  # fmt: skip
    return True


@require_safe
def decided(request: Request, outcome: str) -> HttpResponse:
    return render(request, "idp/device_decided.html", {"allowed": outcome == "allowed"})
