"""The logout ledger in Django admin: which app was told of which session's end, and what it answered."""

from django.contrib import admin

from accounts.admin import ReadOnly
from idp.logout import ledger
from idp.models import LogoutNotice

_FIELDS = (
    *("client", "sid", "sub", "channel", "created_at", "outcome"),
    *("told_at", "attempts", "status", "problem", "due_at"),
)


@admin.register(LogoutNotice)
class LogoutNoticeAdmin(ReadOnly):
    list_display = ("client", "outcome", "created_at", "told_at", "attempts", "status", "channel")
    list_filter = (
        ("told_at", admin.EmptyFieldListFilter),
        "problem",
        "channel",
        ("client", admin.RelatedOnlyFieldListFilter),
        "created_at",
    )
    list_select_related = ("client",)
    search_fields = ("=sid", "=sub", "client__name", "client__client_id")
    search_help_text = "Session, subject or app"
    ordering = ("-created_at",)
    fields = readonly_fields = _FIELDS

    def history_of(self, notice: LogoutNotice) -> str:
        """Nothing is recorded of a notice by itself; what is, stands under its app."""
        return notice.client.client_id

    @admin.display(description="outcome")
    def outcome(self, notice: LogoutNotice) -> str:
        return ledger.said(notice)[0]
