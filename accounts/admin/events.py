"""The audit log, to read, filter and search."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import localtime

from accounts import audit
from accounts.admin.base import ReadOnly
from accounts.models import AuditEvent, User


class TypeFilter(admin.SimpleListFilter):
    """From the registry: asking the table which types it holds would read all of it."""

    title = "what happened"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted((name, f"{name}: {words}") for name, words in audit.TYPES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(type=self.value()) if self.value() else queryset


class NamedEvents(ChangeList):
    """Puts names to the people of one page of events, with one statement."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        events = list(self.result_list)
        marks = {
            mark for event in events for mark in (event.actor, event.subject) if mark.startswith("user:")
        }
        people = User.objects.in_bulk([mark.removeprefix("user:") for mark in marks])
        names = {f"user:{pk}": str(user) for pk, user in people.items()}
        for event in events:
            event.who, event.whom = (
                names.get(event.actor, event.actor),
                names.get(event.subject, event.subject),
            )
        self.result_list = events


@admin.register(AuditEvent)
class AuditEvents(ReadOnly):
    list_display = ("moment", "what", "who", "whom", "client_id", "address", "outcome")
    list_filter = (TypeFilter, "outcome", "at")
    search_fields = ("=actor", "=subject", "=client_id", "=address", "=request_id", "type")
    search_help_text = "user:… subject, client id, address or request id, exactly; or part of a type"
    show_full_result_count = False
    list_per_page = 50

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NamedEvents

    @admin.display(description="at", ordering="at")
    def moment(self, event: AuditEvent) -> str:
        return f"{localtime(event.at):%Y-%m-%d %H:%M:%S}"

    @admin.display(description="what", ordering="type")
    def what(self, event: AuditEvent) -> str:
        return audit.TYPES.get(event.type, event.type)

    @admin.display(description="by", ordering="actor")
    def who(self, event: AuditEvent) -> str:
        return str(getattr(event, "who", event.actor))

    @admin.display(description="about", ordering="subject")
    def whom(self, event: AuditEvent) -> str:
        return str(getattr(event, "whom", event.subject))
