"""Scopes: the names we know, what each means to a person, and which claims it asks for (OIDC Core section 5.4)."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from idp.protocol.errors import InvalidScope

_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 section 3.3
MAX_SCOPES = 50


@dataclass(frozen=True)
class Scope:
    """`words` finish the sentence "This app will…" on the consent page."""

    name: str
    words: str
    claims: tuple[str, ...] = ()


KNOWN = {
    scope.name: scope
    for scope in (
        Scope("openid", _("know that it is you")),
        Scope(
            "profile",
            _("see your name and profile"),
            (
                "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile",
                "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
            ),
        ),
        Scope("email", _("see your e-mail address"), ("email", "email_verified")),
        Scope("address", _("see your postal address"), ("address",)),
        Scope("phone", _("see your phone number"), ("phone_number", "phone_number_verified")),
        Scope("groups", _("see which groups you are in"), ("groups",)),
        Scope("offline_access", _("stay connected while you are away, until you remove it")),
    )
}  # fmt: skip
DEFAULT = ("openid", "profile", "email", "groups", "offline_access")


def read(value: str | None, *, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes asked for that `allowed` has, in the order asked, each once; unknown ones are left out.

    No scope at all means openid where the client may have it (INTEROP 3). Raises InvalidScope when nothing is left.
    """
    if value is None:
        asked = ["openid"]
    else:
        asked = value.split(" ")
        if len(asked) > MAX_SCOPES or not all(_TOKEN.fullmatch(name) for name in asked if name):
            raise InvalidScope("scope is malformed.", received=asked[:MAX_SCOPES])
    granted = tuple(dict.fromkeys(name for name in asked if name in allowed))
    if not granted:
        raise InvalidScope(
            "None of the scopes asked for is allowed for this app.", expected=allowed, received=asked
        )
    return granted


def narrowed(value: str | None, *, granted: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes of a refresh: those granted, or fewer (RFC 6749 section 6). Raises InvalidScope."""
    if value is None:
        return granted
    asked = tuple(dict.fromkeys(name for name in value.split(" ") if name))
    if not asked or not set(asked) <= set(granted):
        raise InvalidScope(
            "scope may only name what was granted before.",
            check="scope-granted",
            expected=granted,
            received=asked,
        )
    return asked


def claims_of(scope: tuple[str, ...]) -> tuple[str, ...]:
    """The claims that these scopes ask for."""
    return tuple(claim for name in scope if name in KNOWN for claim in KNOWN[name].claims)
