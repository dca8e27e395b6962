"""Groups: what apps hear as `groups`, nested; a group may also hold rights in the admin, which owners give."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from accounts import groups
from accounts.admin import members
from accounts.admin.base import permissions_of_pages
from accounts.admin.members import MembersForm
from accounts.auditing import Audited, acting
from accounts.models import GroupPolicy

admin.site.unregister(Group)
RIGHTS = "Single rights in the admin, for what no role fits"
_POLICY = "Its people have a sign-in policy by what it is part of. Only who may change policies can end that."


class GroupForm(MembersForm):
    part_of = forms.ModelChoiceField(
        Group.objects.none(),
        label="Part of",
        required=False,
        help_text="Whoever is in this group is in that one too.",
    )

    may_loosen = False  # whether whoever sends it may change policies

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "part_of" in self.fields:
            others = groups.ordinary().exclude(pk=self.instance.pk)
            self.fields["part_of"].queryset = others  # type: ignore[attr-defined]
            self.fields["part_of"].initial = groups.parent(self.instance) if self.instance.pk else None

    def clean_part_of(self) -> Group | None:
        into: Group | None = self.cleaned_data["part_of"]
        try:
            groups.check(self.instance, into)
        except groups.Circle as error:
            raise ValidationError(str(error)) from error
        if self.instance.pk and not self.may_loosen and groups.loosens(self.instance, into):
            raise ValidationError(_POLICY)
        return into


@admin.register(Group)
class Groups(Audited, GroupAdmin):
    form = GroupForm
    list_display = ("name", "part_of", "people", "is_role")
    list_select_related = ("node__parent",)
    readonly_fields = ("members", "people", "rights")
    search_help_text = "Name"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        found: QuerySet[Group] = super().get_queryset(request)
        return found.annotate(people_count=Count("user"))

    @admin.display(ordering="people_count")
    def people(self, group: Group) -> int:
        return int(group.people_count)  # type: ignore[attr-defined]  # annotated above

    @admin.display(description="part of")
    def part_of(self, group: Group) -> str:
        node = getattr(group, "node", None)
        return str(node.parent) if node and node.parent else ""

    @admin.display(description="role", boolean=True)
    def is_role(self, group: Group) -> bool:
        return bool(getattr(group, "node", None) and group.node.role)

    @admin.display(description="members")
    def members(self, group: Group) -> str:
        """All of them, in the list of people."""
        count = self.people(group)
        url = f"{reverse('admin:accounts_user_changelist')}?groups__id__exact={group.pk}"
        words = "1 person" if count == 1 else f"{count} people"
        return format_html('<a href="{}">{}</a>', url, words) if count else "nobody yet"

    def _shown_members(self, request: HttpRequest) -> str:
        """With the way to their list for who may open that."""
        return "members" if acting(request).has_perm("accounts.view_user") else "people"

    @admin.display(description="rights in the admin")
    def rights(self, group: Group) -> str:
        names = group.permissions.values_list("name", flat=True)
        return format_html_join("", "<div>{}</div>", ((name,) for name in names)) or "none"

    def get_fieldsets(self, request: HttpRequest, obj: Group | None = None) -> Any:
        """What a group may do in the admin is for owners to say (S-130), and seldom wanted: roles are there for it."""
        if obj is not None and not self.has_change_permission(request, obj):
            members_shown = self._shown_members(request)
            shown = (
                ("name", members_shown, "rights") if self.is_role(obj) else ("name", "part_of", members_shown)
            )
            return [(None, {"fields": shown})]
        chosen = members.FIELDS if obj else members.FIELDS[:1]
        people = (
            *([self._shown_members(request)] if obj else []),
            *(chosen if members.may_change(acting(request)) else ()),
        )
        found: list[Any] = [(None, {"fields": ("name", "part_of")})]
        found += [("Members", {"fields": people})] if people else []
        if obj is not None and acting(request).is_superuser:
            found.append((RIGHTS, {"fields": ("permissions",), "classes": ("collapse",)}))
        return found

    def get_form(
        self, request: HttpRequest, obj: Group | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.actor = acting(request)
        form.may_loosen = _may_loosen(request)
        return form

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        if db_field.name == "permissions":
            kwargs["queryset"] = permissions_of_pages()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """With a group goes the policy that its people have by what it is part of."""
        may = super().has_delete_permission(request, obj) and self._may_touch(request, obj)
        return may and (obj is None or _may_loosen(request) or not groups.loosens(obj, None))

    def _may_touch(self, request: HttpRequest, obj: Group | None) -> bool:
        """A role is as this version of Signet has it; a group with rights is the owner's."""
        if obj is None:
            return True
        return not self.is_role(obj) and (acting(request).is_superuser or not obj.permissions.exists())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        super().delete_queryset(request, queryset.filter(pk__in=groups.assignable(acting(request))))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if "part_of" in form.cleaned_data:
            groups.nest(form.instance, form.cleaned_data["part_of"])
        super().save_related(request, form, formsets, change)
        members.save(request, form)


def _may_loosen(request: HttpRequest) -> bool:
    return acting(request).has_perm("accounts.change_grouppolicy")


@admin.register(GroupPolicy)
class Policies(Audited):
    """At most one a group; without one its members sign in as everybody does."""

    list_display = ("group", "factors", "grace_days", "session_hours")
    list_select_related = ("group",)
