"""/login/second-factor: a code or a passkey, after the password or when an app asks for more (S-103)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import audit, emails, trust
from accounts import login as logins
from accounts import pending as pendings
from accounts.factors import codes, passkeys, recovery
from accounts.factors.codes import PASSKEY, CodeFactor
from accounts.forms import CodeForm
from accounts.login import Refused
from accounts.middleware import Request
from accounts.models import PendingLogin
from accounts.pending import Standing
from accounts.views.going_on import SeeOther, page
from accounts.views.onward import drop, give_up, go_on, step_page


@dataclass(frozen=True)
class Choice:
    """The names of the factors that would do here, and the one that is shown."""

    names: list[str]
    shown: str

    @classmethod
    def of(cls, standing: Standing, wanted: str) -> "Choice":
        names = codes.offered(standing.owned, standing.progress)
        if not passkeys.are_possible():
            names = [name for name in names if name != PASSKEY]
        return cls(names, wanted if wanted in names else names[0] if names else "")

    @property
    def factor(self) -> CodeFactor | None:
        return codes.FACTORS.get(self.shown)

    @property
    def others(self) -> list[tuple[str, str]]:
        """The names of the other ones, with what their links say."""
        words = {PASSKEY: _("Use a passkey"), **{each.name: _(each.link) for each in codes.FACTORS.values()}}
        return [(name, words[name]) for name in self.names if name != self.shown]


@sensitive_post_parameters("code", "credential")
@require_http_methods(["GET", "HEAD", "POST"])
@step_page("second-factor")
def second_factor(request: Request, pending: PendingLogin, standing: Standing, now: datetime) -> HttpResponse:
    choice = Choice.of(standing, request.GET.get("by", ""))
    if request.method != "POST":
        return _show(request, pending, choice)
    if "stop" in request.POST:
        return _stopped(request, pending, now=now)
    try:
        if choice.shown == PASSKEY:
            return _by_passkey(request, pending, now=now)
        if choice.factor is not None and "send" in request.POST:
            return _send(request, pending, choice, now=now)
        if choice.factor is not None:
            return _by_code(request, pending, choice, choice.factor, now=now)
    except Refused as refusal:
        return _refused(request, pending, choice, refusal)
    return _show(request, pending, choice)


def _by_code(
    request: Request, pending: PendingLogin, choice: Choice, factor: CodeFactor, *, now: datetime
) -> HttpResponse:
    form = CodeForm(_(factor.label), factor.name, request.POST)
    if not form.is_valid():
        return _show(request, pending, choice, form=form)
    codes.judge(request, pending, factor, form.cleaned_data["code"], now=now)
    if factor.name == pendings.RECOVERY:
        _tell_of_recovery(request, pending)
    return _proven(request, pending, factor.name, factor.amr, now=now)


def _by_passkey(request: Request, pending: PendingLogin, *, now: datetime) -> HttpResponse:
    user = pending.user
    used = logins.prove_passkey(
        request,
        request.POST.get("credential", ""),
        only=user,
        purpose=passkeys.second_factor_of(user),
        now=now,
    )
    return _proven(request, pending, PASSKEY, passkeys.proves(used), now=now)


def _proven(
    request: Request, pending: PendingLogin, factor: str, amr: tuple[str, ...], *, now: datetime
) -> HttpResponse:
    asked = request.POST.get("trust", "")
    if asked.isascii() and asked.isdigit() and timedelta(days=int(asked[:4])) in trust.choices():
        pending.trust_seconds = int(asked[:4]) * 86400
    pendings.prove(pending, factor, amr)
    return go_on(request, pending, now=now)


def _tell_of_recovery(request: Request, pending: PendingLogin) -> None:
    user = pending.user
    left = recovery.left(user)
    audit.record("recovery.code_used", request=request, actor=user, subject=user, left=left)
    words = ngettext_lazy(
        "A recovery code was used; %(left)d is left", "A recovery code was used; %(left)d are left", "left"
    )
    emails.factor_changed(user, words, left=left)


def _send(request: Request, pending: PendingLogin, choice: Choice, *, now: datetime) -> HttpResponse:
    if choice.shown == "mail":
        codes.send_mail(request, pending, now=now)
    return SeeOther(_address("mail", pending))


def _stopped(request: Request, pending: PendingLogin, *, now: datetime) -> HttpResponse:
    """The person has nothing of the kind at hand: back to the app, or to the login page."""
    if pending.stepping_up_id is None:
        pendings.end(pending)
        return drop(SeeOther(logins.url(pending.next_path, switch=True)))
    return give_up(request, pending, now=now)


def _refused(request: Request, pending: PendingLogin, choice: Choice, refusal: Refused) -> HttpResponse:
    if not refusal.wait:
        return _show(request, pending, choice, problem=_(_PROBLEMS.get(choice.shown, _WRONG)))
    response = _show(request, pending, choice, wait=refusal.wait, status=429)
    response["Retry-After"] = str(refusal.wait)
    return response


_WRONG = gettext_noop("This code is not right. Type the one that is shown now; each works once.")
_PROBLEMS = {
    "recovery": gettext_noop("This is none of your unused recovery codes."),
    "mail": gettext_noop("This code is not right, or it is too old. Get a new one."),
    PASSKEY: gettext_noop("That passkey did not work here. Try again, or use another way."),
}


def _show(
    request: Request,
    pending: PendingLogin,
    choice: Choice,
    *,
    form: CodeForm | None = None,
    problem: str = "",
    wait: int = 0,
    status: int = 200,
) -> HttpResponse:
    user, factor = pending.user, choice.factor
    has_passkey = choice.shown == PASSKEY
    if factor is not None and form is None:
        form = CodeForm(_(factor.label), factor.name)
    others = [(words, _address(name, pending)) for name, words in choice.others]
    context = {
        "login": pending.pk,
        "person": user,
        "by_password": "pwd" in pending.amr,
        "shown": choice.shown,
        "form": form.focus() if form else None,
        "is_sent": bool(pending.code_hash),
        "others": others,
        "is_more": pending.stepping_up_id is not None,
        "trust_days": [each.days for each in trust.choices()],
        "passkey_options": passkeys.login_options(passkeys.second_factor_of(user), user)
        if has_passkey
        else "",
        "problem": problem,
        "wait": wait,
    }
    return page(request, "accounts/second_factor.html", context, going_to=pending.next_path, status=status)


def _address(factor: str, pending: PendingLogin) -> str:
    query = {"by": factor, "next": pending.next_path}
    return f"{reverse('accounts:second-factor')}?{urlencode(query)}"
