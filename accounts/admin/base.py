"""Admin pages for looking at."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import localtime

from accounts.filters import ListedFilters
from accounts.history import InAuditLog
from accounts.models import User
from accounts.views.going_on import SeeOther


class ReadOnly(InAuditLog, ListedFilters):
    """For looking at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def shown_moment(at: datetime) -> str:
    """One form in all lists, on one line."""
    return format_html('<span class="moment">{}</span>', f"{localtime(at):%Y-%m-%d %H:%M}")


class BackToPerson(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
    """Actions that stand on a person's page too lead back to it."""

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *more: Any
    ) -> HttpResponse | None:
        answer: HttpResponse | None = super().response_action(request, queryset, *more)
        if not isinstance(answer, HttpResponseRedirect):
            return answer
        person = self.admin_site.get_model_admin(User).get_object(request, request.POST.get("person", ""))
        return SeeOther(reverse("admin:accounts_user_change", args=[person.pk])) if person else answer


def permissions_of_pages() -> QuerySet[Permission]:
    """Those that mean something in the admin: of the tables that it has a page of."""
    kinds = ContentType.objects.get_for_models(*admin.site._registry).values()
    found: QuerySet[Permission] = Permission.objects.filter(content_type__in=kinds)
    return found.select_related("content_type")
