"""How long what an app is given lasts, where an admin says it for this app."""

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from idp.conf import LONGEST_TOKEN, conf

seconds_of_a_token = [MinValueValidator(1), MaxValueValidator(int(LONGEST_TOKEN.total_seconds()))]
_refresh_seconds = [MinValueValidator(1), MaxValueValidator(10 * 365 * 86400)]


class WithLifetimes(models.Model):
    access_token_seconds = models.PositiveIntegerField(
        "access token lifetime",
        null=True,
        blank=True,
        validators=seconds_of_a_token,
        help_text="Seconds; empty for the default.",
    )
    id_token_seconds = models.PositiveIntegerField(
        "ID token lifetime",
        null=True,
        blank=True,
        validators=seconds_of_a_token,
        help_text="Seconds; empty for the default.",
    )
    refresh_idle_seconds = models.PositiveIntegerField(
        "refresh token idle lifetime",
        null=True,
        blank=True,
        validators=_refresh_seconds,
        help_text="Seconds; empty for the default.",
    )
    refresh_seconds = models.PositiveIntegerField(
        "refresh token lifetime",
        null=True,
        blank=True,
        validators=_refresh_seconds,
        help_text="Seconds; empty for the default.",
    )

    class Meta:
        abstract = True

    @property
    def access_token_lifetime(self) -> timedelta:
        return _or_default(self.access_token_seconds, conf().access_token_lifetime)

    @property
    def id_token_lifetime(self) -> timedelta:
        return _or_default(self.id_token_seconds, conf().id_token_lifetime)

    @property
    def refresh_idle(self) -> timedelta:
        return _or_default(self.refresh_idle_seconds, conf().refresh_token_idle)

    @property
    def refresh_lifetime(self) -> timedelta:
        return _or_default(self.refresh_seconds, conf().refresh_token_lifetime)


def _or_default(seconds: int | None, default: timedelta) -> timedelta:
    return default if seconds is None else timedelta(seconds=seconds)
