"""/account/password, /password/reset and /password/new: changing, forgetting and choosing a password."""

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import audit, elsewhere, emails, invitations, lifecycle, links, sessions
from accounts import login as logins
from accounts import pending as pendings
from accounts.factors.owned import owned
from accounts.forms import ChangePasswordForm, NewPasswordForm, ResetForm
from accounts.login import Refused, login_required
from accounts.middleware import Request
from accounts.models import OneTimeLink, PendingLogin, User
from accounts.names import canonical
from accounts.origin import origin
from accounts.pending import Standing
from accounts.throttling import Limit, Throttle
from accounts.views.going_on import SeeOther, carried_link, dead_link, drop_link, page
from accounts.views.onward import go_on, step_page

# Mails are sent to somebody who did not ask for them, so few are enough; nobody is locked out of asking.
RESET_THROTTLE = Throttle("reset", Limit(free=3, step=60, longest=3600, leak=1 / 900))
CHOOSING = (links.Purpose.INVITE, links.Purpose.RESET)


@login_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: Request) -> HttpResponse:
    now, user = timezone.now(), request.person
    if elsewhere.is_of_directory(user):
        context = {"tab": "password", "wide": True, "directory_url": settings.LDAP_PASSWORD_URL}
        return render(request, "accounts/password_elsewhere.html", context)
    form = ChangePasswordForm(user, request.POST or None)
    if form.is_valid():
        try:
            logins.confirm(request, user, form.cleaned_data["current_password"], now=now)
        except Refused as refusal:
            return _change_refused(request, form, refusal)
        _change(request, user, form.cleaned_data["new_password"], now=now)
        messages.success(request, _("Your password is changed. Your other sessions have ended."))
        return SeeOther(reverse("accounts:overview"))
    return _change_page(request, form)


def _change(request: Request, user: User, password: str, *, now: datetime) -> None:
    """The session goes on under a new cookie (S-110), no fresher than it was (S-108)."""
    lifecycle.set_password(
        user, password, request=request, event="password.changed", now=now, keep=request.sso
    )
    if request.sso is not None:
        sessions.change_cookie(request, request.sso)


def _change_refused(request: Request, form: ChangePasswordForm, refusal: Refused) -> HttpResponse:
    audit.record("password.change_failed", request=request, actor=request.person, outcome="refused")
    if not refusal.wait:
        form.add_error("current_password", _("This is not your current password."))
        return _change_page(request, form)
    response = _change_page(request, form, wait=refusal.wait, status=429)
    response["Retry-After"] = str(refusal.wait)
    return response


def _change_page(
    request: Request, form: ChangePasswordForm, *, wait: int = 0, status: int = 200
) -> HttpResponse:
    context = {"form": form.focus(), "wait": wait, "tab": "password", "wide": True}
    return render(request, "accounts/password_change.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: Request) -> HttpResponse:
    """The answer is the same whether or not somebody is found; the mail goes after it (S-101)."""
    form = ResetForm(request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/password_reset.html", {"form": form.focus()})
    now, name = timezone.now(), form.cleaned_data["username"]
    user = User.objects.find(name)
    if wait := _may_ask(request, user.sub if user else f"unknown {canonical(name)}", now):
        context = {"form": form, "wait": wait}
        response = render(request, "accounts/password_reset.html", context, status=429)
        response["Retry-After"] = str(wait)
        return response
    audit.record("password.reset_requested", request=request, actor="anonymous", subject=user)
    if user is not None and user.is_active and user.email:
        lifecycle.send_reset(user, actor="anonymous", now=now, request=request)
    return SeeOther(reverse("accounts:password-reset-sent"))


def _may_ask(request: Request, subject: str, now: datetime) -> int:
    address = origin(request).address
    wait = RESET_THROTTLE.attempt(subject, address, now)
    if not wait:
        RESET_THROTTLE.missed(address, now)
    return wait


@require_http_methods(["GET", "HEAD"])
def reset_sent(request: Request) -> HttpResponse:
    return render(request, "accounts/password_reset_sent.html", {"kept": emails.kept_on_this_machine()})


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Choosing a password with a link, or as a step of a sign-in, whose address says where it leads on to."""
    now = timezone.now()
    link = carried_link(request, *CHOOSING, now=now)
    if (link is None or "next" in request.GET) and pendings.current(request, now=now) is not None:
        return new_as_step(request)
    if link is None or link.user is None:
        return dead_link(request)
    form = NewPasswordForm(link.user, request.POST or None)
    if form.is_valid():
        return _chosen(request, link, link.user, form.cleaned_data["new_password"], now=now)
    context = {"form": form.focus(), "person": link.user, "purpose": link.purpose}
    going_to = _lands_at(link.user) if link.purpose == links.Purpose.INVITE else ""
    return page(request, "accounts/password_new.html", context, going_to=going_to)


@step_page("new-password")
def new_as_step(request: Request, pending: PendingLogin, standing: Standing, now: datetime) -> HttpResponse:
    user = pending.user
    form = NewPasswordForm(user, request.POST or None)
    if not form.is_valid():
        context = {"form": form.focus(), "person": user, "purpose": "change", "login": pending.pk}
        return page(request, "accounts/password_new.html", context, going_to=pending.next_path)
    password = form.cleaned_data["new_password"]
    lifecycle.set_password(user, password, request=request, event="password.changed", now=now)
    pendings.rebind(pending)
    pendings.prove(pending, "password", logins.PASSWORD)
    return go_on(request, pending, now=now)


def _chosen(request: Request, link: OneTimeLink, user: User, password: str, *, now: datetime) -> HttpResponse:
    """A reset never signs in: whoever has the mailbox has not shown a second factor (S-106)."""
    if not links.redeem(link, now=now):
        return dead_link(request)
    is_reset = link.purpose == links.Purpose.RESET
    if is_reset:
        _mail_arrived(user, now=now)
    # The mailbox gave the password, so it is no second factor beside it. Who is new has none to weaken.
    by_mail = is_reset or owned(user).second
    lifecycle.set_password(user, password, request=request, event="password.reset", now=now, by_mail=by_mail)
    if link.purpose == links.Purpose.INVITE:
        return _welcome(request, link, user, now=now)
    messages.success(request, _("Your new password is set. Sign in with it."))
    return drop_link(SeeOther(logins.url()))


def _welcome(request: Request, link: OneTimeLink, user: User, *, now: datetime) -> HttpResponse:
    """Straight in, by whatever steps are due: who is new has nothing else to prove; to the app of the invitation."""
    if invitations.accepted(link, user, now=now):
        audit.record("invitation.accepted", request=request, actor=user, subject=user)
    pending = pendings.begin(user, _lands_at(user), amr=logins.PASSWORD, used=["password"], now=now)
    return drop_link(go_on(request, pending, now=now))


def _lands_at(user: User) -> str:
    landing = invitations.landing(user)
    return landing.address if landing else settings.LOGIN_REDIRECT_URL


def _mail_arrived(user: User, *, now: datetime) -> None:
    """Who follows the link has the mailbox: that lifts a lock, and proves the address."""
    logins.THROTTLE.unlock(user.sub)
    if user.email and not user.email_verified:
        user.verify_email(by="mail link", now=now)
        user.save(update_fields=["email_verified_at", "email_verified_by", "updated_at"])
