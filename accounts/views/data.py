"""/account/data and /account/activity: what is kept about one, to read, take along and have deleted."""

import csv
import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import activity, audit, deletion, emails, own_data
from accounts.activity import Entry
from accounts.fresh import fresh_login_required
from accounts.login import login_required
from accounts.middleware import Request
from accounts.models import User
from accounts.spreadsheet import cell
from accounts.views.going_on import SeeOther

PAGE, EXPORTED = 50, 10_000


@fresh_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def data(request: Request) -> HttpResponse:
    user = User.objects.get(pk=request.person.pk)
    match request.POST.get("do", ""):
        case "download":
            audit.record("data.exported", request=request, actor=user, subject=user)
            body = json.dumps(own_data.document(user), indent=2, ensure_ascii=False)
            return _file(body, "application/json", f"{user.username}.json")
        case "delete":
            return _delete(request, user)
        case "keep":
            if deletion.cancel(user, actor=user, request=request):
                messages.success(request, _("Your account stays."))
            return SeeOther(reverse("accounts:data"))
    return _page(request, user)


def _delete(request: Request, user: User) -> HttpResponse:
    """Typed once more, for one click should not do."""
    if request.POST.get("username", "").strip().casefold() != user.username_display.casefold():
        return _page(request, user, error=_("That is not your user name. Nothing has been done."))
    try:
        when = deletion.ask(user, actor=user, now=timezone.now(), request=request)
    except deletion.LastOwner:
        return _page(request, user, error=_("You are the only owner. Make another one first."))
    messages.warning(
        request,
        _("Your account will be deleted on %(day)s. Until then you can take it back.")
        % {"day": date_format(timezone.localtime(when), "DAY")},
    )
    return SeeOther(reverse("accounts:data"))


def _page(request: Request, user: User, *, error: str = "") -> HttpResponse:
    context = {
        "tab": "data",
        "wide": True,
        "error": error,
        "deletion_at": user.deletion_at,
        "delay": emails.in_words(settings.DELETION_DELAY),
    }
    return render(request, "accounts/data.html", context)


@login_required
@require_http_methods(["GET", "HEAD"])
def show_activity(request: Request) -> HttpResponse:
    """Pages go by the id of the last event shown, which can only lead to other events of one's own (S-132)."""
    user, kind = request.person, request.GET.get("kind", "")
    kind = kind if kind in activity.KINDS else ""
    events = activity.of(user, kind)
    if request.GET.get("as") in ("csv", "json"):
        entries = activity.entries(events[:EXPORTED], user)
        return _exported(entries, request.GET["as"])
    before = request.GET.get("before", "")
    if before.isascii() and before.isdecimal() and len(before) < 19:
        events = events.filter(pk__lt=int(before))
    found = activity.entries(events[: PAGE + 1], user)
    context: dict[str, Any] = {"entries": found[:PAGE], "kind": kind, "tab": "activity", "wide": True}
    context["kinds"] = [(name, _(words)) for name, (words, prefixes) in activity.KINDS.items()]
    context["older"] = found[PAGE - 1].id if len(found) > PAGE else ""
    return render(request, "accounts/activity.html", context)


def _exported(entries: list[Entry], form: str) -> HttpResponse:
    if form == "json":
        rows = [entry.as_json() for entry in entries]
        return _file(json.dumps(rows, indent=2, ensure_ascii=False), "application/json", "activity.json")
    response = _file("", "text/csv; charset=utf-8", "activity.csv")
    writer = csv.writer(response)
    columns = ("at", "type", "what", "by", "address", "app", "outcome", "client_id")
    writer.writerow(columns)
    for entry in entries:
        row = entry.as_json()
        writer.writerow([cell(str(row[name])) for name in columns])
    return response


def _file(body: str, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type=kind, headers={"Cache-Control": "no-store"})
    plain = "".join(
        character if (character.isascii() and character.isalnum()) or character == "." else "-"
        for character in name
    )
    response["Content-Disposition"] = f'attachment; filename="{plain}"'
    return response
