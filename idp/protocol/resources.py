"""Resource indicators: the parameter that may come more than once, and the form of its values (RFC 8707 section 2)."""

import re

from idp.protocol.errors import InvalidTarget

NAME = "resource"
MAX_LENGTH = 255
MAX_RESOURCES = 10
_ABSOLUTE = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+"
)  # RFC 3986


def read(values: tuple[str, ...]) -> tuple[str, ...]:
    """Each once, in the order asked. Raises InvalidTarget."""
    asked = tuple(dict.fromkeys(values))
    if len(asked) > MAX_RESOURCES:
        raise InvalidTarget(
            f"At most {MAX_RESOURCES} resources can be asked for at once.",
            expected=MAX_RESOURCES,
            received=len(asked),
        )
    for value in asked:
        check(value)
    return asked


def check(value: str) -> None:
    """Raises InvalidTarget for what is no absolute URI without a fragment."""
    if len(value) > MAX_LENGTH or not _ABSOLUTE.fullmatch(value):
        raise InvalidTarget(
            f"A resource is an absolute URI of at most {MAX_LENGTH} characters without a fragment.",
            received=value,
        )


def narrowed(asked: tuple[str, ...], *, granted: tuple[str, ...]) -> tuple[str, ...]:
    """The resources of one token: those granted, or those of them asked for. Raises InvalidTarget."""
    if not set(asked) <= set(granted):
        raise InvalidTarget(
            "resource may only name what the authorization request named.",
            check="resource-granted",
            expected=granted,
            received=asked,
        )
    return asked or granted
