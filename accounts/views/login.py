"""/login and /logout."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import chooser, devices, elsewhere, endings, setup
from accounts import login as logins
from accounts import pending as pendings
from accounts.chooser import Account
from accounts.destinations import Destination, destination
from accounts.factors import passkeys
from accounts.factors import signals as signalling
from accounts.factors.owned import owned
from accounts.factors.signals import Signal
from accounts.forms import ConfirmForm, LoginForm
from accounts.login import Refused
from accounts.middleware import Request
from accounts.models import User
from accounts.sequence import next_step
from accounts.views.going_on import SeeOther, needs, next_path, page_before
from accounts.views.onward import go_on

# Whoever is typed, so that it tells nobody whose password is kept where.
DIRECTORY_DOWN = gettext_lazy(
    "This did not work. The directory of your organisation does not answer just now, so passwords that it keeps "
    "can't be checked: try again in a few minutes."
)


@dataclass(frozen=True)
class Visit:
    """What somebody comes to the login page for."""

    next_path: str
    person: User | None  # who has to confirm that it is them
    is_switch: bool
    needs: frozenset[str]  # methods that the sign-in has to have

    @cached_property
    def destination(self) -> Destination | None:
        return destination(self.next_path)

    @classmethod
    def read(cls, request: Request) -> "Visit":
        person = request.sso.user if request.sso and request.GET.get("again") == "1" else None
        return cls(next_path(request), person, request.GET.get("switch") == "1", needs(request))

    def url(self, view: str) -> str:
        return f"{reverse(view)}?{self._query}"

    @cached_property
    def _query(self) -> str:
        query = {"next": self.next_path}
        query |= {"again": "1"} if self.person else {}
        query |= {"switch": "1"} if self.is_switch else {}
        query |= {"needs": " ".join(sorted(self.needs))} if self.needs else {}
        return urlencode(query)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: Request) -> HttpResponse:
    visit, now = Visit.read(request), timezone.now()
    if request.sso is not None and visit.person is None and not visit.is_switch and not _types(request):
        return _step_up(request, visit, now=now)
    if request.method == "POST":
        return _submitted(request, visit, now=now)
    if visit.person is not None:
        return _form_page(request, visit, ConfirmForm())
    who = request.GET.get("who", "")  # whom one picked on the chooser
    here = chooser.accounts(request, now=now) if who or not visit.is_switch else []
    if _has_a_choice(request, visit, here):
        return SeeOther(visit.url("accounts:select-account"))
    hint, known = visit.destination.login_hint if visit.destination else "", chooser.known(request, here, who)
    name = hint or (known.username_display if known else "")
    return _form_page(request, visit, LoginForm(initial={"username": name}), known=None if hint else known)


def _types(request: Request) -> bool:
    """Somebody signs in on a page that was opened before another tab did: they are who they say, not who is there."""
    return request.method == "POST" and "username" in request.POST


def _has_a_choice(request: Request, visit: Visit, here: Sequence[Account]) -> bool:
    """Nobody is the current one here, yet somebody is signed in: after a sign-out, or where time was up."""
    wants_the_form = request.sso is not None or visit.is_switch or "again" in request.GET
    return not wants_the_form and any(each.is_live for each in here)


def _step_up(request: Request, visit: Visit, *, now: datetime) -> HttpResponse:
    """Straight on when the session has what is needed; otherwise only what it lacks is asked for."""
    session = request.sso
    if session is None or visit.needs <= set(session.amr):
        return SeeOther(visit.next_path)
    if session.impersonated_by:
        raise PermissionDenied("Only the person can prove more of who they are.")
    pending = pendings.begin(session.user, visit.next_path, asked=visit.needs, stepping_up=session, now=now)
    step = next_step(pendings.standing(request, pending, now=now).progress)
    # Something new is set up by somebody who has just proved who they are, never in a browser left open (S-108).
    is_new = step is not None and step.name == "enrol"
    if is_new and not logins.is_fresh(session, now=now):
        return SeeOther(logins.url(visit.next_path, reauthenticate=True, needs=visit.needs))
    return go_on(request, pending, now=now)


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
    return _proven(request, visit, user, "password", logins.PASSWORD, now=now)


@require_POST
def passkey(request: Request) -> HttpResponse:
    """A passkey in place of name and password; by autofill or by the button, which are one to the server."""
    visit, now = Visit.read(request), timezone.now()
    form = ConfirmForm() if visit.person else LoginForm()
    try:
        used = logins.prove_passkey(request, request.POST.get("credential", ""), now=now, only=visit.person)
    except Refused as refusal:
        if refusal.wait:
            return _refused(request, visit, form, refusal)
        words = _("That passkey did not work here. Try again, or sign in another way.")
        return _form_page(request, visit, form, problem=words, signals=signalling.unknown(refusal.unknown))
    return _proven(request, visit, used.user, "passkey", passkeys.proves(used), now=now)


def _proven(
    request: Request, visit: Visit, user: User, factor: str, amr: tuple[str, ...], *, now: datetime
) -> HttpResponse:
    pending = pendings.begin(user, visit.next_path, amr=amr, used=[factor], asked=visit.needs, now=now)
    return go_on(request, pending, now=now)


def _refused(request: Request, visit: Visit, form: LoginForm | ConfirmForm, refusal: Refused) -> HttpResponse:
    """The same words for an unknown name, a wrong password and a person who may not come in (S-101)."""
    if not refusal.wait and refusal.directory_down:
        form.add_error("password", DIRECTORY_DOWN)
        return _form_page(request, visit, form)
    if not refusal.wait:
        both = _("This user name and password don't go together. Check both and try again.")
        form.add_error("password", _("That is not your password. Try again.") if visit.person else both)
        return _form_page(request, visit, form)
    response = _form_page(request, visit, form, wait=refusal.wait, status=429)
    response["Retry-After"] = str(refusal.wait)
    return response


def _form_page(
    request: Request,
    visit: Visit,
    form: LoginForm | ConfirmForm,
    *,
    wait: int = 0,
    status: int = 200,
    problem: str = "",
    signals: Sequence[Signal] = (),
    known: User | None = None,
) -> HttpResponse:
    can_passkey = passkeys.are_possible()
    has = owned(visit.person) if visit.person else None
    context = {
        "form": form.focus(),
        "person": visit.person,
        "known": known,
        "asks_password": has is None or has.password,
        "switch_url": logins.url(visit.next_path, switch=True) if visit.person or known else "",
        "wait": wait,
        "problem": problem,
        "last_method": "" if visit.person else devices.last_method(request),
        "form_url": visit.url("accounts:login"),
        "passkey_url": visit.url("accounts:login-passkey"),
        "passkey_options": passkeys.login_options(user=visit.person) if can_passkey else "",
        "register_url": _register_url(visit),
        "signals": signals,
        "has_passkey": has is not None and has.passkey,
        "ways": (ways := _ways(visit)),
        "is_empty": not (ways or settings.LDAP_URL or settings.SELF_REGISTRATION or setup.has_anybody()),
        "other_device_url": "" if visit.person else _other_device_url(visit),
    }
    return page_before(visit.destination, request, "accounts/login.html", context, status=status)


def _ways(visit: Visit) -> list[dict[str, str]]:
    """The other providers' buttons; somebody who confirms that it is them sees those that know them."""
    person = visit.person
    found = elsewhere.ways_of(person) if person else [way for way in elsewhere.ways() if way.shown]
    again, needs = person is not None, sorted(visit.needs)
    return [
        {"name": way.name, "mark": way.mark, "url": way.url(visit.next_path, again=again, needs=needs)}
        for way in found
    ]


def _other_device_url(visit: Visit) -> str:
    return visit.url("accounts:other-device") if settings.OTHER_DEVICE else ""


def _register_url(visit: Visit) -> str:
    if visit.person is not None or not logins.may_register():
        return ""
    return logins.url(visit.next_path, create=True)


@require_http_methods(["GET", "HEAD", "POST"])
def logout(request: Request) -> HttpResponse:
    if request.sso is None:
        return SeeOther(reverse("accounts:signed-out"))
    if request.method != "POST":
        others = [each for each in chooser.remaining(request, now=timezone.now()) if not each.is_current]
        return render(request, "accounts/logout.html", {"others": others})
    return SeeOther(sign_out(request, now=timezone.now()))


def sign_out(request: Request, *, now: datetime) -> str:
    """Ends the session of this browser; the page that comes after."""
    return endings.page_after(logins.sign_out(request, now=now))


@require_http_methods(["GET", "HEAD"])
def signed_out(request: Request) -> HttpResponse:
    remaining = chooser.remaining(request, now=timezone.now())
    return render(request, "accounts/signed_out.html", {"remaining": remaining})
