"""Which language a person reads, and which of ours that is (BCP 47, RFC 4647 section 3.4)."""

from collections.abc import Iterable
from contextvars import ContextVar

from django.conf import settings

from accounts.models import User

# What the page in work is in; "" where no person reads: commands, the admin, programs.
spoken: ContextVar[str] = ContextVar("spoken", default="")

_OURS = frozenset(code for code, _ in settings.LANGUAGES)
# Tags that say the same without being a longer form of it.
_SAME = {"zh": "zh-hans", "zh-cn": "zh-hans", "zh-sg": "zh-hans", "zh-my": "zh-hans"}
# Traditional Chinese, which would be cut to zh and so to the other script.
_OTHERS = frozenset({"zh-hant", "zh-tw", "zh-hk", "zh-mo"})


def match(tags: Iterable[str]) -> str:
    """The first that we have, each cut shorter until we have it; "" for none."""
    return next((found for tag in tags if (found := _lookup(tag))), "")


def _lookup(tag: str) -> str:
    tag = tag.lower()
    while tag and tag not in _OTHERS:
        if found := tag if tag in _OURS else _SAME.get(tag, ""):
            return found
        tag = tag.rpartition("-")[0]
    return ""


def tag(code: str) -> str:
    """As BCP 47 writes it: zh-Hans for Django's zh-hans."""
    language, _, script = code.partition("-")
    return f"{language}-{script.title()}" if script else language


def of(user: User | None) -> str:
    """For a mail: the person's own, or else that of the request that caused it."""
    own = match([user.locale]) if user is not None else ""
    return own or spoken.get() or settings.DEFAULT_LANGUAGE
