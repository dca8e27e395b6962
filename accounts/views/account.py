"""/account: who one is here and what could be done, and what apps may know."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import agents, audit, counts, email_change, groups, pictures, sessions, to_do
from accounts.factors import signals
from accounts.factors.owned import owned
from accounts.login import login_required
from accounts.middleware import Request
from accounts.models import User
from accounts.profile_form import ProfileForm
from accounts.views.going_on import SeeOther


@login_required
@require_http_methods(["GET", "HEAD"])
def overview(request: Request) -> HttpResponse:
    user, session, now = request.person, request.sso, timezone.now()
    assert session is not None  # noqa: S101  login_required
    has, keys, before = owned(user), user.passkeys.count(), sessions.before(session)
    context = {
        "tab": "overview",
        "wide": True,
        "session": session,
        "groups": groups.names(user),
        "to_do": to_do.of(to_do.facts(user, has, keys=keys, session=session, now=now)),
        "before": before,
        "before_agent": agents.describe(before.user_agent) if before else "",
        "owned": has,
        "passkeys": keys,
        "counts": counts.of(user, now=now),
    }
    return render(request, "accounts/overview.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: Request) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.person.pk))
    if not form.is_valid():
        context = {"form": form, "picture": pictures.path(form.instance), "tab": "profile", "wide": True}
        context["waiting"] = email_change.waiting(form.instance, now=timezone.now())
        context["signals"] = signals.of_person(request.sso) if request.sso else []
        return render(request, "accounts/profile.html", context)
    if changes := form.changes():
        user = form.save()
        audit.record("profile.changed", request=request, actor=user, subject=user, changes=changes)
    messages.success(request, _("Your profile is saved."))
    return SeeOther(reverse("accounts:profile"))
