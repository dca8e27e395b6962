"""Tokens in Django admin that are made, shown once and revoked, and never changed (S-042)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts import audit
from accounts.admin import Audited
from idp.clients import kept_tokens
from idp.conf import conf


def days(*, most: int, initial: int) -> forms.IntegerField:
    """The field of a new token's form for how long it lives."""
    return forms.IntegerField(
        label="Good for", min_value=1, max_value=most, initial=initial, help_text="Days until it expires."
    )


class KeptTokenAdmin(Audited):
    """A subclass says how a token is sealed, what of it is shown, for which path it is, and what its end is called."""

    seal: ClassVar[Callable[..., str]]
    shown: ClassVar[tuple[str, ...]]
    endpoint: ClassVar[str]
    event: ClassVar[str]
    owner: ClassVar[str]  # the field that says whose one is
    actions = ("revoke",)

    def obstacle(self) -> str:
        """Why such a token would open nothing now."""
        return ""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if request.method == "GET" and (obstacle := self.obstacle()):
            self.message_user(request, obstacle, messages.WARNING)
        return super().add_view(request, form_url, extra_context)

    @admin.display(description="state")
    def state(self, token: Any) -> str:
        return str(token.state(timezone.now()))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only made and revoked."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"idp.change_{self.opts.model_name}")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else super().get_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        now = timezone.now()
        obj.expires_at = now + timedelta(days=form.cleaned_data["days"])
        obj.shown_once = type(self).seal(obj, now=now)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The value is on this one answer and nowhere else."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"A {self.opts.verbose_name} for {getattr(obj, self.owner)}",
            "token": obj,
            "value": obj.shown_once,
            "endpoint": conf().url(self.endpoint),
            "obstacle": self.obstacle(),
        }
        return TemplateResponse(request, f"admin/idp/{self.opts.model_name}/made.html", context)

    @admin.action(description="Revoke: what was done with it stays", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: "QuerySet[Any]") -> None:
        now, revoked = timezone.now(), 0
        for token in chosen:
            if kept_tokens.revoke(token, now=now):
                revoked += 1
                audit.record(self.event, request=request, subject=audit.mark(token), name=str(token))
        self.message_user(request, f"{revoked} revoked.", messages.SUCCESS)
