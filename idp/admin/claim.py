"""Claims of your own in Django admin: picked from lists, nothing of it is run (S-131)."""

from typing import Any

from django import forms
from django.contrib import admin

from accounts.admin import Audited
from accounts.models import Attribute
from idp.models import ClaimMapping
from idp.models.claim_mapping import ATTRIBUTE, FIELD, FIELDS


class ClaimForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    source = forms.ChoiceField(label="Comes from")

    class Meta:
        model = ClaimMapping
        fields = ()  # the admin says which

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "source" in self.fields:
            self.fields["source"].choices = sources()  # type: ignore[attr-defined]


def sources() -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        ("Your attributes", [(f"{ATTRIBUTE}{each.name}", each.label) for each in Attribute.objects.all()]),
        ("What everybody has", [(f"{FIELD}{name}", name.replace("_", " ")) for name in FIELDS]),
    ]


@admin.register(ClaimMapping)
class Claims(Audited):
    form = ClaimForm
    list_display = ("claim", "source", "transform", "scope")
    list_filter = ("scope",)
    search_fields = ("claim", "source", "scope")
    fields = ("claim", "source", "transform", "scope")
