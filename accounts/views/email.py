"""/account/email: another address, confirmed from there (S-107)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import email_change
from accounts import login as logins
from accounts.forms import EmailForm
from accounts.fresh import fresh_login_required
from accounts.links import Purpose
from accounts.middleware import Request
from accounts.models import User
from accounts.origin import origin
from accounts.views.going_on import SeeOther, carried_link, dead_link, drop_link


@logins.login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: Request) -> HttpResponse:
    """That nothing is changed after all may be said in a browser left open too."""
    if request.method == "POST" and "withdraw" in request.POST:
        if email_change.withdraw(request.person, request=request, now=timezone.now()):
            messages.success(request, _("Your e-mail address stays as it is."))
        return SeeOther(reverse("accounts:profile"))
    return _change(request)


@fresh_login_required
def _change(request: Request) -> HttpResponse:
    now, user = timezone.now(), request.person
    form = EmailForm(user, request.POST or None)
    if not form.is_valid():
        return _page(request, form)
    if wait := email_change.THROTTLE.attempt(user.sub, origin(request).address, now):
        response = _page(request, form, wait=wait, status=429)
        response["Retry-After"] = str(wait)
        return response
    email_change.ask(user, form.cleaned_data["email"], request=request, now=now)
    messages.success(
        request,
        _("A mail is on its way to %(address)s. Follow its link to confirm.")
        % {"address": form.cleaned_data["email"]},
    )
    return SeeOther(reverse("accounts:profile"))


def _page(request: Request, form: EmailForm, *, wait: int = 0, status: int = 200) -> HttpResponse:
    waiting = email_change.waiting(request.person, now=timezone.now())
    context = {"form": form.focus(), "wait": wait, "waiting": waiting, "tab": "profile", "wide": True}
    return render(request, "accounts/email.html", context, status=status)


@logins.login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: Request) -> HttpResponse:
    """Only signed in as the person that asked: nobody else's click may give an account an address."""
    now = timezone.now()
    link = carried_link(request, Purpose.EMAIL, now=now)
    if link is None or link.user_id != request.person.pk:
        return dead_link(request)
    if request.method != "POST":
        return render(request, "accounts/email_confirm.html", {"address": link.address})
    if not email_change.confirm(link, User.objects.get(pk=request.person.pk), request=request, now=now):
        return dead_link(request)
    was_theirs = link.address == request.person.email
    words = _("Your e-mail address is confirmed.") if was_theirs else _("Your e-mail address is changed.")
    messages.success(request, words)
    return drop_link(SeeOther(reverse("accounts:profile")))
