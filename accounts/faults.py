"""What is wrong with somebody's particulars, each fault once and under the name that was typed."""

from collections.abc import Callable

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError


def sentences(error: ValidationError, called: Callable[[str], str]) -> list[str]:
    """`called` says what a field is called where it was filled in; the user name, stored in two forms, is one there."""
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    found = dict(error.message_dict)
    if "username_display" in found:
        found.pop("username", None)
    return [
        text if name == NON_FIELD_ERRORS else f"{called(name)}: {text}"
        for name, texts in found.items()
        for text in texts
    ]


def in_words(name: str) -> str:
    return "user name" if name.startswith("username") else name.replace("_", " ")
