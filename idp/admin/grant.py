"""Grants in Django admin: who is signed in where, to be looked at and ended."""

from datetime import datetime

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit
from accounts.admin import ReadOnly
from idp.models import Grant
from idp.tokens import liveness

_FIELDS = (
    *("user", "client", "scope", "created_at", "auth_time", "acr", "amr", "session", "redirect_uri"),
    *("redeemed_at", "generation", "rotated_at", "expires_at", "revoked_at", "revoke_reason"),
)


MAY_END = "idp.change_grant"


def end(request: HttpRequest, grant: Grant, now: datetime) -> bool:
    """Refresh and access tokens of this sign-in at an app die at once; whether it lived until now."""
    if not liveness.revoke(grant, reason="ended by an admin", now=now):
        return False
    audit.record(
        "grant.revoked",
        request=request,
        subject=grant.user,
        client_id=grant.client.client_id,
        grant=grant.pk,
        reason="ended by an admin",
    )
    return True


@admin.register(Grant)
class GrantAdmin(ReadOnly):
    list_display = ("person", "client", "scope", "created_at", "rotated_at", "state")
    list_filter = (
        ("revoked_at", admin.EmptyFieldListFilter),
        ("client", admin.RelatedOnlyFieldListFilter),
        "created_at",
    )
    list_select_related = ("user", "client")
    search_fields = ("user__username", "user__email", "client__name", "client__client_id", "=user__id")
    ordering = ("-created_at",)
    fields = readonly_fields = _FIELDS
    actions = ("revoke",)

    @admin.display(description="person", ordering="user")
    def person(self, grant: Grant) -> str:
        return str(grant.user)

    @admin.display(description="state")
    def state(self, grant: Grant) -> str:
        if grant.revoked_at:
            return f"ended: {grant.revoke_reason}"
        return "lives" if grant.expires_at > timezone.now() else "expired"

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_END)

    @admin.action(description="End: refresh and access tokens die at once", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[Grant]) -> None:
        now = timezone.now()
        found = chosen.filter(revoked_at=None).select_related("user", "client")
        ended = sum(end(request, grant, now) for grant in found)
        self.message_user(request, f"{ended} ended.", messages.SUCCESS)
