"""The forms that a person's particulars may have (OIDC Core section 5.1)."""

import re
import unicodedata
import zoneinfo
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.utils.translation import gettext_lazy as _

# They reorder what stands around them, so that a name reads as another's (S-085).
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ADDRESS_MEMBERS = ("formatted", "street_address", "locality", "region", "postal_code", "country")

web_address = URLValidator(schemes=["http", "https"])
birthdate = RegexValidator(
    r"\A[0-9]{4}(-[0-9]{2}-[0-9]{2})?\Z", _("Use the form 1990-12-31, or the year alone.")
)
locale = RegexValidator(
    r"\A[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", _("Use a language tag such as en or pt-BR.")
)
phone_number = RegexValidator(
    r"\A\+[1-9][0-9 ]{3,20}(;ext=[0-9]{1,6})?\Z", _("Use the international form, such as +49 30 901820.")
)


def plain_text(value: str) -> None:
    """One line that shows as it is stored."""
    if any(character in _BIDI or unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise ValidationError(_("Leave out characters that can't be seen."), code="invisible")


@cache
def time_zones() -> frozenset[str]:
    """The names of IANA's database. Python opens each of its six hundred files to tell them."""
    return frozenset(zoneinfo.available_timezones())


def time_zone(value: str) -> None:
    # The name is looked for in a list: zoneinfo.ZoneInfo() would open a file of that name.
    if not re.fullmatch(r"[A-Za-z0-9+_/-]{1,64}", value) or value not in time_zones():
        raise ValidationError(_("Use a name such as Europe/Berlin."), code="time_zone")


def postal_address(value: Any) -> None:
    """Some of the members of section 5.1.1, each a string."""
    if not isinstance(value, dict) or not all(
        name in ADDRESS_MEMBERS and isinstance(part, str) and len(part) <= 500 for name, part in value.items()
    ):
        raise ValidationError(f"Use an object with some of: {', '.join(ADDRESS_MEMBERS)}.", code="address")
