"""A person's page and the list of people; there is no password on either, only what makes somebody choose one."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts import (
    agents,
    attributes,
    emails,
    groups,
    impersonation,
    invitations,
    lifecycle,
    links,
    roles,
    sessions,
)
from accounts.admin import people_actions
from accounts.admin.base import BackToPerson, permissions_of_pages
from accounts.admin.groups import RIGHTS
from accounts.admin.impersonate import ImpersonatePage
from accounts.admin.person_state import PersonState
from accounts.auditing import Audited, acting
from accounts.models import Attribute, User

OWNERS_ONLY = ("is_staff", "is_superuser", "user_permissions")
WELCOME = "A mail with a link to choose a password goes to the address; without one you are shown the link."


def _without(left_out: set[str], fields: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(each for each in fields if isinstance(each, tuple) or each not in left_out)


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    """That an address is verified is the admin's word here, and is kept as such."""

    is_email_verified = forms.BooleanField(label="E-mail is verified", required=False)
    roles = forms.MultipleChoiceField(
        label="Roles in the admin",
        choices=[(role, role) for role in roles.TABLE],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What each may do is fixed. Superusers are owners, who may do all.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "is_email_verified" in self.fields:
            self.fields["is_email_verified"].initial = self.instance.email_verified
        attributes.initial(self, self.instance)
        if "roles" in self.fields:
            self.fields["roles"].initial = roles.of(self.instance) if not self.instance._state.adding else []

    def clean_groups(self) -> list[Group]:
        """Those that are not this admin's to give stay as they are: roles, and groups with rights."""
        chosen = list(self.cleaned_data["groups"])
        if self.instance._state.adding:
            return chosen
        offered = self.fields["groups"].queryset  # type: ignore[attr-defined]
        return [*chosen, *self.instance.groups.exclude(pk__in=offered.values("pk"))]

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("is_email_verified") and not self.cleaned_data.get("email"):
            raise ValidationError({"is_email_verified": "There is no address that could be verified."})
        attributes.keep(self, self.instance)
        return self.cleaned_data


@admin.register(User)
class People(PersonState, ImpersonatePage, BackToPerson, Audited):
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
    actions = people_actions.ALL
    readonly_fields = (
        "id",
        "email_proof",
        "created_at",
        "updated_at",
        "last_login",
        "disabled_at",
        "deletion_at",
        "terms_version",
        "terms_accepted_at",
        "block",
        "factors",
        "enrol_by",
        "own_attributes",
    )
    fieldsets = (
        (None, {"fields": ("username_display", "email", "is_email_verified", "email_proof", "name")}),
        ("Access", {"fields": ("is_active", "must_change_password", "groups", "factors", "enrol_by")}),
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
        (
            "Admin",
            {"classes": ("collapse",), "fields": ("roles", "is_staff", "is_superuser")},
        ),
        (
            "State",
            {
                "fields": (
                    "id",
                    "block",
                    "last_login",
                    "created_at",
                    "updated_at",
                    "disabled_at",
                    "deletion_at",
                    "terms_version",
                    "terms_accepted_at",
                )
            },
        ),
    )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """The bulk actions also stand as buttons on a person's page, with the sessions that live."""
        user, now = self.get_object(request, object_id), timezone.now()
        context = dict(extra_context or {})
        if user is not None:
            allowed = self.get_actions(request) if self._may_touch(request, user) else ()
            context["person_actions"] = people_actions.buttons(allowed, user, actor=acting(request), now=now)
            context["may_look"] = self._may_look(request, user)
            context["may_end"] = allowed and acting(request).has_perm("accounts.change_session")
            context["live_sessions"] = [
                (each, agents.describe(each.user_agent)) for each in sessions.lives(now).filter(user=user)
            ]
        return super().change_view(request, object_id, form_url, context)

    def link_page(self, request: HttpRequest, user: User, url: str, *, title: str, what: str) -> HttpResponse:
        """A link that opens an account is on this one answer and nowhere else."""
        around = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        context = {**around, "person": user, "url": url, "what": what}
        return TemplateResponse(request, "admin/accounts/user/link.html", context)

    def manageable(self, request: HttpRequest, people: QuerySet[User]) -> QuerySet[User]:
        """Only an owner may touch admins: whoever can reset an admin's password is one."""
        if acting(request).is_superuser:
            return people
        return people.filter(is_staff=False, is_superuser=False)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    def has_help_permission(self, request: HttpRequest) -> bool:
        return acting(request).has_perm("accounts.help_user") or self.has_change_permission(request)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs |= {
                "queryset": groups.assignable(acting(request)),
                "help_text": "Apps hear of them as groups.",
            }
        if db_field.name == "user_permissions":
            kwargs["queryset"] = permissions_of_pages()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Roles and rights are given by owners; attributes are those that are declared; a new person has no state."""
        actor, left_out = acting(request), set()
        found = list(super().get_fieldsets(request, obj))
        if obj is None:
            found = [(title, options) for title, options in found if title != "State"]
            left_out |= {*self.readonly_fields, "is_active", "must_change_password"}
        elif actor.is_superuser:
            found.insert(-1, (RIGHTS, {"fields": ("user_permissions",), "classes": ("collapse",)}))
        if not actor.is_superuser:
            left_out |= {"roles", *(OWNERS_ONLY if obj is None else ())}
        if request.method == "GET" and not groups.assignable(actor).exists():
            left_out.add("groups")  # an empty row; who sends some all the same is refused by the field
        found = [
            (title, {**options, "fields": _without(left_out, options["fields"])}) for title, options in found
        ]
        found = [(title, options) for title, options in found if options["fields"]]
        if own := self._attribute_fields(request, obj):
            found.insert(2, ("Attributes", {"fields": own}))
        if obj is None:
            found[0] = (None, {**found[0][1], "description": WELCOME})
        return found

    def _attribute_fields(self, request: HttpRequest, obj: User | None) -> tuple[str, ...]:
        if obj is not None and not self.has_change_permission(request, obj):
            return ("own_attributes",)
        return tuple(attributes.fields(Attribute.objects.all()))

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        declared = attributes.fields(Attribute.objects.all())
        kwargs.setdefault("form", type("PersonForm", (PersonForm,), dict(declared)))
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        owner_only = () if acting(request).is_superuser else OWNERS_ONLY
        return (*self.readonly_fields, *owner_only)

    @staticmethod
    def _may_look(request: HttpRequest, user: User) -> bool:
        try:
            impersonation.check(acting(request), user)
        except impersonation.Refused:
            return False
        return True

    @staticmethod
    def _may_touch(request: HttpRequest, obj: User | None) -> bool:
        return obj is None or acting(request).is_superuser or not (obj.is_staff or obj.is_superuser)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """A summary, and no other right asked for: sessions and grants, which no page deletes, go with their person."""
        lines = [f"{user.username_display}, with {user.sessions.count()} sessions" for user in objs]
        return lines, {"people": len(lines)}, set(), []

    def delete_model(self, request: HttpRequest, obj: User) -> None:  # type: ignore[override]
        """Ended first, so that the apps are told; afterwards nobody would know of the sessions."""
        sessions.end_all(obj, reason="person deleted", now=timezone.now())
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        chosen = self.manageable(request, queryset)
        for user in chosen:
            sessions.end_all(user, reason="person deleted", now=timezone.now())
        super().delete_queryset(request, chosen)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """What the ticks stand for happens: sessions end, the word on an address is kept."""
        actor, now = acting(request), timezone.now()
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
        if acting(request).is_superuser and "roles" in form.changed_data:
            roles.assign(form.instance, form.cleaned_data["roles"], actor=acting(request), request=request)
        if not change:
            user = form.instance
            user.shown_once = invitations.send(
                user, actor=acting(request), now=timezone.now(), request=request, is_shown=not user.email
            )

    def response_add(
        self, request: HttpRequest, obj: User, post_url_continue: str | None = None
    ) -> HttpResponse:
        """By mail, or else shown for the admin to hand over."""
        if obj.email:
            words = f"{obj.email} gets a mail with a link to choose a password. {emails.kept_here()}"
            self.message_user(request, words.strip())
            return super().response_add(request, obj, post_url_continue)
        lifetime = emails.in_words(links.LIFETIMES[links.Purpose.INVITE])
        what = "There is no address to mail it to, so hand it over yourself: with it they choose a password, "
        what += f"within {lifetime}."
        url: str = obj.shown_once  # type: ignore[attr-defined]
        return self.link_page(request, obj, url, title=f"A link for {obj}", what=what)
