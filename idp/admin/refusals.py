"""Why requests were refused: of one app in a tab of its page, and of all in a list that is searched by reference id."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.timezone import localtime
from django.views.decorators.http import require_safe

from accounts.admin import ReadOnly
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


@admin.register(Trace)
class Refusals(ReadOnly):
    list_display = ("moment", "why", "endpoint", "failed", "error", "client_id", "reference")
    list_filter = ("endpoint", "at", "failed")
    search_fields = ("=reference", "=client_id", "=address")
    search_help_text = "Reference id, client id or address block, exactly"
    show_full_result_count = False
    list_per_page = 50
    change_form_template = "admin/idp/trace/change_form.html"

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
        return f"{localtime(trace.at):%Y-%m-%d %H:%M:%S}"

    @admin.display(description="why")
    def why(self, trace: Trace) -> str:
        return Told(trace, None).title
