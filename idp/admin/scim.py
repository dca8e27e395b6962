"""Provisioning tokens in Django admin: made, shown once, revoked (S-042)."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts import audit
from accounts.admin import Audited
from idp.clients import scim_tokens
from idp.conf import conf
from idp.models import ScimToken

_SHOWN = ("client", "hint", "may_write", "vouches", "created_at", "expires_at", "last_used_at", "revoked_at")


class NewToken(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    days = forms.IntegerField(
        label="Good for", min_value=1, max_value=730, initial=365, help_text="Days until it expires."
    )

    class Meta:
        model = ScimToken
        fields = ("client", "may_write", "vouches")


@admin.register(ScimToken)
class ScimTokenAdmin(Audited):
    list_display = ("client", "hint", "state", "may_write", "last_used_at", "expires_at")
    search_fields = ("client",)
    form = NewToken
    fields = ("client", "days", "may_write", "vouches")
    actions = ("revoke",)

    @admin.display(description="state")
    def state(self, token: ScimToken) -> str:
        return token.state(timezone.now())

    def has_change_permission(self, request: HttpRequest, obj: ScimToken | None = None) -> bool:
        """Only made and revoked."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("idp.change_scimtoken")

    def get_fields(self, request: HttpRequest, obj: ScimToken | None = None) -> Any:
        return _SHOWN if obj else super().get_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: ScimToken, form: Any, change: bool) -> None:
        now = timezone.now()
        obj.expires_at = now + timedelta(days=form.cleaned_data["days"])
        obj.shown_once = scim_tokens.seal(obj, now=now)  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ScimToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The value is on this one answer and nowhere else."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"A provisioning token for {obj.client}",
            "token": obj,
            "value": obj.shown_once,  # type: ignore[attr-defined]
            "endpoint": conf().url("/scim/v2"),
        }
        return TemplateResponse(request, "admin/idp/scimtoken/made.html", context)

    @admin.action(description="Revoke: whom it provisioned stays", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ScimToken]) -> None:
        now, revoked = timezone.now(), 0
        for token in chosen:
            if scim_tokens.revoke(token, now=now):
                revoked += 1
                audit.record("scim.token_revoked", request=request, subject=str(token))
        self.message_user(request, f"{revoked} revoked.", messages.SUCCESS)
