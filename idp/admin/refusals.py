"""Why requests were refused: of one app in a tab of its page, and of all in a list that is searched by reference id."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import Truncator
from django.views.decorators.http import require_safe

from accounts import reached
from accounts.admin import ReadOnly, shown_moment
from idp.explaining.reading import Told, explain, kept
from idp.models import Client, Trace

PER_PAGE = 10  # each with all that it folds out to
VIEW = "idp.view_trace"
PERIODS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


@require_safe
def page(request: HttpRequest, client: Client) -> HttpResponse:
    """The tab "refusals", narrowed to one check, and to a time."""
    now = timezone.now()
    traces = kept(now).filter(client_id=client.client_id)
    checks = sorted(traces.order_by().values_list("failed", flat=True).distinct())
    failed, period = request.GET.get("check", ""), request.GET.get("since", "")
    shown = Paginator(_narrowed(traces, failed, period, checks, now), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "refusals": [Told(trace, client) for trace in shown],
        "shown": shown,
        "checks": checks,
        "check": failed if failed in checks else "",
        "periods": list(PERIODS),
        "since": period if period in PERIODS else "",
    }
    return TemplateResponse(request, "admin/idp/client/refusals.html", context)


def _narrowed(
    traces: QuerySet[Trace], failed: str, period: str, checks: list[str], now: datetime
) -> QuerySet[Trace]:
    if failed in checks:
        traces = traces.filter(failed=failed)
    return traces.filter(at__gt=now - PERIODS[period]) if period in PERIODS else traces


class NamedRefusals(ChangeList):
    """Puts names to the apps of one page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        traces = list(self.result_list)
        names = reached.names({trace.client_id for trace in traces if trace.client_id})
        for trace in traces:
            trace.app = names.get(trace.client_id, trace.client_id)
        self.result_list = traces


@admin.register(Trace)
class Refusals(ReadOnly):
    list_display = ("moment", "why", "app", "endpoint", "failed", "reference")
    list_filter = ("endpoint", "at", "failed")
    search_fields = ("=reference", "=client_id", "=address")
    search_help_text = "Reference id, client id or address block, exactly"
    show_full_result_count = False
    list_per_page = 50
    change_form_template = "admin/idp/trace/change_form.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NamedRefusals

    def get_queryset(self, request: HttpRequest) -> QuerySet[Trace]:
        return kept(timezone.now())

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        trace = self.get_object(request, object_id)
        context = {"told": explain(trace)} if trace else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    @admin.display(description="at", ordering="at")
    def moment(self, trace: Trace) -> str:
        return shown_moment(trace.at)

    @admin.display(description="app", ordering="client_id")
    def app(self, trace: Any) -> str:
        return Truncator(trace.app).chars(28)

    @admin.display(description="why")
    def why(self, trace: Trace) -> str:
        return Told(trace, None).title
