"""Who is signed in where; sessions can be ended here, nothing else."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join

from accounts import agents, audit, endings, sessions
from accounts.admin.base import BackToPerson, ReadOnly
from accounts.auditing import acting
from accounts.models import Session


@admin.action(description="End", permissions=["end"])
def end(site: "Sessions", request: HttpRequest, chosen: QuerySet[Session]) -> None:
    """Those of admins only by an owner, as everything about them (S-130)."""
    if not acting(request).is_superuser:
        chosen = chosen.filter(user__is_staff=False, user__is_superuser=False)
    ended = list(chosen.filter(ended_at=None).select_related("user"))
    for session in ended:
        sessions.end(session, reason="ended by an admin", now=timezone.now())
        audit.record(
            "session.ended", request=request, actor=acting(request), subject=session.user, sid=session.sid
        )
    count = len(ended)
    words = f"{count} session{'' if count == 1 else 's'} ended." if count else "None of these could be ended."
    site.message_user(request, words, messages.SUCCESS if count else messages.WARNING)


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("live", "live"), ("over", "over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> QuerySet[Session]:
        live = sessions.lives(timezone.now())
        if self.value() == "live":
            return queryset.filter(pk__in=live)
        return queryset.exclude(pk__in=live) if self.value() == "over" else queryset


@admin.register(Session)
class Sessions(BackToPerson, ReadOnly):
    list_display = ("person", "browser", "address", "auth_time", "last_seen_at", "is_live", "end_reason")
    list_filter = (StateFilter, "last_seen_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email", "address", "=sid", "=user__id")
    exclude = ("token_hash",)
    readonly_fields = ("apps_told",)
    actions = (end,)

    @admin.display(description="person", ordering="user")
    def person(self, session: Session) -> str:
        return str(session.user)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return acting(request).has_perm("accounts.change_session")

    @admin.display()
    def browser(self, session: Session) -> str:
        return agents.describe(session.user_agent)

    @admin.display(description="live", boolean=True)
    def is_live(self, session: Session) -> bool:
        return sessions.live(session, timezone.now())

    @admin.display(description="apps told of its end", empty_value="none")
    def apps_told(self, session: Session) -> str:
        lines = endings.told([session.sid])[session.sid]
        return format_html_join("", "<div>{}: {}</div>", ((line.name, line.words) for line in lines))
