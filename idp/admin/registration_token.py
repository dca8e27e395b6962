"""Initial access tokens in Django admin: made, shown once, revoked (RFC 7591 section 3)."""

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
from idp.clients import registration_tokens
from idp.conf import conf
from idp.models import RegistrationToken

_SHOWN = ("note", "hint", "uses", "used", "openid_connect", "created_at", "expires_at", "revoked_at")


class NewToken(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    days = forms.IntegerField(
        label="Good for", min_value=1, max_value=365, initial=7, help_text="Days until it expires."
    )

    class Meta:
        model = RegistrationToken
        fields = ("note", "uses", "openid_connect")


@admin.register(RegistrationToken)
class RegistrationTokenAdmin(Audited):
    list_display = ("note", "hint", "state", "used", "uses", "expires_at", "created_at")
    search_fields = ("note",)
    form = NewToken
    fields = ("note", "uses", "days", "openid_connect")
    actions = ("revoke",)

    @admin.display(description="state")
    def state(self, token: RegistrationToken) -> str:
        return token.state(timezone.now())

    def has_change_permission(self, request: HttpRequest, obj: RegistrationToken | None = None) -> bool:
        """Only made and revoked."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("idp.change_registrationtoken")

    def get_fields(self, request: HttpRequest, obj: RegistrationToken | None = None) -> Any:
        return _SHOWN if obj else super().get_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: RegistrationToken, form: Any, change: bool) -> None:
        now = timezone.now()
        obj.expires_at = now + timedelta(days=form.cleaned_data["days"])
        obj.shown_once = registration_tokens.seal(obj, now=now)  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: RegistrationToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The value is on this one answer and nowhere else."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"A registration token for {obj.note}",
            "token": obj,
            "value": obj.shown_once,  # type: ignore[attr-defined]
            "endpoint": conf().url("/oauth2/register"),
        }
        return TemplateResponse(request, "admin/idp/registrationtoken/made.html", context)

    @admin.action(description="Revoke: no more apps, those registered stay", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[RegistrationToken]) -> None:
        now, revoked = timezone.now(), 0
        for token in chosen:
            if registration_tokens.revoke(token, now=now):
                revoked += 1
                audit.record("registration.token_revoked", request=request, subject=str(token))
        self.message_user(request, f"{revoked} revoked.", messages.SUCCESS)
