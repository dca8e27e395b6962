"""Initial access tokens in Django admin: made, shown once, revoked (RFC 7591 section 3)."""

from django import forms
from django.contrib import admin

from idp.admin.kept_token import KeptTokenAdmin, days
from idp.clients import registration_tokens
from idp.models import RegistrationToken


class NewToken(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    days = days(most=365, initial=7)

    class Meta:
        model = RegistrationToken
        fields = ("note", "uses", "openid_connect")


@admin.register(RegistrationToken)
class RegistrationTokenAdmin(KeptTokenAdmin):
    list_display = ("note", "hint", "state", "used", "uses", "expires_at", "created_at")
    search_fields = ("note",)
    form = NewToken
    fields = ("note", "uses", "days", "openid_connect")
    shown = ("note", "hint", "uses", "used", "openid_connect", "created_at", "expires_at", "revoked_at")
    seal = staticmethod(registration_tokens.seal)
    owner, endpoint, event = "note", "/oauth2/register", "registration.token_revoked"

    def obstacle(self) -> str:
        return registration_tokens.obstacle()
