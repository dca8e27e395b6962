"""/login/enrol: a second factor set up as a step of a sign-in, because a policy or an app wants one."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import login as logins
from accounts import pending as pendings
from accounts import sequence
from accounts.factors import keeping, passkeys
from accounts.factors.passkeys import PasskeyRefused
from accounts.middleware import Request
from accounts.models import PendingLogin
from accounts.pending import Standing
from accounts.views import enrolling
from accounts.views.going_on import SeeOther, page
from accounts.views.onward import drop, give_up, go_on, step_page

_GIVES = {"passkey": frozenset({"pop", "hwk", "swk", "user", "mfa"}), "app": frozenset(sequence.TOTP)}


@sensitive_post_parameters("code", "draft", "credential")
@require_http_methods(["GET", "HEAD", "POST"])
@step_page("enrol")
def enrol(request: Request, pending: PendingLogin, standing: Standing, now: datetime) -> HttpResponse:
    if request.method != "POST":
        return _show(request, pending, standing, now=now)
    if "later" in request.POST and standing.may_put_off and not pending.asked:
        pending.put_off = True
        pendings.write(pending, "put_off")
        return go_on(request, pending, now=now)
    if "stop" in request.POST:
        return _stopped(request, pending, now=now)
    if "credential" in request.POST:
        return _passkey(request, pending, standing, now=now)
    return _app(request, pending, standing, now=now)


def _app(request: Request, pending: PendingLogin, standing: Standing, *, now: datetime) -> HttpResponse:
    app, seed = enrolling.app_from(request, pending.user, now=now)
    if app is None:
        problem = _(enrolling.WRONG_CODE if seed else enrolling.TOO_LATE)
        return _show(request, pending, standing, by="app", seed=seed, problem=problem, now=now)
    return _done(request, pending, standing, "totp", sequence.TOTP, now=now)


def _passkey(request: Request, pending: PendingLogin, standing: Standing, *, now: datetime) -> HttpResponse:
    answer, name = request.POST.get("credential", ""), request.POST.get("name", "")
    try:
        passkey = keeping.add_passkey(pending.user, answer, name=name, request=request, now=now)
    except PasskeyRefused:
        return _show(request, pending, standing, by="passkey", problem=_(enrolling.NO_PASSKEY), now=now)
    return _done(request, pending, standing, "passkey", passkeys.proves(passkey), now=now)


def _done(
    request: Request,
    pending: PendingLogin,
    standing: Standing,
    factor: str,
    amr: tuple[str, ...],
    *,
    now: datetime,
) -> HttpResponse:
    """With the first factor come recovery codes, before anything else happens."""
    pendings.prove(pending, factor, amr)
    if standing.owned.recovery_codes:
        return go_on(request, pending, now=now)
    codes = keeping.new_codes(pending.user, request=request, now=now)
    return render(
        request,
        "accounts/recovery_codes.html",
        {"codes": codes, "person": pending.user, "onward": address(pending), "signing_in": True},
    )


def _stopped(request: Request, pending: PendingLogin, *, now: datetime) -> HttpResponse:
    if pending.stepping_up_id is not None:
        return give_up(request, pending, now=now)
    pendings.end(pending)
    return drop(SeeOther(logins.url(pending.next_path, switch=True)))


def _show(
    request: Request,
    pending: PendingLogin,
    standing: Standing,
    *,
    now: datetime,
    by: str = "",
    seed: bytes | None = None,
    problem: str = "",
) -> HttpResponse:
    missing = standing.progress.missing
    fitting = [name for name, gives in _GIVES.items() if missing <= gives and _is_possible(name)]
    by = by or request.GET.get("by", "")
    by = by if by in fitting else (fitting or ["app"])[0]
    common: dict[str, Any] = {
        "login": pending.pk,
        "person": pending.user,
        "problem": problem,
        "others": [(name, address(pending, by=name)) for name in fitting if name != by],
        "may_put_off": standing.may_put_off and not pending.asked,
        "until": pending.user.enrol_by,
        "is_more": pending.stepping_up_id is not None,
    }
    if by == "app":
        context = enrolling.app_context(pending.user, seed=seed, now=now, **common)
    else:
        context = enrolling.passkey_context(pending.user, **common)
    return page(request, "accounts/enrol.html", context, going_to=pending.next_path)


def _is_possible(name: str) -> bool:
    return name != "passkey" or passkeys.are_possible()


def address(pending: PendingLogin, **query: str) -> str:
    return f"{reverse('accounts:enrol')}?{urlencode({**query, 'next': pending.next_path})}"
