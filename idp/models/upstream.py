"""Other providers that people may come from, and one visit there: from the button to what is made of the answer."""

import re
import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from idp import outbound

MAX_DOMAINS = 100
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ONE_TENANT = re.compile(f"/{_GUID.pattern}/")
EVERY = "*"


class Upstream(models.Model):
    """How it is asked, how far it is believed, and what becomes of people who come from it."""

    class Preset(models.TextChoices):
        OIDC = "oidc", "any OpenID Connect provider"
        GOOGLE = "google", "Google"
        ENTRA = "entra", "Microsoft Entra ID"
        GITHUB = "github", "GitHub"
        GITLAB = "gitlab", "GitLab"
        APPLE = "apple", "Apple"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=60, help_text="What its button says: Sign in with …")
    slug = models.CharField(
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(r"\A[a-z0-9]([a-z0-9-]*[a-z0-9])?\Z", "Use small letters, digits and - only.")
        ],
        help_text="Stands in its addresses, among them the redirect URI that is registered there.",
    )
    preset = models.CharField(max_length=10, choices=Preset.choices, default=Preset.OIDC)
    issuer = models.CharField(
        max_length=400,
        blank=True,
        help_text="Its issuer, without /.well-known/…; empty for the one that the kind has. For Entra ID of one "
        "tenant: https://login.microsoftonline.com/TENANT-ID/v2.0",
    )
    client_id = models.CharField("client ID", max_length=255)
    sealed_secret = models.TextField(blank=True, default="", editable=False)
    team_id = models.CharField("Apple team ID", max_length=20, blank=True, default="")
    key_id = models.CharField("Apple key ID", max_length=20, blank=True, default="")
    scopes = models.CharField(max_length=500, blank=True, help_text="Empty for those that the kind needs.")
    enabled = models.BooleanField(default=True)
    shown = models.BooleanField(
        "on the sign-in page", default=True, help_text="Off: it has no button; its address still works."
    )

    email_domains = models.JSONField(default=list, blank=True)
    allowed_domains = models.JSONField(default=list, blank=True)
    tenants = models.JSONField(default=list, blank=True)
    may_create = models.BooleanField(
        "may make accounts",
        default=False,
        help_text="Whoever comes from it and has no account here gets one.",
    )
    groups = models.ManyToManyField(
        Group, blank=True, related_name="+", help_text="Groups of people whose account was made so."
    )
    refresh_claims = models.BooleanField(
        "keep names current",
        default=False,
        help_text="Names are taken over at each sign-in, also of people who had their account before.",
    )
    trusted_amr = models.JSONField(default=list, blank=True)
    trusted_acr = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: "models.Manager[Upstream]"

    class Meta:
        ordering = ("name",)
        verbose_name = "upstream provider"

    def __str__(self) -> str:
        return self.name

    @property
    def sealed_for(self) -> str:
        return f"upstream:{self.pk}"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.issuer:
            self.issuer = self.issuer.rstrip("/") if self.preset != self.Preset.OIDC else self.issuer
            try:
                outbound.check_address(self.issuer)
            except ValueError as error:
                errors["issuer"] = str(error)
        elif self.preset == self.Preset.OIDC:
            errors["issuer"] = "The address of the provider is missing."
        if self.preset == self.Preset.APPLE and not (self.team_id and self.key_id):
            errors["team_id"] = "Apple needs the team ID and the key ID."
        for name in ("email_domains", "allowed_domains"):
            if wrong := _wrong_domain(getattr(self, name), every=name == "email_domains"):
                errors[name] = wrong
        if wrong := _wrong_tenant(self.preset, self.issuer, self.tenants):
            errors["tenants"] = wrong
        if errors:
            raise ValidationError(errors)


class UpstreamVisit(models.Model):
    """Bound to one browser by a cookie, good for one answer within ten minutes (RFC 9700 section 4.7).

    Nothing of it can be used by who reads it: state is kept as a hash, from which nonce and verifier can't be derived.
    """

    class Purpose(models.TextChoices):
        SIGN_IN = "sign-in"
        CONFIRM = "confirm"  # the person who is signed in shows that it is them
        LINK = "link"

    # Public: it stands in the address of the page that asks what to do with an answer.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    upstream = models.ForeignKey(Upstream, on_delete=models.CASCADE, related_name="+")
    state_hash = models.CharField(max_length=64, unique=True)
    browser_hash = models.CharField(max_length=64)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    next_path = models.TextField()
    needs = models.JSONField(default=list)  # methods that the sign-in has to have
    max_age = models.PositiveIntegerField(null=True)  # of the sign-in there, in seconds
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    answered_at = models.DateTimeField(null=True)
    # What was proven there, while the person says what to do with it.
    proven = models.JSONField(default=dict)

    objects: "models.Manager[UpstreamVisit]"

    def __str__(self) -> str:
        return f"visit {self.pk}"


def _wrong_domain(names: Any, *, every: bool) -> str:
    if not isinstance(names, list) or len(names) > MAX_DOMAINS:
        return f"At most {MAX_DOMAINS} domains."
    bad = [
        name
        for name in names
        if not (isinstance(name, str) and (_DOMAIN.fullmatch(name) or (every and name == EVERY)))
    ]
    return f"{bad[0]} is no domain in small letters." if bad else ""


def _wrong_tenant(preset: str, issuer: str, names: Any) -> str:
    if (
        not isinstance(names, list)
        or len(names) > MAX_DOMAINS
        or not all(isinstance(name, str) for name in names)
    ):
        return f"At most {MAX_DOMAINS}."
    if names and preset not in (Upstream.Preset.ENTRA, Upstream.Preset.GOOGLE):
        return "Only Entra ID has tenants, and Google hosted domains."
    is_entra = preset == Upstream.Preset.ENTRA
    if is_entra and not names and not _ONE_TENANT.search(issuer):
        return "Name the tenants whose people may come, or * for those of every company in the world."
    if is_entra and any(name != EVERY and not _GUID.fullmatch(name) for name in names):
        return "A tenant is named by its ID (a GUID in small letters), which never changes hands."
    return ""
