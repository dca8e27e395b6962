"""APIs in Django admin: registered, changed, switched off (RFC 8707)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.admin import Audited
from idp.models import Api


class ApiForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    scopes = forms.CharField(
        required=False,
        max_length=2000,
        help_text="Of this API's own, separated by spaces. An app gets those that it may ask for itself.",
    )

    class Meta:
        model = Api
        fields = ()  # the admin says which

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["scopes"] = " ".join(self.instance.scopes)

    def clean_scopes(self) -> list[str]:
        return list(dict.fromkeys(self.cleaned_data["scopes"].split()))


@admin.register(Api)
class ApiAdmin(Audited):
    form = ApiForm
    list_display = ("name", "identifier", "open_to_all", "enabled")
    list_filter = ("enabled", "open_to_all")
    search_fields = ("name", "identifier")
    fields = (
        *("name", "identifier", "scopes", "open_to_all", "enabled"),
        *("access_token_seconds", "access_token_signed_response_alg"),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Api | None = None) -> tuple[str, ...]:
        """An identifier can be chosen once; tokens and consents name it from then on."""
        return ("identifier",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Api | None = None) -> bool:
        """Only switched off."""
        return False
