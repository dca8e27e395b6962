"""Initial access tokens: who holds one may register an app by itself (RFC 7591 section 3)."""

from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class RegistrationToken(models.Model):
    """Kept as a keyed digest; good for `uses` registrations until it expires or is revoked."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField("ends in", max_length=4, editable=False, help_text="Its last four characters.")
    note = models.CharField(max_length=100, help_text="Whom it is for.")
    uses = models.PositiveIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(10_000)],
        help_text="How many apps may be registered with it.",
    )
    used = models.PositiveIntegerField(default=0, editable=False)
    openid_connect = models.BooleanField(
        "for all of OpenID Connect",
        default=False,
        db_default=False,
        help_text="Its apps may do all that OpenID Connect has: sign people in without PKCE, get tokens through the "
        "browser, have requests fetched or send them unsigned, and name the token endpoint in their assertions. "
        "For a certification run, or for apps that know nothing stricter.",
    )
    created_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField("expires")
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created_at",)
        verbose_name = "registration token"

    def __str__(self) -> str:
        return f"{self.note} (…{self.hint})"

    def state(self, now: datetime) -> str:
        if self.revoked_at is not None:
            return "revoked"
        if now >= self.expires_at:
            return "expired"
        return "used up" if self.used >= self.uses else "live"
