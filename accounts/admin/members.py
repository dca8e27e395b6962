"""Who is in a group, on the group's page: people are added by name and taken out by a tick, as from their own pages."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts import audit
from accounts.auditing import acting
from accounts.models import User

SHOWN = 100  # with all of them ticked the form is within the bound on fields (S-014)
AT_ONCE = 500
FIELDS = ("join", "leave")


def may_change(actor: User) -> bool:
    """Groups of people are part of their pages, so it takes the right to change those."""
    return actor.has_perm("accounts.change_user")


class MembersForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    """`actor` is set by the page; S-130: an admin's groups are for owners to change."""

    actor: User
    join = forms.CharField(
        label="Add people",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60, "spellcheck": "false"}),
        help_text="User names or e-mail addresses, one a line.",
    )
    leave = forms.ModelMultipleChoiceField(
        User.objects.none(), label="Take out", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_change(self.actor):  # what a form declares is read even where the page doesn't show it
            for name in FIELDS:
                self.fields.pop(name, None)
        if "leave" in self.fields and self.instance.pk:
            found = self.touchable().filter(groups=self.instance).order_by("username")
            shown = [user.pk for user in found[: SHOWN + 1]]
            self.fields["leave"].queryset = User.objects.filter(pk__in=shown[:SHOWN]).order_by("username")  # type: ignore[attr-defined]
            if len(shown) > SHOWN:
                self.fields["leave"].help_text = f"The first {SHOWN}; the others from their own pages."

    def touchable(self) -> Any:
        people = User.objects.all()
        return people if self.actor.is_superuser else people.filter(is_staff=False, is_superuser=False)

    def clean_join(self) -> list[User]:
        lines = list(
            dict.fromkeys(line.strip() for line in self.cleaned_data["join"].split("\n") if line.strip())
        )
        if len(lines) > AT_ONCE:
            raise ValidationError(f"At most {AT_ONCE} at once.")
        found = {line: User.objects.find(line) for line in lines}
        if unknown := [line[:80] for line, user in found.items() if user is None]:
            raise ValidationError(f"Nobody here is called {', '.join(unknown)}.")
        people = [user for user in found.values() if user is not None]
        if not self.actor.is_superuser and (
            admins := [str(each) for each in people if each.is_staff or each.is_superuser]
        ):
            raise ValidationError(f"Only an owner changes the groups of admins: {', '.join(admins)}.")
        return people


def save(request: HttpRequest, form: Any) -> None:
    """Each person's change is recorded with their groups before and after (S-143)."""
    group = form.instance
    joining = {user.pk: user for user in form.cleaned_data.get("join") or ()}
    leaving = {user.pk: user for user in form.cleaned_data.get("leave") or () if user.pk not in joining}
    for user in [*joining.values(), *leaving.values()]:
        before = sorted(user.groups.values_list("name", flat=True))
        (user.groups.add if user.pk in joining else user.groups.remove)(group)
        after = sorted(user.groups.values_list("name", flat=True))
        if before != after:
            changes = {"groups": {"before": before, "after": after}}
            audit.record(
                "admin.changed",
                request=request,
                actor=acting(request),
                subject=user,
                name=str(user),
                changes=changes,
            )
