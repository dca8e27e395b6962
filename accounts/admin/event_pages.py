"""Beside the list of audit events: what is filtered as a file, and whether the chain holds."""

import csv
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse

from accounts import audit, event_names
from accounts.models import AuditEvent
from accounts.spreadsheet import cell
from accounts.views.going_on import SeeOther

LOOKED_AT = 20_000  # events whose hashes one press computes anew; the command has no such limit
_AT_ONCE = 500
_COLUMNS = ("id", "at", "type", "what", "outcome", "by", "about", "app", "address", "reference", "detail")
_MARKS = ("actor", "subject", "client_id")


class EventPages(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [
            path("audit.csv", site(self.as_csv), name="accounts_auditevent_csv"),
            path("audit.jsonl", site(self.as_jsonl), name="accounts_auditevent_jsonl"),
            path("verify/", site(self.verify), name="accounts_auditevent_verify"),
            *super().get_urls(),
        ]

    def as_csv(self, request: HttpRequest) -> HttpResponseBase:
        return self._file(request, _csv, "text/csv; charset=utf-8", "audit.csv")

    def as_jsonl(self, request: HttpRequest) -> HttpResponseBase:
        return self._file(request, _jsonl, "application/jsonl", "audit.jsonl")

    def verify(self, request: HttpRequest) -> HttpResponse:
        self._may_view(request)
        older = AuditEvent.objects.order_by("-id")[LOOKED_AT : LOOKED_AT + 1].first()
        events = AuditEvent.objects.order_by("id").filter(pk__gt=older.pk if older else 0)
        problems = list(audit.problems(events.iterator(1000), previous=older.hash if older else ""))
        if problems:
            self.message_user(request, " ".join(problems[:5]), messages.ERROR)
        else:
            which = f"The latest {LOOKED_AT:,} events are" if older else f"All {events.count():,} events are"
            rest = " “manage.py audit verify” looks at all." if older else ""
            words = f"Chain verified. {which} as they were written, and in their place.{rest}"
            self.message_user(request, words, messages.SUCCESS)
        return SeeOther(reverse("admin:accounts_auditevent_changelist"))

    def _may_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _file(
        self,
        request: HttpRequest,
        write: Callable[[QuerySet[AuditEvent]], Iterator[str]],
        kind: str,
        name: str,
    ) -> HttpResponseBase:
        """Of the events as the list has them, the oldest first."""
        self._may_view(request)
        try:
            events: QuerySet[AuditEvent] = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:  # as Django's list does
            return SeeOther(f"{reverse('admin:accounts_auditevent_changelist')}?{ERROR_FLAG}=1")
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(write(events.order_by("id")), content_type=kind, headers=headers)


class _Line:
    """csv writes into it, and what it wrote is the answer."""

    def write(self, text: str) -> str:
        return text


def _jsonl(events: QuerySet[AuditEvent]) -> Iterator[str]:
    return (f"{json.dumps(audit.as_json(event))}\n" for event in events.iterator(1000))


def _csv(events: QuerySet[AuditEvent]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow([*_COLUMNS, *_MARKS])
    waiting = events.iterator(_AT_ONCE)
    while some := list(islice(waiting, _AT_ONCE)):
        for event in event_names.put(some):
            yield writer.writerow([cell(str(each)) for each in _row(event)])


def _row(event: Any) -> list[Any]:
    return [
        *(
            event.pk,
            event.at.isoformat(),
            event.type,
            event.what,
            event.outcome,
            event.who,
            event.whom,
            event.app,
        ),
        *(event.address, event.request_id, json.dumps(event.detail) if event.detail else ""),
        *(getattr(event, mark) for mark in _MARKS),
    ]
