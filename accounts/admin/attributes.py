"""The declared attributes of people."""

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import attributes
from accounts.auditing import Audited
from accounts.models import Attribute


class AttributeForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    options = attributes.Texts(label="The list", required=False, help_text="For one of a list: one a line.")


@admin.register(Attribute)
class Attributes(Audited):
    form = AttributeForm
    list_display = ("label", "name", "type", "access")
    fields = ("name", "label", "type", "options", "access")

    def get_readonly_fields(self, request: HttpRequest, obj: Attribute | None = None) -> tuple[str, ...]:
        """Values of people have this name and type."""
        return ("name", "type") if obj else ()

    def delete_model(self, request: HttpRequest, obj: Attribute) -> None:  # type: ignore[override]
        """Everybody's value goes with it; recorded first, while it has its key."""
        name = obj.name
        attribute = Attribute.objects.get(pk=obj.pk)
        super().delete_model(request, obj)
        attributes.remove(attribute)
        self.message_user(request, f"{name} and its values are gone.")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Attribute]) -> None:
        for attribute in list(queryset):
            self.delete_model(request, attribute)
