"""What an app is sent: response types, which answers are signed and how, and the sign-in it asks for by default.

OIDC Registration section 2, JARM section 3, RFC 9470 section 3, RFC 9701 section 6.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from idp.conf import conf
from idp.models.client_keys import WITH_SECRET
from idp.protocol.redirects import is_loopback
from idp.protocol.response_types import FRONT_CHANNEL, NAMES

CODE, IMPLICIT = "authorization_code", "implicit"
_ALGORITHMS = (
    "authorization_signed_response_alg",
    "userinfo_signed_response_alg",
    "introspection_signed_response_alg",
)


def default_response_types() -> list[str]:
    return ["code"]


class WithAnswers(models.Model):
    """The part of a client that is about our answers to it."""

    class AnswerSignedBy(models.TextChoices):
        RS256 = "RS256", "RS256"
        PS256 = "PS256", "PS256"
        ES256 = "ES256", "ES256"
        EDDSA = "EdDSA", "EdDSA"

    class UserinfoSignedBy(models.TextChoices):
        RS256 = "RS256", "RS256"
        PS256 = "PS256", "PS256"
        ES256 = "ES256", "ES256"
        EDDSA = "EdDSA", "EdDSA"
        HS256 = "HS256", "HS256: signed with the app's secret"

    response_types = models.JSONField(default=default_response_types, blank=True)
    authorization_signed_response_alg = models.CharField(
        "signed answer algorithm",
        max_length=8,
        choices=AnswerSignedBy.choices,
        blank=True,
        help_text="For answers that the app asks for as a signed JWT (JARM); empty for RS256.",
    )
    userinfo_signed_response_alg = models.CharField(
        "signed userinfo algorithm",
        max_length=8,
        choices=UserinfoSignedBy.choices,
        blank=True,
        help_text="Userinfo is then a signed JWT; empty for plain JSON.",
    )
    introspection_signed_response_alg = models.CharField(
        "signed introspection algorithm",
        max_length=8,
        choices=AnswerSignedBy.choices,
        blank=True,
        help_text="For an API that asks for introspection as a signed JWT (RFC 9701); empty for RS256.",
    )
    default_max_age = models.PositiveIntegerField(
        "longest sign-in age",
        null=True,
        blank=True,
        validators=[MaxValueValidator(10 * 365 * 86400)],
        help_text="Seconds after which people sign in again, unless the app asks otherwise; empty for no limit.",
    )
    default_acr_values = models.JSONField("default sign-in levels", default=list, blank=True)
    required_acr = models.CharField(
        "required sign-in levels",
        max_length=500,
        blank=True,
        default="",
        db_default="",
        help_text="Nobody gets in below one of these (acr), separated by spaces; whoever has no such factor sets it up "
        "on the way. Empty for no demand.",
    )

    userinfo_acr_values = models.JSONField(
        "sign-in levels for userinfo",
        default=list,
        db_default=models.Value([], models.JSONField()),
        blank=True,
    )
    userinfo_max_age = models.PositiveIntegerField(
        "longest sign-in age for userinfo",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(10 * 365 * 86400)],
        help_text="Seconds after which userinfo asks the app for a new sign-in (RFC 9470); empty for no limit.",
    )

    class Meta:
        abstract = True

    @property
    def required_levels(self) -> tuple[str, ...] | None:
        return tuple(self.required_acr.split()) or None

    @property
    def answer_algorithm(self) -> str:
        return self.authorization_signed_response_alg or self.AnswerSignedBy.RS256.value

    @property
    def introspection_algorithm(self) -> str:
        return self.introspection_signed_response_alg or self.AnswerSignedBy.RS256.value

    @property
    def has_front_channel(self) -> bool:
        """Whether an admin let it have tokens through the browser (S-017)."""
        return any(name in FRONT_CHANNEL for name in self.response_types)

    def fit_response_types(self, grant_types: list[str]) -> list[str]:
        """The grant types with `implicit` where, and only where, a response type needs it (RFC 7591 section 2.1).

        An app that may not redeem codes is sent none, and one that may do nothing else is sent codes.
        """
        if CODE in grant_types and not self.response_types:
            self.response_types = default_response_types()
        if CODE not in grant_types:
            self.response_types = [name for name in self.response_types if "code" not in name.split()]
        others = [name for name in grant_types if name != IMPLICIT]
        return [*others, IMPLICIT] if self.has_front_channel else others

    def answer_problems(self, grant_types: list[str], redirect_uris: list[str]) -> dict[str, list[str]]:
        """By field, what is wrong."""
        found: dict[str, list[str]] = {}
        if not set(self.response_types) <= set(NAMES):
            found["response_types"] = [f"Expected a list of: {', '.join(NAMES)}."]
        elif CODE in grant_types and not any("code" in name.split() for name in self.response_types):
            found["response_types"] = ["The grant authorization_code needs a response type with code."]
        elif self.has_front_channel and not settings.LOCAL and not all(map(_is_web, redirect_uris)):
            found["response_types"] = [
                "Tokens through the browser go to https addresses only, never to this machine or an app's own scheme."
            ]
        if not set(self.userinfo_acr_values) <= set(conf().acr_ladder):
            known = ", ".join(conf().acr_ladder)
            found["userinfo_acr_values"] = [f"No sign-in here reaches others than: {known} (IDP_ACR_LADDER)."]
        if unknown := [name for name in self.required_acr.split() if name not in settings.ACR_LADDER]:
            found["required_acr"] = [f"IDP_ACR_LADDER has no level {unknown[0]}."]
        for field in _ALGORITHMS:
            if getattr(self, field) not in ("", *WITH_SECRET, *settings.KEYS_ALGORITHMS):
                found[field] = [
                    "This provider keeps no such key: add the algorithm to IDP_KEY_ALGORITHMS first."
                ]
        return found


def _is_web(uri: str) -> bool:
    """OIDC Registration section 2, application_type: what implicit apps may register."""
    parts = urlsplit(uri)
    return parts.scheme == "https" and not is_loopback(parts.hostname or "")
