"""/login and /logout."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import audit, endings, links, registration, sessions, terms
from accounts import login as logins
from accounts.destinations import destination
from accounts.forms import ConfirmForm, LoginForm
from accounts.login import Refused
from accounts.middleware import Request
from accounts.models import User
from accounts.views.going_on import SeeOther, carry_link, carry_person, next_path, page


@dataclass(frozen=True)
class Visit:
    """What somebody comes to the login page for."""

    next_path: str
    person: User | None  # who has to confirm that it is them
    is_switch: bool

    @classmethod
    def read(cls, request: Request) -> "Visit":
        person = request.sso.user if request.sso and request.GET.get("again") == "1" else None
        return cls(next_path(request), person, request.GET.get("switch") == "1")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: Request) -> HttpResponse:
    visit = Visit.read(request)
    if request.sso is not None and visit.person is None and not visit.is_switch:
        return SeeOther(visit.next_path)
    if request.method == "POST":
        return _submitted(request, visit, now=timezone.now())
    going_to = destination(visit.next_path)
    hint = going_to.login_hint if going_to else ""
    return _form_page(
        request, visit, ConfirmForm() if visit.person else LoginForm(initial={"username": hint})
    )


def _submitted(request: Request, visit: Visit, *, now: datetime) -> HttpResponse:
    form = ConfirmForm(request.POST) if visit.person else LoginForm(request.POST)
    if not form.is_valid():
        return _form_page(request, visit, form)
    password = form.cleaned_data["password"]
    try:
        if visit.person is not None:
            logins.confirm(request, visit.person, password, now=now)
            user = visit.person
        else:
            user = logins.prove(request, form.cleaned_data["username"], password, now=now)
    except Refused as refusal:
        return _refused(request, visit, form, refusal)
    return go_on(request, user, visit.next_path, amr=logins.PASSWORD, now=now)


def go_on(request: Request, user: User, to: str, *, amr: tuple[str, ...], now: datetime) -> HttpResponse:
    """In, unless a new password has to come first: then there is no session before it is chosen (S-103)."""
    if not user.must_change_password:
        if terms.due(user, now=now) is not None:
            accepting = SeeOther(f"{reverse('accounts:terms-accept')}?{urlencode({'next': to})}")
            return carry_person(accepting, user, amr)
        logins.sign_in(request, user, amr=amr, now=now)
        return SeeOther(to)
    token = links.issue(links.Purpose.CHANGE, user, now=now)
    response = SeeOther(f"{reverse('accounts:password-new')}?{urlencode({'next': to})}")
    return carry_link(response, links.Purpose.CHANGE, token)


def _refused(request: Request, visit: Visit, form: LoginForm | ConfirmForm, refusal: Refused) -> HttpResponse:
    """The same words for an unknown name, a wrong password and a person who may not come in (S-101)."""
    if not refusal.wait:
        both = "This user name and password don't go together. Check both and try again."
        form.add_error("password", "That is not your password. Try again." if visit.person else both)
        return _form_page(request, visit, form)
    response = _form_page(request, visit, form, wait=refusal.wait, status=429)
    response["Retry-After"] = str(refusal.wait)
    return response


def _form_page(
    request: Request, visit: Visit, form: LoginForm | ConfirmForm, *, wait: int = 0, status: int = 200
) -> HttpResponse:
    context = {
        "form": form.focus(),
        "person": visit.person,
        "switch_url": logins.url(visit.next_path, switch=True),
        "wait": wait,
        "register_url": "" if visit.person else registration.url(visit.next_path),
    }
    return page(request, "accounts/login.html", context, going_to=visit.next_path, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def logout(request: Request) -> HttpResponse:
    if request.sso is None:
        return SeeOther(reverse("accounts:signed-out"))
    if request.method != "POST":
        return render(request, "accounts/logout.html")
    return SeeOther(sign_out(request, now=timezone.now()))


def sign_out(request: Request, *, now: datetime) -> str:
    """Ends the session of this browser; the page that comes after."""
    session = request.sso
    sessions.forget(request)
    if session is None:
        return reverse("accounts:signed-out")
    told = sessions.end(session, reason="signed out", now=now)
    audit.record("session.ended", request=request, actor=session.user, subject=session.user, sid=session.sid)
    return endings.page_after(session, told=told)


@require_http_methods(["GET", "HEAD"])
def signed_out(request: Request) -> HttpResponse:
    return render(request, "accounts/signed_out.html")
