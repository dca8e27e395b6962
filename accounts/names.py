"""One canonical form for user names and e-mail addresses, and what a user name may look like (S-085)."""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from accounts.validators import plain_text

USERNAME_LENGTH = 64
EMAIL_LENGTH = 254
_PUNCTUATION = frozenset("._-+")
# Scripts that people write together; any other mix is refused (UTS 39 section 5.2, "highly restrictive").
_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)


def canonical(value: str) -> str:
    """NFKC and case-folded, so that what looks alike to a person is one string in the database."""
    # Folding can undo the normal form, and the normal form folding (U+0345) or trimming (U+00AF): twice is stable.
    for _round in range(2):
        value = unicodedata.normalize("NFKC", value).strip().casefold()
    return unicodedata.normalize("NFKC", value)


def is_email(value: str) -> bool:
    """User names hold no @, so one look tells which of the two somebody typed."""
    return "@" in value


def validate_username(value: str) -> None:
    value = unicodedata.normalize("NFKC", value)
    if not 1 <= len(value) <= USERNAME_LENGTH:
        raise ValidationError(
            _("Use between 1 and %(most)d characters."),
            code="username_length",
            params={"most": USERNAME_LENGTH},
        )
    if not all(_is_word(character) for character in value) or not value[0].isalnum():
        raise ValidationError(
            _("Use letters, digits and . _ - + only, starting with a letter or digit."),
            code="username_characters",
        )
    _validate_scripts(value)


def validate_canonical_email(value: str) -> None:
    if len(value) > EMAIL_LENGTH:
        raise ValidationError(_("This e-mail address is too long."), code="email_length")
    plain_text(value)
    validate_email(value)
    _validate_scripts(value)


def _is_word(character: str) -> bool:
    return character in _PUNCTUATION or unicodedata.category(character)[0] in "LM" or character.isdecimal()


def _validate_scripts(value: str) -> None:
    scripts = {unicodedata.name(character, "?").split()[0] for character in value if character.isalpha()}
    if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        raise ValidationError(_("Use letters of one script only."), code="mixed_scripts")
