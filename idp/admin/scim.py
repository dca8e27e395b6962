"""Provisioning tokens in Django admin: made, shown once, revoked (S-042)."""

from django import forms
from django.contrib import admin

from idp.admin.kept_token import KeptTokenAdmin, days
from idp.clients import scim_tokens
from idp.models import ScimToken


class NewToken(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    days = days(most=730, initial=365)

    class Meta:
        model = ScimToken
        fields = ("client", "may_write", "vouches")


@admin.register(ScimToken)
class ScimTokenAdmin(KeptTokenAdmin):
    list_display = ("client", "hint", "state", "may_write", "last_used_at", "expires_at")
    search_fields = ("client",)
    form = NewToken
    fields = ("client", "days", "may_write", "vouches")
    shown = (
        "client",
        "hint",
        "may_write",
        "vouches",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    seal = staticmethod(scim_tokens.seal)
    owner, endpoint, event = "client", "/scim/v2", "scim.token_revoked"
