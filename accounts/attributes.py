"""Custom attributes of people: a form's field for each type, values as they are stored, and their end."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Attribute, User
from accounts.validators import plain_text, web_address

PREFIX = "attribute_"
LONGEST, MOST = 500, 50
Type = Attribute.Type


class Texts(forms.CharField):
    """Several texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text: str = super().to_python(value) or ""
        return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > MOST or any(len(text) > LONGEST for text in value):
            raise forms.ValidationError(
                _("At most %(most)d lines of %(longest)d characters."),
                params={"most": MOST, "longest": LONGEST},
            )
        for text in value:
            plain_text(text)

    def run_validators(self, value: Any) -> None:
        """Those of a text are asked for each line above."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(data) != (initial or []))


def field(attribute: Attribute) -> forms.Field:
    """What asks for one, with what is stored taken as its value."""
    common: dict[str, Any] = {"label": attribute.label, "required": False}
    match attribute.type:
        case Type.NUMBER:
            return forms.IntegerField(min_value=-(2**53), max_value=2**53, **common)
        case Type.BOOLEAN:
            return forms.BooleanField(**common)
        case Type.DATE:
            return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **common)
        case Type.URL:
            return forms.CharField(max_length=LONGEST, validators=[web_address], **common)
        case Type.CHOICE:
            return forms.ChoiceField(
                choices=[("", "–"), *((option, option) for option in attribute.options)], **common
            )
        case Type.LIST:
            return Texts(help_text=_("One a line."), **common)
    return forms.CharField(max_length=LONGEST, validators=[plain_text], **common)


def fields(attributes: Iterable[Attribute]) -> dict[str, forms.Field]:
    return {f"{PREFIX}{attribute.name}": field(attribute) for attribute in attributes}


def initial(form: forms.BaseForm, user: User) -> None:
    for name, each in form.fields.items():
        if name.startswith(PREFIX):
            each.initial = user.attributes.get(name.removeprefix(PREFIX))


def keep(form: forms.BaseForm, user: User) -> None:
    """Puts what a valid form has into the person; the caller saves."""
    kept = dict(user.attributes)
    for name, value in form.cleaned_data.items():
        if name.startswith(PREFIX):
            kept |= {name.removeprefix(PREFIX): stored(value)}
    user.attributes = {name: value for name, value in kept.items() if value not in (None, "", [])}


def stored(value: Any) -> Any:
    """As JSON has it."""
    return value.isoformat() if isinstance(value, date) else value


def shown(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return ", ".join(value) if isinstance(value, list) else str(value)


def read(attribute: Attribute, text: str) -> Any:
    """A value typed on the command line, or from a file. Raises ValidationError."""
    given = text.lower() in ("true", "yes", "on", "1") if attribute.type == Type.BOOLEAN else text
    return stored(field(attribute).clean(given))


def remove(attribute: Attribute) -> int:
    """The declaration and everybody's value; how many had one."""
    had = 0
    with transaction.atomic():
        for user in User.objects.filter(attributes__has_key=attribute.name).only("attributes").iterator(500):
            kept = {name: value for name, value in user.attributes.items() if name != attribute.name}
            had += User.objects.filter(pk=user.pk).update(attributes=kept)
        attribute.delete()
    return had
