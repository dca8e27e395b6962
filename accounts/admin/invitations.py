"""Invitations in the admin: a list to send again and withdraw from, and the page that invites one or many."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from accounts import emails, groups, invitation_sheet, invitations, landings
from accounts.admin.base import ReadOnly
from accounts.auditing import acting
from accounts.invitation_sheet import MAX_LINES, Sheet
from accounts.models import Invitation
from accounts.views.going_on import SeeOther

MAX_BYTES = 200_000


class InviteForm(forms.Form):
    """Typed or as a file; what the preview showed comes back as text and is read again."""

    people = forms.CharField(
        label="People",
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text="One e-mail address a line, or lines of CSV under a header. "
        f"Columns: {', '.join(invitation_sheet.COLUMNS)}. Groups are kept apart by |.",
    )
    file = forms.FileField(label="Or a CSV file", required=False)
    groups = forms.ModelMultipleChoiceField(
        Group.objects.none(),
        label="Groups of all of them",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    app = forms.ChoiceField(label="Where they land", required=False)

    def __init__(self, *args: Any, choices: QuerySet[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["groups"].queryset = choices  # type: ignore[attr-defined]
        self.fields["app"].choices = [("", "their account page"), *landings.choices()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        file = self.cleaned_data.get("file")
        if file is not None:
            shown: Any = self.data
            self.data = shown = shown.copy()
            shown["people"] = self.cleaned_data["people"] = _text_of(file)
        if not self.cleaned_data.get("people"):
            raise forms.ValidationError("Name somebody, or choose a file.")
        return self.cleaned_data


def _text_of(file: Any) -> str:
    if file.size > MAX_BYTES:
        raise forms.ValidationError({"file": "This file is too large."})
    try:
        text: str = file.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise forms.ValidationError({"file": "Save the file as UTF-8."}) from error
    return text


@admin.action(description="Send again, with a new link", permissions=["help"])
def send_again(site: "Invitations", request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
    waiting = list(site.touchable(request, chosen).filter(accepted_at=None).exclude(user__email=""))
    for invitation in waiting:
        invitations.send_again(invitation, actor=acting(request), now=timezone.now(), request=request)
    _tell(site, request, waiting, "invited again")


@admin.action(description="Withdraw: the link is dead, and who never came is removed", permissions=["delete"])
def withdraw(site: "Invitations", request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
    waiting = list(site.touchable(request, chosen).filter(accepted_at=None))
    for invitation in waiting:
        invitations.withdraw(invitation, actor=acting(request), request=request)
    _tell(site, request, waiting, "no longer invited")


def _tell(site: "Invitations", request: HttpRequest, chosen: Iterable[Invitation], words: str) -> None:
    names = ", ".join(str(each.user) for each in chosen)
    if names:
        site.message_user(request, f"{names}: {words}.", messages.SUCCESS)
    else:
        site.message_user(request, "None of these is waiting.", messages.WARNING)


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "open"), ("expired", "expired"), ("accepted", "accepted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> QuerySet[Invitation]:
        now = timezone.now()
        if self.value() == "accepted":
            return queryset.exclude(accepted_at=None)
        if self.value() == "open":
            return queryset.filter(accepted_at=None, expires_at__gt=now)
        return queryset.filter(accepted_at=None, expires_at__lte=now) if self.value() else queryset


@admin.register(Invitation)
class Invitations(ReadOnly):
    list_display = ("person", "email", "state", "sent_at", "expires_at")
    list_filter = (StateFilter,)
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email")
    actions = (send_again, withdraw)

    @admin.display(description="person", ordering="user")
    def person(self, invitation: Invitation) -> str:
        return str(invitation.user)

    @admin.display(description="e-mail")
    def email(self, invitation: Invitation) -> str:
        return invitation.user.email

    @admin.display(description="state")
    def state(self, invitation: Invitation) -> str:
        return invitation.state(timezone.now())

    def touchable(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> QuerySet[Invitation]:
        """Only an owner may touch admins, invited ones too (S-130)."""
        if acting(request).is_superuser:
            return chosen
        return chosen.filter(user__is_staff=False, user__is_superuser=False)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return acting(request).has_perms(["accounts.add_user", "accounts.add_invitation"])

    def has_help_permission(self, request: HttpRequest) -> bool:
        return acting(request).has_perm("accounts.help_user") or self.has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By withdrawing, which is an action; there is no page that deletes."""
        return acting(request).has_perms(["accounts.delete_user", "accounts.delete_invitation"])

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        raise PermissionDenied("Invitations are withdrawn.")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Asks, shows what would happen, and does it: three turns of one form."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        choices = groups.assignable(acting(request))
        form = InviteForm(request.POST or None, request.FILES or None, choices=choices)
        if not form.is_valid():
            return self._page(request, form)
        sheet = invitation_sheet.read(form.cleaned_data["people"], groups=choices)
        if sheet.problems or "invite" not in request.POST:
            return self._page(request, form, sheet)
        return self._invited(request, form, sheet)

    def _invited(self, request: HttpRequest, form: InviteForm, sheet: Sheet) -> HttpResponseRedirect:
        people = invitations.send_all(
            sheet.lines,
            groups=form.cleaned_data["groups"],
            actor=acting(request),
            now=timezone.now(),
            request=request,
            app=form.cleaned_data["app"],
        )
        words = "1 person gets a mail." if len(people) == 1 else f"{len(people)} people get a mail each."
        self.message_user(request, f"{words} {emails.kept_here()}".strip(), messages.SUCCESS)
        return SeeOther(reverse("admin:accounts_invitation_changelist"))

    def _page(self, request: HttpRequest, form: InviteForm, sheet: Sheet | None = None) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Invite people",
            "form": form,
            "sheet": sheet,
            "chosen": form.cleaned_data["groups"] if sheet else [],
            "max_lines": MAX_LINES,
        }
        return TemplateResponse(request, "admin/accounts/invitation/invite.html", context)
