"""Where one-time links arrive, and what those do that are not about a password: sign in, lift a lock, set up."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import audit, links, setup
from accounts import login as logins
from accounts import pending as pendings
from accounts.forms import SetupForm
from accounts.links import Purpose
from accounts.middleware import Request
from accounts.sequence import LINK
from accounts.views.going_on import SeeOther, carried_link, carry_link, dead_link, drop_link
from accounts.views.onward import go_on

LANDINGS = {
    Purpose.SETUP: "accounts:setup",
    Purpose.RESCUE: "accounts:setup",
    Purpose.INVITE: "accounts:password-new",
    Purpose.RESET: "accounts:password-new",
    Purpose.LOGIN: "accounts:login-link",
    Purpose.UNLOCK: "accounts:unlock",
    Purpose.RECOVER: "accounts:recover",
    Purpose.END: "accounts:not-me",
    Purpose.EMAIL: "accounts:email-confirm",
}


@require_http_methods(["GET", "HEAD"])
def arrive(request: Request, token: str, purpose: Purpose) -> HttpResponse:
    """Uses nothing up: mail scanners and previews follow links too."""
    if links.find(purpose, token, now=timezone.now()) is None:
        makes_admin = purpose in (Purpose.SETUP, Purpose.RESCUE)
        return dead_link(request, prints_another=setup.command() if makes_admin else "")
    return carry_link(SeeOther(reverse(LANDINGS[purpose])), purpose, token)


@require_http_methods(["GET", "HEAD", "POST"])
def login_link(request: Request) -> HttpResponse:
    now = timezone.now()
    link = carried_link(request, Purpose.LOGIN, now=now)
    if link is None or link.user is None:
        return dead_link(request)
    if request.method != "POST":
        return render(request, "accounts/login_link.html", {"person": link.user})
    if not links.redeem(link, now=now):
        return dead_link(request)
    audit.record("link.used", request=request, actor=link.user, subject=link.user, purpose=link.purpose)
    pending = pendings.begin(link.user, settings.LOGIN_REDIRECT_URL, amr=LINK, used=["link"], now=now)
    return drop_link(go_on(request, pending, now=now))


@require_http_methods(["GET", "HEAD", "POST"])
def unlock(request: Request) -> HttpResponse:
    now = timezone.now()
    link = carried_link(request, Purpose.UNLOCK, now=now)
    if link is None or link.user is None:
        return dead_link(request)
    if request.method != "POST":
        return render(request, "accounts/unlock.html", {"person": link.user})
    if not links.redeem(link, now=now):
        return dead_link(request)
    logins.unlock(link.user)
    audit.record("login.unlocked", request=request, actor=link.user, subject=link.user)
    messages.success(request, _("You can sign in again."))
    return drop_link(SeeOther(logins.url()))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def first_admin(request: Request) -> HttpResponse:
    now = timezone.now()
    link = carried_link(request, Purpose.SETUP, Purpose.RESCUE, now=now)
    if link is None or not setup.is_open(link):
        return dead_link(request, prints_another=setup.command())
    form = SetupForm(request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/setup.html", {"form": form.focus()})
    user = form.instance
    user.set_password(form.cleaned_data["new_password"])
    if not setup.create_admin(link, user, now=now):
        return dead_link(request, prints_another=setup.command())
    audit.record("setup.completed", request=request, actor=user, subject=user)
    logins.sign_in(request, user, amr=logins.PASSWORD, now=now)
    messages.success(request, _("You are the first admin. Add people, and the apps that they sign in to."))
    return drop_link(SeeOther(reverse("admin:index") if settings.ADMIN_PATH else settings.LOGIN_REDIRECT_URL))
