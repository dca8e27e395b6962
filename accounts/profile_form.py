"""What people say of themselves to apps, in the parts in which the page asks for it."""

from functools import cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts import attributes, language
from accounts.forms import PageForm
from accounts.models import Attribute, User
from accounts.validators import ADDRESS_MEMBERS, plain_text, time_zones

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

_ADDRESS_LABELS = {
    "street_address": _("Street address"),
    "locality": _("Town"),
    "region": _("State or region"),
    "postal_code": _("Postal code"),
    "country": _("Country"),
}
_ADDRESS_AUTOCOMPLETE = {
    "street_address": "street-address",
    "locality": "address-level2",
    "region": "address-level1",
    "postal_code": "postal-code",
    "country": "country-name",
}

# Fields with a hint stand side by side, so that the labels of a row are level.
GROUPS: tuple[tuple["_StrOrPromise", tuple[str, ...]], ...] = (
    (pgettext_lazy("of a person", "Name"), ("name", "nickname", "given_name", "family_name", "middle_name")),
    (_("Language and time"), ("locale", "zoneinfo")),
    (_("About you"), ("birthdate", "phone_number", "website", "profile", "gender")),
    (_("Postal address"), tuple(_ADDRESS_LABELS)),
)


@cache
def _time_zones() -> list[str]:
    """Those of places, and UTC; the rest are old names and offsets, which no browser calls its own."""
    return [
        "UTC",
        *sorted(name for name in time_zones() if "/" in name and name[:4] != "Etc/"),
    ]


def _chosen(label: "_StrOrPromise", choices: list[tuple[str, str]], current: str) -> forms.ChoiceField:
    """With what is there already, which may have come from elsewhere."""
    known = current in dict(choices)
    other = [(current, current)] if current and not known else []
    return forms.ChoiceField(label=label, required=False, choices=[("", "–"), *other, *choices])


class ProfileForm(PageForm, forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    """What people say of themselves to apps; user name and e-mail are not theirs to change here."""

    class Meta:
        model = User
        fields = tuple(name for _words, names in GROUPS for name in names if name not in _ADDRESS_LABELS)
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "given_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "middle_name": forms.TextInput(attrs={"autocomplete": "additional-name"}),
            "family_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
            "nickname": forms.TextInput(attrs={"autocomplete": "nickname"}),
            "website": forms.URLInput(attrs={"autocomplete": "url"}),
            "profile": forms.URLInput,
            "birthdate": forms.TextInput(attrs={"autocomplete": "bday"}),
            "phone_number": forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
        }
        labels = {
            "name": _("Full name"),
            "given_name": _("Given name"),
            "middle_name": _("Middle name"),
            "family_name": _("Family name"),
            "nickname": _("Nickname"),
            "website": _("Website"),
            "profile": _("Profile page"),
            "gender": _("Gender"),
            "birthdate": _("Date of birth"),
            "phone_number": _("Phone"),
        }
        help_texts = {
            "birthdate": _("Such as 1990-12-31, or the year alone."),
            "phone_number": _("With the country first, such as +49 30 901820."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        languages = [(language.tag(code), name) for code, name in settings.LANGUAGES]
        self.fields["locale"] = _chosen(_("Language"), languages, self.instance.locale)
        zones = [(name, name) for name in _time_zones()]
        self.fields["zoneinfo"] = _chosen(_("Time zone"), zones, self.instance.zoneinfo)
        for name, autocomplete in _ADDRESS_AUTOCOMPLETE.items():
            widget = forms.Textarea if name == "street_address" else forms.TextInput
            self.fields[name] = forms.CharField(
                label=_ADDRESS_LABELS[name],
                required=False,
                max_length=200,
                initial=self.instance.address.get(name, ""),
                validators=[] if name == "street_address" else [plain_text],
                widget=widget(attrs={"autocomplete": autocomplete}),
            )

        declared = list(Attribute.objects.exclude(access=Attribute.Access.ADMINS))
        own = [each for each in declared if each.access == Attribute.Access.OWN]
        self.fields.update(attributes.fields(own))
        attributes.initial(self, self.instance)
        self.seen = [
            (each.label, attributes.shown(self.instance.attributes[each.name]))
            for each in declared
            if each not in own and each.name in self.instance.attributes
        ]

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """What the page asks for, in parts; what admins have declared comes last."""
        parts = [(str(words), [self[name] for name in names]) for words, names in GROUPS]
        further = [self[name] for name in self.fields if name.startswith(attributes.PREFIX)]
        return [*parts, (gettext("Further"), further)] if further else parts

    def save(self, commit: bool = True) -> User:
        user: User = self.instance
        attributes.keep(self, user)
        if "phone_number" in self.changed_data:
            user.phone_number_verified_at = None
        user.address = {name: value for name in ADDRESS_MEMBERS if (value := self._address_part(name))}
        super().save(commit)
        return user

    def _address_part(self, name: str) -> str:
        return str(self.cleaned_data.get(name, "")).strip()

    def changes(self) -> dict[str, dict[str, Any]]:
        """Before and after, for the audit log."""
        return {
            name: {"before": self[name].initial or "", "after": self.cleaned_data.get(name, "")}
            for name in self.changed_data
        }
