"""People, groups, sessions and the audit log in Django admin (S-130: Django's permissions decide who may what)."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from accounts import agents, audit, lifecycle, sessions
from accounts.auditing import Audited
from accounts.models import AuditEvent, Session, User

__all__ = ["Audited"]


class ReadOnly(admin.ModelAdmin):
    """For looking at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PersonForm(forms.ModelForm):
    """That an address is verified is the admin's word here, and is kept as such."""

    is_email_verified = forms.BooleanField(label="E-mail is verified", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "is_email_verified" in self.fields:
            self.fields["is_email_verified"].initial = self.instance.email_verified

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("is_email_verified") and not self.cleaned_data.get("email"):
            raise ValidationError({"is_email_verified": "There is no address that could be verified."})
        return self.cleaned_data


@admin.action(description="Disable: ends all sessions, no more sign-in", permissions=["change"])
def disable(site: "People", request: HttpRequest, people: QuerySet[User]) -> None:
    for user in site.manageable(request, people.exclude(pk=request.user.pk)):
        lifecycle.disable(user, actor=_admin(request), now=timezone.now(), request=request)


@admin.action(description="Enable, and lift a lock of sign-in", permissions=["change"])
def enable(site: "People", request: HttpRequest, people: QuerySet[User]) -> None:
    for user in site.manageable(request, people):
        lifecycle.enable(user, actor=_admin(request), request=request)


@admin.action(description="Require a new password at the next sign-in", permissions=["change"])
def require_new_password(site: "People", request: HttpRequest, people: QuerySet[User]) -> None:
    for user in site.manageable(request, people):
        lifecycle.require_new_password(user, actor=_admin(request), now=timezone.now(), request=request)


@admin.action(description="End all sessions", permissions=["change"])
def end_sessions(site: "People", request: HttpRequest, people: QuerySet[User]) -> None:
    for user in site.manageable(request, people):
        lifecycle.end_sessions(user, actor=_admin(request), now=timezone.now(), request=request)


@admin.action(description="Send a link to choose a new password", permissions=["change"])
def send_reset(site: "People", request: HttpRequest, people: QuerySet[User]) -> None:
    for user in site.manageable(request, people.filter(is_active=True)):
        if user.email:
            lifecycle.send_reset(user, actor=_admin(request), now=timezone.now(), request=request)
        else:
            site.message_user(request, f"{user} has no e-mail address.", messages.WARNING)


@admin.register(User)
class People(Audited):
    form = PersonForm
    list_display = (
        "username_display",
        "shown_name",
        "email",
        "is_verified",
        "is_active",
        "is_staff",
        "last_login",
    )
    list_filter = ("is_active", "is_staff", "must_change_password", "groups")
    search_fields = ("username", "email", "name", "given_name", "family_name", "=id")
    search_help_text = "User name, e-mail, name or subject"
    ordering = ("username",)
    filter_horizontal = ("groups", "user_permissions")
    actions = (disable, enable, require_new_password, end_sessions, send_reset)
    readonly_fields = (
        "id",
        "email_proof",
        "created_at",
        "updated_at",
        "last_login",
        "disabled_at",
        "live_sessions",
    )
    fieldsets = (
        (None, {"fields": ("username_display", "email", "is_email_verified", "email_proof", "name")}),
        ("Access", {"fields": ("is_active", "must_change_password", "groups")}),
        (
            "Particulars",
            {
                "classes": ("collapse",),
                "fields": (
                    ("given_name", "middle_name", "family_name"),
                    "nickname",
                    ("locale", "zoneinfo"),
                    "picture",
                    ("website", "profile"),
                    ("gender", "birthdate"),
                    "phone_number",
                    "address",
                ),
            },
        ),
        ("Admin", {"classes": ("collapse",), "fields": ("is_staff", "is_superuser", "user_permissions")}),
        (
            "State",
            {"fields": ("id", "live_sessions", "last_login", "created_at", "updated_at", "disabled_at")},
        ),
    )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """The bulk actions also stand as buttons on a person's page."""
        buttons = [(name, label.partition(":")[0]) for _, name, label in self.get_actions(request).values()]
        context = {
            **(extra_context or {}),
            "person_actions": [each for each in buttons if each[0] != "delete_selected"],
        }
        return super().change_view(request, object_id, form_url, context)

    @admin.display(description="verified", boolean=True)
    def is_verified(self, user: User) -> bool:
        return user.email_verified

    @admin.display(description="proved by")
    def email_proof(self, user: User) -> str:
        return (
            f"{user.email_verified_by}, {user.email_verified_at:%Y-%m-%d %H:%M}"
            if user.email_verified
            else "–"
        )

    @admin.display(description="sessions")
    def live_sessions(self, user: User) -> str:
        lives = sessions.lives(timezone.now()).filter(user=user)
        return ", ".join(f"{agents.describe(each.user_agent)} ({each.address})" for each in lives) or "none"

    def manageable(self, request: HttpRequest, people: QuerySet[User]) -> QuerySet[User]:
        """Only an owner may touch admins: whoever can reset an admin's password is one."""
        if _admin(request).is_superuser:
            return people
        return people.filter(is_staff=False, is_superuser=False)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        owner_only = () if _admin(request).is_superuser else ("is_staff", "is_superuser", "user_permissions")
        return (*self.readonly_fields, *owner_only)

    @staticmethod
    def _may_touch(request: HttpRequest, obj: User | None) -> bool:
        return obj is None or _admin(request).is_superuser or not (obj.is_staff or obj.is_superuser)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        super().delete_queryset(request, self.manageable(request, queryset))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """What the ticks stand for happens: sessions end, the word on an address is kept."""
        actor, now = _admin(request), timezone.now()
        if {"email", "is_email_verified"} & set(form.changed_data):
            if form.cleaned_data["is_email_verified"]:
                obj.verify_email(by=f"admin:{actor.username}", now=now)
            else:
                obj.email_verified_at, obj.email_verified_by = None, ""
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data:
            if obj.is_active:
                lifecycle.enable(obj, actor=actor, request=request)
            else:
                lifecycle.disable(obj, actor=actor, now=now, request=request)
        if change and "must_change_password" in form.changed_data and obj.must_change_password:
            lifecycle.require_new_password(obj, actor=actor, now=now, request=request)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            self._invite(request, form.instance)

    def _invite(self, request: HttpRequest, user: User) -> None:
        url = lifecycle.invite(user, actor=_admin(request), now=timezone.now(), request=request)
        if user.email:
            self.message_user(request, f"{user.email} gets a mail with a link to choose a password.")
            return
        self.message_user(
            request,
            format_html(
                "Hand this link to {}; with it they choose a password, within three days: <code>{}</code>",
                user.shown_name,
                url,
            ),
            messages.WARNING,
        )


admin.site.unregister(Group)


@admin.register(Group)
class Groups(Audited, GroupAdmin):
    list_display = ("name", "people")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).annotate(people_count=Count("user"))

    @admin.display(ordering="people_count")
    def people(self, group: Group) -> int:
        return int(group.people_count)  # type: ignore[attr-defined]  # annotated above


@admin.action(description="End", permissions=["end"])
def end(site: "Sessions", request: HttpRequest, chosen: QuerySet[Session]) -> None:
    for session in chosen.filter(ended_at=None).select_related("user"):
        sessions.end(session, reason="ended by an admin", now=timezone.now())
        audit.record(
            "session.ended", request=request, actor=_admin(request), subject=session.user, sid=session.sid
        )


@admin.register(Session)
class Sessions(ReadOnly):
    list_display = ("user", "browser", "address", "auth_time", "last_seen_at", "is_live", "end_reason")
    list_filter = ("last_seen_at", "end_reason")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email", "address", "=sid")
    exclude = ("token_hash",)
    actions = (end,)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return _admin(request).has_perm("accounts.change_session")

    @admin.display()
    def browser(self, session: Session) -> str:
        return agents.describe(session.user_agent)

    @admin.display(description="live", boolean=True)
    def is_live(self, session: Session) -> bool:
        return sessions.live(session, timezone.now())


class TypeFilter(admin.SimpleListFilter):
    """From the registry: asking the table which types it holds would read all of it."""

    title = "what happened"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted((name, f"{name}: {words}") for name, words in audit.TYPES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(type=self.value()) if self.value() else queryset


class NamedEvents(ChangeList):
    """Puts names to the people of one page of events, with one statement."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        events = list(self.result_list)
        marks = {
            mark for event in events for mark in (event.actor, event.subject) if mark.startswith("user:")
        }
        people = User.objects.in_bulk([mark.removeprefix("user:") for mark in marks])
        names = {f"user:{pk}": str(user) for pk, user in people.items()}
        for event in events:
            event.who, event.whom = (
                names.get(event.actor, event.actor),
                names.get(event.subject, event.subject),
            )
        self.result_list = events


@admin.register(AuditEvent)
class AuditEvents(ReadOnly):
    list_display = ("at", "what", "who", "whom", "client_id", "address", "outcome")
    list_filter = (TypeFilter, "outcome", "at")
    search_fields = ("=actor", "=subject", "=client_id", "=address", "=request_id", "type")
    search_help_text = "user:… subject, client id, address or request id, exactly; or part of a type"
    show_full_result_count = False
    list_per_page = 50

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NamedEvents

    @admin.display(description="what", ordering="type")
    def what(self, event: AuditEvent) -> str:
        return audit.TYPES.get(event.type, event.type)

    @admin.display(description="by", ordering="actor")
    def who(self, event: AuditEvent) -> str:
        return str(getattr(event, "who", event.actor))

    @admin.display(description="about", ordering="subject")
    def whom(self, event: AuditEvent) -> str:
        return str(getattr(event, "whom", event.subject))


def _admin(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the admin site lets nobody in without a session")
    return request.user
