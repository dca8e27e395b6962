"""Claims of your own: a name, where its value comes from, and the scope that releases it (S-131).

A fixed small table of sources and transforms; nothing that an admin writes is ever run.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from accounts import groups
from accounts.models import User
from idp.protocol import scopes
from idp.protocol.errors import InvalidScope

ATTRIBUTE, FIELD = "attribute.", "field."


def _field(name: str) -> Callable[[User], Any]:
    return lambda user: getattr(user, name)


FIELDS: dict[str, Callable[[User], Any]] = {
    **{
        name: _field(name)
        for name in (
            "username", "username_display", "email", "given_name", "family_name", "middle_name", "nickname",
            "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "phone_number",
        )
    },
    "name": User.get_full_name,
    "subject": lambda user: user.sub,
    "groups": groups.names,
}  # fmt: skip


def _text(change: Callable[[str], Any]) -> Callable[[Any], Any]:
    """The change of a text, of each in a list, and of nothing else."""

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [changed(item) for item in value]
        return change(value) if isinstance(value, str) else value

    return changed


def _first(value: Any) -> Any:
    return (value[0] if value else None) if isinstance(value, list) else value


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _joined(value: Any) -> Any:
    return ",".join(map(str, value)) if isinstance(value, list) else value


def _as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


TRANSFORMS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "": ("as it is", lambda value: value),
    "lower": ("in small letters", _text(str.lower)),
    "upper": ("in capital letters", _text(str.upper)),
    "local_part": ("what stands before the @", _text(lambda text: text.partition("@")[0])),
    "domain": ("what stands after the @", _text(lambda text: text.rpartition("@")[2])),
    "first": ("the first of several", _first),
    "list": ("as a list", _as_list),
    "joined": ("several as one text, with commas", _joined),
    "text": ("as a text", _as_text),
}

# What the protocol says, and what says that another claim is verified.
RESERVED = frozenset(
    {
        *("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "auth_time", "nonce", "acr", "amr", "azp", "sid"),
        *("at_hash", "c_hash", "s_hash", "sub_jwk", "events", "cnf", "act", "may_act", "client_id", "scope"),
        *("email", "email_verified", "phone_number", "phone_number_verified"),
        *("_claim_names", "_claim_sources"),
    }
)  # fmt: skip


class ClaimMapping(models.Model):
    claim = models.CharField(
        max_length=100,
        unique=True,
        validators=[
            RegexValidator(r"\A[A-Za-z][A-Za-z0-9_.:/-]*\Z", "Use letters, digits and _ . : / - only.")
        ],
    )
    source = models.CharField("comes from", max_length=60)
    transform = models.CharField(
        "shown",
        max_length=12,
        blank=True,
        default="",
        choices=[(key, words) for key, (words, _) in TRANSFORMS.items()],
    )
    scope = models.CharField(
        max_length=100,
        help_text="Apps that were given this scope are told: one of the known ones, or one of your own, which then "
        "stands among an app's own scopes.",
    )

    objects: ClassVar[models.Manager["ClaimMapping"]] = models.Manager()

    class Meta:
        ordering = ("claim",)
        verbose_name = "claim"

    def __str__(self) -> str:
        return self.claim

    def clean(self) -> None:
        errors = {}
        if self.claim in RESERVED:
            errors["claim"] = "This claim has a meaning of its own."
        kind, name = self.source.partition(".")[::2]
        if f"{kind}." not in (ATTRIBUTE, FIELD) or not name or (f"{kind}." == FIELD and name not in FIELDS):
            errors["source"] = "There is no such source."
        try:
            scopes.read(self.scope, allowed=(self.scope,))
        except InvalidScope:
            errors["scope"] = "A scope is visible ASCII without spaces, quotes or backslashes."
        if self.scope == "openid" or self.scope == "offline_access":
            errors["scope"] = "This scope is for all apps; take one that an app asks for on purpose."
        if errors:
            raise ValidationError(errors)

    def value(self, user: User, *, subject: str = "") -> Any:
        """What this person's is; None for nothing. `subject` is what the app knows them by, where that is another."""
        name = self.source.partition(".")[2]
        if self.source == f"{FIELD}subject" and subject:
            return TRANSFORMS[self.transform][1](subject)
        found = user.attributes.get(name) if self.source.startswith(ATTRIBUTE) else FIELDS[name](user)
        return None if found in (None, "", []) else TRANSFORMS[self.transform][1](found)
