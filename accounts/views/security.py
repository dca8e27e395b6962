"""/account/security: the ways in which one signs in, seen by all who are signed in, changed by who just proved it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import agents, audit, sessions, to_do, trust
from accounts.factors import keeping, passkeys, signals
from accounts.factors.owned import owned
from accounts.factors.passkeys import PasskeyRefused
from accounts.fresh import fresh_login_required
from accounts.login import login_required
from accounts.middleware import Request
from accounts.models import Passkey
from accounts.sequence import TOTP
from accounts.views import enrolling, linked
from accounts.views.going_on import SeeOther


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: Request) -> HttpResponse:
    if request.method == "POST":
        return _change(request)
    user, session, now = request.person, request.sso, timezone.now()
    assert session is not None  # noqa: S101  login_required
    has, keys = owned(user), list(user.passkeys.all())
    devices = user.trusted_devices.filter(expires_at__gt=now)
    facts = to_do.facts(user, has, keys=len(keys), session=session, now=now)
    context = {
        "tab": "security",
        "wide": True,
        "owned": has,
        "passkeys": keys,
        "apps": user.totps.all(),
        "devices": [{"device": each, "agent": agents.describe(each.user_agent)} for each in devices],
        "to_do": to_do.of(facts, to_do.SECURITY),
        "signals": signals.of_person(session),
        "can_passkey": passkeys.are_possible(),
        **linked.context(user),
    }
    return render(request, "accounts/security.html", context)


@fresh_login_required
def _change(request: Request) -> HttpResponse:
    user, now = request.person, timezone.now()
    wanted, chosen = request.POST.get("do", ""), request.POST.get("app", "")
    if wanted == "forget-devices":
        trust.forget_all(user)
        audit.record("device.forgotten", request=request, actor=user, subject=user)
        messages.success(request, _("Every device asks for your second factor again."))
    elif wanted == "remove-app" and chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
        if app := user.totps.filter(pk=int(chosen)).first():
            keeping.remove(user, app, request=request)
            messages.success(request, _("%(name)s is removed.") % {"name": app.name})
    elif wanted == "unlink":
        linked.unlink(request, request.POST.get("identity", ""), now=now)
    elif wanted == "remove-password":
        if keeping.give_up_password(user, request=request, now=now, keep=request.sso):
            messages.success(request, _("Your password is removed. You sign in with a passkey from now on."))
        else:
            messages.error(request, _("Add a passkey first."))
    return SeeOther(reverse("accounts:security"))


@fresh_login_required
@sensitive_post_parameters("credential")
@require_http_methods(["GET", "HEAD", "POST"])
def new_passkey(request: Request) -> HttpResponse:
    user, problem = request.person, ""
    if request.method == "POST":
        answer, name = request.POST.get("credential", ""), request.POST.get("name", "")
        try:
            passkey = keeping.add_passkey(user, answer, name=name, request=request, now=timezone.now())
        except PasskeyRefused:
            problem = _(enrolling.NO_PASSKEY)
        else:
            messages.success(
                request, _("%(name)s is added. Next time, sign in with it.") % {"name": passkey.name}
            )
            return _with_codes(request, passkeys.proves(passkey))
    context = enrolling.passkey_context(user, problem=problem, tab="security", wide=True)
    return render(request, "accounts/new_passkey.html", context)


@fresh_login_required
@sensitive_post_parameters("code", "draft")
@require_http_methods(["GET", "HEAD", "POST"])
def new_app(request: Request) -> HttpResponse:
    user, now, problem, seed = request.person, timezone.now(), "", None
    if request.method == "POST":
        app, seed = enrolling.app_from(request, user, now=now)
        if app is not None:
            messages.success(
                request,
                _("%(name)s is added. Sign-ins with your password ask for its code.") % {"name": app.name},
            )
            return _with_codes(request, TOTP)
        problem = _(enrolling.WRONG_CODE if seed else enrolling.TOO_LATE)
    context = enrolling.app_context(user, seed=seed, now=now, problem=problem, tab="security", wide=True)
    return render(request, "accounts/new_app.html", context)


def _with_codes(request: Request, proved: tuple[str, ...]) -> HttpResponse:
    """Setting a factor up has shown it, so the session has it from now on. The first comes with recovery codes."""
    sessions.start(request, request.person, amr=proved, now=timezone.now(), stepping_up=True)
    if owned(request.person).recovery_codes:
        return SeeOther(reverse("accounts:security"))
    return _show_new_codes(request)


@fresh_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def codes(request: Request) -> HttpResponse:
    """The page asks; only its form makes new codes, which then are seen once."""
    if request.method == "POST" and owned(request.person).second:
        return _show_new_codes(request)
    context = {"owned": owned(request.person), "tab": "security", "wide": True}
    return render(request, "accounts/recovery_ask.html", context)


def _show_new_codes(request: Request) -> HttpResponse:
    user = request.person
    made = keeping.new_codes(user, request=request, now=timezone.now())
    context = {"codes": made, "person": user, "onward": reverse("accounts:security")}
    return render(request, "accounts/recovery_codes.html", context)


@fresh_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: Request, pk: int) -> HttpResponse:
    """One passkey: its name, and taking it away."""
    user = request.person
    chosen = get_object_or_404(Passkey, pk=pk, user=user)
    if request.method == "POST" and "remove" in request.POST:
        if keeping.remove(user, chosen, request=request):
            messages.success(
                request, _("%(name)s is removed. Delete it on your device as well.") % {"name": chosen.name}
            )
        else:
            messages.error(
                request, _("This is your only way to sign in. Add another passkey or a password first.")
            )
        return SeeOther(reverse("accounts:security"))
    if request.method == "POST":
        keeping.rename(user, chosen, request.POST.get("name", ""), request=request)
        return SeeOther(reverse("accounts:security"))
    return render(request, "accounts/passkey.html", {"passkey": chosen, "tab": "security", "wide": True})
