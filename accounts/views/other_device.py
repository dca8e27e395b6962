"""/login/other-device: the screen that shows a QR code and waits, and the one on which the person says yes."""

from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import agents, cookies, other_device, sequence, sessions
from accounts import login as logins
from accounts import pending as pendings
from accounts.destinations import destination
from accounts.fresh import fresh_login_required
from accounts.middleware import Request
from accounts.models import DeviceRequest
from accounts.origin import origin
from accounts.qr import Qr
from accounts.views.going_on import SeeOther, needs, next_path, page
from accounts.views.onward import go_on

POLL_SECONDS = 5  # by the page that reloads itself where there is no JavaScript


@require_http_methods(["GET", "HEAD", "POST"])
def other_device_page(request: Request) -> HttpResponse:
    """POST asks; then the page waits, whose address says where the sign-in leads on to."""
    _check_on()
    now, to = timezone.now(), next_path(request)
    if request.method == "POST":
        return _begin(request, to, now=now)
    waiting = other_device.asking(request, now=now)
    if waiting is None or waiting.next_path != to:
        return _over(request, to)
    if waiting.decided_at is not None and waiting.approved_by is None:
        return _over(request, to, refused=True)
    return _show(request, waiting)


def _begin(request: Request, to: str, *, now: datetime) -> HttpResponse:
    address = origin(request).address
    if wait := other_device.BEGIN_THROTTLE.attempt(address, address, now):
        response = _over(request, to, wait=wait)
        response["Retry-After"] = str(wait)
        return response
    _, token = other_device.begin(request, to, asked=needs(request), now=now)
    response = SeeOther(f"{reverse('accounts:other-device')}?{urlencode({'next': to})}")
    cookies.put(response, other_device.COOKIE, token, int(other_device.LIFETIME.total_seconds()))
    return response


def _show(request: Request, waiting: DeviceRequest) -> HttpResponse:
    code = other_device.code_of(request.COOKIES[other_device.COOKIE])
    link = f"{settings.ISSUER}{reverse('accounts:other-device-approve', args=[code])}"
    context = {
        "waiting": waiting,
        "qr": Qr.of(link),
        "link": link,
        "approved": waiting.approved_by is not None,
        "seconds": POLL_SECONDS,
        "again": logins.url(waiting.next_path),
    }
    return page(request, "accounts/other_device.html", context, going_to=waiting.next_path)


def _over(request: Request, to: str, *, refused: bool = False, wait: int = 0) -> HttpResponse:
    """Nothing to wait for; from here the person begins again, and still gets to `to`."""
    context = {"again": logins.url(to), "refused": refused, "wait": wait}
    return render(request, "accounts/other_device_over.html", context, status=429 if wait else 410)


@require_safe
def state(request: Request) -> HttpResponse:
    """For the script of the page that waits: whether there is still something to wait for."""
    _check_on()
    waiting = other_device.asking(request, now=timezone.now())
    return JsonResponse({"waiting": waiting is not None and waiting.decided_at is None})


@require_POST
def finish(request: Request) -> HttpResponse:
    """The asking browser takes up what was approved: the first step of its sign-in, and no more."""
    _check_on()
    now = timezone.now()
    waiting = other_device.asking(request, now=now)
    session = waiting.approved_by if waiting else None
    if waiting is None or session is None or not sessions.live(session, now):
        return _over(request, next_path(request))
    if not other_device.use(waiting, now=now):
        return _over(request, waiting.next_path)
    pending = pendings.begin(
        session.user,
        waiting.next_path,
        amr=sequence.OTHER_DEVICE,
        used=[other_device.NAME],
        asked=waiting.asked,
        auth_time=session.auth_time,
        now=now,
    )
    response = go_on(request, pending, now=now)
    response.delete_cookie(other_device.COOKIE, path="/", samesite="Lax")
    return response


@fresh_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: Request, code: str) -> HttpResponse:
    """On the other device, by somebody who proved within ten minutes, by all that they have, that it is them."""
    _check_on()
    now, session = timezone.now(), request.sso
    assert session is not None  # noqa: S101  fresh_login_required
    address = origin(request).address
    waiting = other_device.answering(code, now=now)
    if waiting is None:
        return _answered(request, "gone", status=410)
    if request.method != "POST" or request.POST.get("sid") != session.sid:
        # Another person may have signed in, in another tab, since the page was shown: then it is shown again.
        return _ask(request, waiting)
    if wait := other_device.ANSWER_THROTTLE.attempt(session.user.sub, address, now):
        response = _answered(request, "wait", status=429)
        response["Retry-After"] = str(wait)
        return response
    if request.POST.get("number") != str(waiting.number):
        reason = "wrong number" if "number" in request.POST else "said no"
        other_device.refuse(request, waiting, session, reason=reason, now=now)
        return _answered(request, "wrong" if "number" in request.POST else "refused")
    is_first = other_device.approve(request, waiting, session, now=now)
    return _answered(request, "approved" if is_first else "gone")


def _ask(request: Request, waiting: DeviceRequest) -> HttpResponse:
    context = {
        "waiting": waiting,
        "person": request.person,
        "sid": request.sso.sid if request.sso else "",
        "agent": agents.describe(waiting.user_agent),
        "destination": destination(waiting.next_path),
        "is_near": other_device.is_near(request, waiting),
        "another": f"{reverse('accounts:select-account')}?{urlencode({'next': request.path})}",
    }
    return render(request, "accounts/other_device_approve.html", context)


def _answered(request: Request, outcome: str, *, status: int = 200) -> HttpResponse:
    return render(request, "accounts/other_device_answered.html", {"outcome": outcome}, status=status)


def _check_on() -> None:
    if not settings.OTHER_DEVICE:
        raise Http404
