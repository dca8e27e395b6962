"""Terms of use in the admin: a version is published, and not changed once people have accepted it."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import DateTimeField
from django.http import HttpRequest

from accounts.auditing import Audited
from accounts.models import Terms, User


@admin.register(Terms)
class TermsOfUse(Audited):
    list_display = ("version", "published_at", "accepted_by")
    fields = ("version", "text", "url", "published_at")
    # Django's two fields for a moment have one label between them, which no screen reader finds.
    formfield_overrides: ClassVar[Any] = {
        **Audited.formfield_overrides,
        DateTimeField: {"form_class": forms.DateTimeField, "widget": forms.DateTimeInput},
    }

    @admin.display(description="accepted by")
    def accepted_by(self, terms: Terms) -> int:
        return User.objects.filter(terms_version=terms.version).count()

    def get_readonly_fields(self, request: HttpRequest, obj: Terms | None = None) -> tuple[str, ...]:
        """What somebody agreed to stays what it was; other words are another version."""
        accepted = obj is not None and User.objects.filter(terms_version=obj.version).exists()
        return ("version", "text", "url") if accepted else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        accepted = obj is not None and User.objects.filter(terms_version=obj.version).exists()
        return super().has_delete_permission(request, obj) and not accepted

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """One by one: the list's own action would not ask whether somebody accepted one."""
        found: dict[str, Any] = super().get_actions(request)
        found.pop("delete_selected", None)
        return found
