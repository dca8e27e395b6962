"""The audit log, to read, filter and search."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.text import Truncator

from accounts import audit, event_names
from accounts.admin.base import ReadOnly, shown_moment
from accounts.admin.event_pages import EventPages
from accounts.models import AuditEvent


class TypeFilter(admin.SimpleListFilter):
    """From the registry: asking the table which types it holds would read all of it."""

    title = "what happened"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted((name, f"{name}: {words}") for name, words in audit.TYPES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(type=self.value()) if self.value() else queryset


class NamedEvents(ChangeList):
    """Puts names to the people and apps of one page of events."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = event_names.put(self.result_list)


@admin.register(AuditEvent)
class AuditEvents(EventPages, ReadOnly):
    list_display = ("moment", "what", "result", "who", "whom", "app", "address")
    list_filter = (TypeFilter, "outcome", "at")
    search_fields = ("=actor", "=subject", "=client_id", "=address", "=request_id", "type")
    search_help_text = "user:… subject, client id, address or request id, exactly; or part of a type"
    show_full_result_count = False
    list_per_page = 50

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NamedEvents

    @admin.display(description="at", ordering="at")
    def moment(self, event: AuditEvent) -> str:
        return shown_moment(event.at)

    @admin.display(description="what", ordering="type")
    def what(self, event: Any) -> str:
        return str(event.what)

    @admin.display(description="outcome", ordering="outcome")
    def result(self, event: Any) -> str:
        if event.outcome == "ok":
            return str(event.result)
        return format_html('<span class="badge warning">{}</span>', event.result)

    @admin.display(description="by", ordering="actor")
    def who(self, event: Any) -> str:
        return str(event.who)

    @admin.display(description="about", ordering="subject")
    def whom(self, event: Any) -> str:
        return Truncator(event.whom).chars(28)

    @admin.display(description="app", ordering="client_id")
    def app(self, event: Any) -> str:
        return Truncator(event.app).chars(28)
