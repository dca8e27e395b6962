"""What a password may be: long enough, not one that everybody tries; any Unicode, no rules of composition (S-100)."""

import re
from collections.abc import Iterable
from itertools import pairwise
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.names import canonical

MAX_BYTES = 4096
_PRODUCT_WORDS = ("signet", "password", "passwort", "openid")
_LEFT_OVER = 6  # so many characters beside the context words make a password of its own


def is_too_long(password: str) -> bool:
    """Refused before it is hashed, so that nobody makes the server hash a book."""
    return len(password) > MAX_BYTES or len(password.encode("utf-8", "replace")) > MAX_BYTES


class Length:
    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) < settings.PASSWORD_MIN_LENGTH:
            raise ValidationError(self.get_help_text(), code="password_too_short")
        if is_too_long(password):
            raise ValidationError(_("This password is longer than 4 kB."), code="password_too_long")

    def get_help_text(self) -> str:
        least: int = settings.PASSWORD_MIN_LENGTH
        return ngettext(
            "Use at least %(number)d character. A few words in a row are good.",
            "Use at least %(number)d characters. A few words in a row are good.",
            least,
        ) % {"number": least}


class Blocklist:
    """Django's list of common passwords, and words that anybody would try here: the person's, the site's."""

    def __init__(self) -> None:
        self.common: frozenset[str] = frozenset(CommonPasswordValidator().passwords)

    def validate(self, password: str, user: User | None = None) -> None:
        if is_too_long(password):
            return  # Length says so
        if self._is_common(password) or _is_pattern(password):
            raise ValidationError(
                _("This is among the passwords that are tried first."), code="password_common"
            )
        if _left_over(canonical(password), _context_words(user)) < _LEFT_OVER:
            raise ValidationError(
                _("This is made of your name or this site's name. Use other words."), code="password_context"
            )

    def get_help_text(self) -> str:
        return _("Not a common password, and not your name or this site's.")

    def _is_common(self, password: str) -> bool:
        folded = canonical(password)
        core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
        return folded in self.common or (bool(core) and core in self.common)


def _is_pattern(password: str) -> bool:
    """Few different characters, or a run such as 123456789012."""
    steps = {(ord(after) - ord(before)) % 10 for before, after in pairwise(password)}
    return len(set(password)) < 5 or (len(steps) == 1 and password.isascii())


def _context_words(user: User | None) -> Iterable[str]:
    words = [*_PRODUCT_WORDS, *(urlsplit(settings.ISSUER).hostname or "").split(".")]
    if user is not None:
        words += [
            user.username,
            *re.split(r"[@.]", user.email),
            *re.split(r"\W+", canonical(user.get_full_name())),
        ]
    return sorted({word for word in words if len(word) >= 4}, key=len, reverse=True)


def _left_over(password: str, words: Iterable[str]) -> int:
    for word in words:
        password = password.replace(word, "")
    return len(password)
