"""APIs that access tokens may be asked for, each under its address (RFC 8707)."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from idp.conf import conf
from idp.models.client import Client
from idp.models.client_lifetimes import seconds_of_a_token
from idp.protocol import resources, scopes
from idp.protocol.errors import InvalidScope, InvalidTarget


class Api(models.Model):
    """It is never deleted, only switched off: what tokens once named must not come to mean something else."""

    identifier = models.CharField(
        max_length=resources.MAX_LENGTH,
        unique=True,
        help_text="Its address, as apps ask for it (resource) and tokens name it (aud). An app with this client id "
        "may introspect its tokens.",
    )
    name = models.CharField(max_length=100, help_text="What people read when an app asks to use it for them.")
    scopes = models.JSONField(default=list, blank=True)
    access_token_seconds = models.PositiveIntegerField(
        "access token lifetime",
        null=True,
        blank=True,
        validators=seconds_of_a_token,
        help_text="Seconds; empty for the app's.",
    )
    access_token_signed_response_alg = models.CharField(
        "access token algorithm",
        max_length=8,
        choices=Client.Algorithm.choices,
        blank=True,
        help_text="Empty for the app's.",
    )
    open_to_all = models.BooleanField(
        "for every app",
        default=False,
        help_text="Every app may ask for it, also those that registered themselves; otherwise those that it is "
        "chosen for. People are asked either way.",
    )
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ("name",)
        verbose_name = "API"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        errors = {}
        try:
            resources.check(self.identifier)
        except InvalidTarget as error:
            errors["identifier"] = error.description
        if self.identifier in own_identifiers():
            errors["identifier"] = "This is Signet's own userinfo, which needs no registration."
        if not _are_scopes(self.scopes):
            errors["scopes"] = (
                "Expected scopes of the API's own: visible ASCII without quotes or backslashes."
            )
        algorithm = self.access_token_signed_response_alg
        if algorithm and algorithm not in settings.KEYS_ALGORITHMS:
            missing = "This provider keeps no such key: add the algorithm to IDP_KEY_ALGORITHMS first."
            errors |= {"access_token_signed_response_alg": missing}
        if errors:
            raise ValidationError(errors)


def own_identifiers() -> tuple[str, ...]:
    """Under which names an app may ask for userinfo: by the provider's, or by the endpoint's address."""
    return conf().issuer, conf().url("/oauth2/userinfo")


def _are_scopes(names: object) -> bool:
    """Those of OpenID Connect are about a person, and open userinfo only."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return False
    try:
        return not names or (
            scopes.read(" ".join(names), allowed=tuple(names)) == tuple(names)
            and not set(names) & set(scopes.KNOWN)
        )
    except InvalidScope:
        return False
