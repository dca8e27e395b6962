"""Groups: what apps hear as `groups`, and what Django's permissions hang on."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from accounts.auditing import Audited
from accounts.models import GroupPolicy

admin.site.unregister(Group)


@admin.register(Group)
class Groups(Audited, GroupAdmin):
    list_display = ("name", "people")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        groups: QuerySet[Group] = super().get_queryset(request)
        return groups.annotate(people_count=Count("user"))

    @admin.display(ordering="people_count")
    def people(self, group: Group) -> int:
        return int(group.people_count)  # type: ignore[attr-defined]  # annotated above


@admin.register(GroupPolicy)
class Policies(Audited):
    """At most one a group; without one its members sign in as everybody does."""

    list_display = ("group", "factors", "grace_days", "session_hours")
    list_select_related = ("group",)
