"""How somebody signed in, in words: the names of `amr` (RFC 8176) as a person would say them."""

from collections.abc import Callable, Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


def in_words(amr: Iterable[str]) -> str:
    """`password, code of an app`."""
    held = frozenset(amr)
    return ", ".join(str(words) for is_one, words in _WORDS if is_one(held)) or _("another way")


_WORDS: tuple[tuple[Callable[[frozenset[str]], bool], object], ...] = (
    (lambda held: "pop" in held and "hwk" in held, gettext_lazy("passkey of one device")),
    (lambda held: "pop" in held and "hwk" not in held, gettext_lazy("passkey")),
    (lambda held: "pwd" in held, gettext_lazy("password")),
    (lambda held: "link" in held, gettext_lazy("link")),
    (lambda held: "otp" in held, gettext_lazy("code of an app or recovery code")),
    (lambda held: "mca" in held, gettext_lazy("code by mail")),
)
