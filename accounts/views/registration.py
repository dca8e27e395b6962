"""/register: an address, a mail, and with its link the rest of a new account."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import cookies, emails, registration, terms
from accounts import login as logins
from accounts import pending as pendings
from accounts.forms import RegisterForm, SignUpForm
from accounts.middleware import Request
from accounts.models import Terms
from accounts.names import canonical
from accounts.origin import origin
from accounts.registration import LIFETIME, THROTTLE, Proved
from accounts.views.going_on import SeeOther, dead_link, next_path, page
from accounts.views.onward import go_on

COOKIE = f"{settings.SESSION_COOKIE_NAME}_register"


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: Request) -> HttpResponse:
    """The answer is the same whether or not the address is known here; the mail goes after it (S-101)."""
    to = next_path(request)
    if not logins.may_register():
        raise Http404
    if (
        request.sso is not None and "next" not in request.GET
    ):  # an app may ask for another account (prompt=create)
        return SeeOther(to)
    form = RegisterForm(request.POST or None)
    context: dict[str, Any] = {
        "form": form.focus(),
        "login_url": logins.url(request.GET.get("next", "") and to, switch=request.sso is not None),
        "signed_in": request.sso.user if request.sso else None,
    }
    if not form.is_valid():
        return page(request, "accounts/register.html", context, going_to=to)
    email, address, now = form.cleaned_data["email"], origin(request).address, timezone.now()
    if wait := THROTTLE.attempt(canonical(email), address, now):
        response = page(request, "accounts/register.html", {**context, "wait": wait}, going_to=to, status=429)
        response["Retry-After"] = str(wait)
        return response
    THROTTLE.missed(address, now)
    registration.begin(email, to, request=request)
    return SeeOther(reverse("accounts:register-sent"))


@require_http_methods(["GET", "HEAD"])
def sent(request: Request) -> HttpResponse:
    return render(request, "accounts/register_sent.html", {"kept": emails.kept_on_this_machine()})


@require_http_methods(["GET", "HEAD"])
def arrive(request: Request, token: str) -> HttpResponse:
    """The token goes on in a cookie: out of the address, which histories and referrers would keep (S-106)."""
    if registration.read(token) is None:
        return dead_link(request)
    response = SeeOther(reverse("accounts:register-new"))
    cookies.put(response, COOKIE, token, int(LIFETIME.total_seconds()))
    return response


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    now = timezone.now()
    proved = registration.read(request.COOKIES.get(COOKIE, ""))
    if proved is None:
        return dead_link(request)
    agreement = terms.in_force(now)
    form = SignUpForm(request.POST or None, email=proved.email, terms=agreement)
    if not form.is_valid():
        return _form_page(request, form, proved, agreement)
    user = form.instance
    user.set_password(form.cleaned_data["new_password"])
    if not registration.complete(proved, user, agreement, request=request, now=now):
        form.add_error("username_display", _("Somebody was faster. Choose another user name."))
        return _form_page(request, form, proved, agreement)
    to = proved.next_path or settings.LOGIN_REDIRECT_URL
    pending = pendings.begin(user, to, amr=logins.PASSWORD, used=["password"], now=now)
    response = go_on(request, pending, now=now)
    response.delete_cookie(COOKIE, path="/", samesite="Lax")
    return response


def _form_page(request: Request, form: SignUpForm, proved: Proved, agreement: Terms | None) -> HttpResponse:
    context = {"form": form.focus(), "email": proved.email, "terms": agreement}
    return page(request, "accounts/register_new.html", context, going_to=proved.next_path)
