"""The history of a thing in the admin is what the audit log has of it."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from accounts import audit
from accounts.views.going_on import SeeOther


class InAuditLog(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
    """In place of Django's own pages, which know of no command, no program and nobody's own changes."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        thing = self.get_object(request, unquote(object_id))
        if thing is None or not self.has_view_permission(request, thing):
            return super().history_view(request, object_id, extra_context)
        log = reverse("admin:accounts_auditevent_changelist")
        return SeeOther(f"{log}?{urlencode({'q': self.history_of(thing)})}")

    def history_of(self, thing: Any) -> str:
        """What to search the log for: the thing itself, or the person and the app that it lies between."""
        if person := getattr(thing, "user", None):
            return f"user:{person.pk} {getattr(getattr(thing, 'client', None), 'client_id', '')}".strip()
        return audit.mark(thing)
