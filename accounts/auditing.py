"""What an admin changed, before and after, in the audit log: a mixin for the admin pages of all rooms (S-143)."""

from typing import Any, ClassVar

from django.db.models import ManyToManyField, Model, QuerySet
from django.forms import CheckboxSelectMultiple, ModelForm
from django.http import HttpRequest

from accounts import audit
from accounts.filters import ListedFilters
from accounts.history import InAuditLog
from accounts.models import User


def acting(request: HttpRequest) -> User:
    """The admin who does this."""
    if not isinstance(request.user, User):
        raise TypeError("the admin site lets nobody in without a session")
    return request.user


class Audited(InAuditLog, ListedFilters):
    """Writes inside the admin's transaction, so that a change without its record can't be."""

    # Django's two-pane chooser has icons that no screen reader can name.
    formfield_overrides: ClassVar[Any] = {ManyToManyField: {"widget": CheckboxSelectMultiple}}

    def save_related(self, request: HttpRequest, form: "ModelForm[Any]", formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        changes = {name: _change(form, name) for name in form.changed_data}
        changes |= {
            f"{inline.prefix} {each.instance}": {name: _change(each, name) for name in each.changed_data}
            for inline in formsets
            for each in inline.forms
            if each.has_changed()
        }
        if changes or not change:
            _record("changed" if change else "added", request, form.instance, changes=changes)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        _record("deleted", request, obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for each in queryset:
            _record("deleted", request, each)
        super().delete_queryset(request, queryset)


def _change(form: "ModelForm[Any]", name: str) -> dict[str, Any]:
    return {"before": _shown(form[name].initial), "after": _shown(form.cleaned_data.get(name))}


def _shown(value: Any) -> Any:
    """Related things by their names, everything else as it is."""
    if isinstance(value, Model):
        return str(value)
    if isinstance(value, QuerySet | list | tuple):
        return sorted(str(each) for each in value)
    return value


def _record(what: str, request: HttpRequest, thing: Model, **detail: Any) -> None:
    subject = thing if isinstance(thing, User) else audit.mark(thing)
    audit.record(
        f"admin.{what}",
        request=request,
        actor=acting(request),
        subject=subject,
        client_id=str(getattr(thing, "client_id", "") or "") if what else "",
        name=str(thing),
        **detail,
    )
