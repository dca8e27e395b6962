"""Clients: the apps that rely on us, in the words of RFC 7591 section 2 and OIDC Registration section 2."""

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver
from django.utils.functional import cached_property

from idp.models.claim_mapping import ClaimMapping
from idp.models.client_answers import WithAnswers
from idp.models.client_encryption import WithEncryption
from idp.models.client_keys import WITH_SECRET, WithKeys
from idp.models.client_launch import WithLaunch
from idp.models.client_lifetimes import WithLifetimes
from idp.models.client_logout import WithLogout
from idp.models.client_looks import WithLooks
from idp.models.client_subject import WithSubject
from idp.protocol import scopes
from idp.protocol.errors import InvalidRedirectUri
from idp.protocol.names import check_name
from idp.protocol.redirects import check_registrable
from idp.protocol.secrets import mint

if TYPE_CHECKING:  # it is built on this module
    from idp.models.client_secret import ClientSecret

MAX_REDIRECT_URIS = 20  # S-121


def new_client_id() -> str:
    """In hex, for people type it after commands, where a leading "-" would be read as an option."""
    return secrets.token_hex(16)


def new_revision() -> str:
    return mint(8)


def _readable_name(name: str) -> None:
    try:
        check_name(name)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def default_scopes() -> list[str]:
    return list(scopes.DEFAULT)


def default_grant_types() -> list[str]:
    return ["authorization_code", "refresh_token"]


_link = URLValidator(schemes=["http", "https"])  # S-083
_client_id = RegexValidator(r"\A[A-Za-z0-9._~:/-]+\Z", "Use letters, digits and . _ ~ : / - only.")


class Client(
    WithKeys, WithLogout, WithLaunch, WithAnswers, WithEncryption, WithSubject, WithLooks, WithLifetimes
):
    """An app (relying party). `revision` changes with each save: then every process reads it again."""

    class AuthMethod(models.TextChoices):
        BASIC = "client_secret_basic", "secret in the Authorization header (client_secret_basic)"
        POST = "client_secret_post", "secret in the form (client_secret_post)"
        PRIVATE_KEY = "private_key_jwt", "a key of its own, which signs (private_key_jwt)"
        SECRET_JWT = "client_secret_jwt", "secret that signs and is not sent (client_secret_jwt)"
        NONE = "none", "no secret: a public app, with PKCE (none)"

    class Type(models.TextChoices):
        WEB = "web", "web: runs on a server or in the browser"
        NATIVE = "native", "native: installed on a phone or computer"

    class GrantType(models.TextChoices):
        CODE = "authorization_code", "sign people in (authorization_code)"
        REFRESH = "refresh_token", "stay signed in without asking again (refresh_token)"
        CREDENTIALS = "client_credentials", "act for itself, without a person (client_credentials)"
        IMPLICIT = "implicit", "get tokens through the browser (implicit)"
        DEVICE = (
            "urn:ietf:params:oauth:grant-type:device_code",
            "sign people in on a device without a browser (device_code)",
        )

    class Algorithm(models.TextChoices):
        RS256 = "RS256", "RS256"
        PS256 = "PS256", "PS256"
        ES256 = "ES256", "ES256"
        EDDSA = "EdDSA", "EdDSA"

    class IdTokenAlgorithm(models.TextChoices):
        RS256 = "RS256", "RS256"
        PS256 = "PS256", "PS256"
        ES256 = "ES256", "ES256"
        EDDSA = "EdDSA", "EdDSA"
        HS256 = "HS256", "HS256: signed with the app's secret"

    client_id = models.CharField(
        "client id", max_length=64, unique=True, default=new_client_id, validators=[_client_id]
    )
    name = models.CharField(
        max_length=100,
        validators=[_readable_name],
        help_text="What people read on the sign-in and consent pages.",
    )
    application_type = models.CharField("kind", max_length=8, choices=Type.choices, default=Type.WEB)
    token_endpoint_auth_method = models.CharField(
        "authentication", max_length=32, choices=AuthMethod.choices, default=AuthMethod.BASIC
    )
    redirect_uris = models.JSONField("redirect URIs", default=list, blank=True)
    post_logout_redirect_uris = models.JSONField("post-logout redirect URIs", default=list, blank=True)
    grant_types = models.JSONField(default=default_grant_types)
    scopes = models.JSONField("allowed scopes", default=default_scopes, blank=True)
    groups = models.ManyToManyField(
        Group,
        through="ClientGroup",
        blank=True,
        related_name="clients",
        help_text="Who may use this app; empty means everybody.",
    )
    first_party = models.BooleanField(
        "first-party", default=False, help_text="One of your own apps: people are not asked for consent."
    )
    enabled = models.BooleanField(default=True)

    # Registered by the app itself (RFC 7591), and the digest of the token by which it manages that (RFC 7592).
    self_registered = models.BooleanField(
        "registered itself",
        default=False,
        help_text="People are warned before they agree. Switch off once you know whose it is.",
    )
    registration_digest = models.CharField(max_length=64, blank=True, editable=False)

    client_uri = models.URLField("home page", blank=True, validators=[_link])
    logo_uri = models.URLField("logo", blank=True, validators=[_link])
    policy_uri = models.URLField("privacy policy", blank=True, validators=[_link])
    tos_uri = models.URLField("terms of service", blank=True, validators=[_link])
    contacts = models.JSONField(default=list, blank=True)

    id_token_signed_response_alg = models.CharField(
        "ID token algorithm",
        max_length=8,
        choices=IdTokenAlgorithm.choices,
        default=IdTokenAlgorithm.RS256,
        help_text="HS256 only for an app that can check nothing else: whoever has its secret can make its ID tokens.",
    )
    access_token_signed_response_alg = models.CharField(
        "access token algorithm", max_length=8, choices=Algorithm.choices, default=Algorithm.RS256
    )
    lean_id_token = models.BooleanField(
        "lean ID token", default=False, help_text="Leave the claims of scopes to userinfo."
    )
    audiences = models.JSONField(
        default=list,
        blank=True,
        help_text="APIs that its access tokens are for, by client id or address; they may introspect them.",
    )
    resources = models.JSONField("APIs that it may ask for", default=list, blank=True)
    require_pkce = models.BooleanField(
        "requires PKCE", default=True, help_text="Switch off only for a confidential app that can't send it."
    )
    rotate_refresh_tokens = models.BooleanField(
        default=True, help_text="Switch off only for a confidential app that can't store the new one."
    )
    dpop_bound_access_tokens = models.BooleanField(
        "requires DPoP",
        default=False,
        help_text="It gets tokens only with proof of a key of its own, so that a stolen one is of no use.",
    )
    require_dpop_nonce = models.BooleanField(
        "requires DPoP nonces",
        default=False,
        help_text="Its proofs have to hold a value from us, so that none can be made in advance.",
    )

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    revision = models.CharField(max_length=16, default=new_revision, editable=False)

    class Meta:
        ordering = ("name",)
        verbose_name = "app"
        permissions = (("rotate_client_secret", "Can make and end secrets of apps"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(subject_type="public", sector=None)
                | models.Q(subject_type="pairwise", sector__isnull=False),
                name="pairwise_apps_and_no_others_have_a_sector",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.settle_sector(self.client_id, self.redirect_uris)
        self.revision = new_revision()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "revision"}  # type: ignore[misc]
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def touch(self) -> None:
        """Tells every process that something about this app changed beside its own row."""
        type(self).objects.filter(pk=self.pk).update(revision=new_revision())

    def clean(self) -> None:
        errors: dict[str, list[str]] = {}
        for field in ("redirect_uris", "post_logout_redirect_uris"):
            if found := self._problems_of(getattr(self, field)):
                errors[field] = found
        errors |= self.key_problems(self.token_endpoint_auth_method)
        errors |= self.logout_problems(self.redirect_uris)
        errors |= self.launch_problems()
        errors |= self.subject_problems(self.client_id, self.redirect_uris)
        self.fit_encryption()
        errors |= self.encryption_problems(self.jwks, self.jwks_uri)
        if self.is_public:
            if "client_credentials" in self.grant_types:
                errors["grant_types"] = ["A public app has no secret, so it can't use client_credentials."]
            self.require_pkce = True
            self.rotate_refresh_tokens = True
        self.grant_types = self.fit_response_types(self.grant_types)
        errors |= self.answer_problems(self.grant_types, self.redirect_uris)
        if self.dpop_bound_access_tokens and any("token" in name.split() for name in self.response_types):
            errors["dpop_bound_access_tokens"] = [
                "A token that comes through the browser is bound to no key: choose response types without token."
            ]
        if not self.grant_types:
            errors["grant_types"] = ["Choose at least one, or a response type."]
        if {"authorization_code", "implicit"} & set(self.grant_types) and not self.redirect_uris:
            errors.setdefault("redirect_uris", []).append(
                "Signing in needs at least one address to return to."
            )
        for field in ("id_token_signed_response_alg", "access_token_signed_response_alg"):
            if getattr(self, field) not in (*settings.KEYS_ALGORITHMS, *WITH_SECRET):
                errors[field] = [
                    "This provider keeps no such key: add the algorithm to IDP_KEY_ALGORITHMS first."
                ]
        if not self.has_secret:
            for field in self.signed_with_secret:
                errors[field] = [
                    "HS256 is for an app that authenticates by a secret, with which it is signed."
                ]
        if errors:
            raise ValidationError(errors)

    def _problems_of(self, uris: list[str]) -> list[str]:
        if not isinstance(uris, list) or len(uris) > MAX_REDIRECT_URIS:
            return [f"Expected a list of at most {MAX_REDIRECT_URIS} addresses."]
        found = []
        for uri in uris:
            try:
                check_registrable(uri, native=self.is_native)
            except InvalidRedirectUri as error:
                found.append(f"{uri}: {error.description}")
        return found

    @cached_property
    def known_secrets(self) -> tuple["ClientSecret", ...]:
        """As when this instance was read; those of `clients.registry` are read anew at each change."""
        return tuple(self.secrets.all())

    @cached_property
    def group_keys(self) -> frozenset[int]:
        """The groups that may use it, none for everybody; as when this instance was read."""
        return frozenset(group.pk for group in self.groups.all())

    @cached_property
    def claim_mappings(self) -> list[ClaimMapping]:
        """Claims of the admin's own that its scopes may release; a change of any gives every app a new revision."""
        return list(ClaimMapping.objects.filter(scope__in=self.scopes))

    @property
    def is_public(self) -> bool:
        return self.token_endpoint_auth_method == self.AuthMethod.NONE

    @property
    def has_secret(self) -> bool:
        """Whether it is one that authenticates by a secret."""
        return self.token_endpoint_auth_method in SECRET_METHODS

    @property
    def signed_with_secret(self) -> list[str]:
        """The fields that have its secret sign what we send it."""
        fields = ("id_token_signed_response_alg", "userinfo_signed_response_alg")
        return [field for field in fields if getattr(self, field) in WITH_SECRET]

    @property
    def signing_algorithms(self) -> list[str]:
        """Those of our own keys that it needs, each once."""
        named = [self.id_token_signed_response_alg, self.access_token_signed_response_alg]
        named += [self.userinfo_signed_response_alg, self.answer_algorithm, self.introspection_algorithm]
        return [name for name in dict.fromkeys(named) if name and name not in WITH_SECRET]

    @property
    def secret_signs(self) -> bool:
        """Whether its secret has to be at hand itself, sealed, and not as a digest only."""
        by_assertion = self.token_endpoint_auth_method == self.AuthMethod.SECRET_JWT
        return self.has_secret and (by_assertion or bool(self.signed_with_secret))

    @property
    def is_native(self) -> bool:
        return self.application_type == self.Type.NATIVE


SECRET_METHODS = (Client.AuthMethod.BASIC, Client.AuthMethod.POST, Client.AuthMethod.SECRET_JWT)


class ClientGroup(models.Model):
    """One group that may use an app. It can't be deleted meanwhile: the app would be open to everybody."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    group = models.ForeignKey(Group, on_delete=models.PROTECT)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("client", "group"), name="one_row_per_app_and_group"),)

    def __str__(self) -> str:
        return f"{self.group} may use {self.client}"


@receiver(m2m_changed, sender=Client.groups.through)
def _groups_changed(action: str, instance: Client | Group, pk_set: set[int] | None, **_: object) -> None:
    """Whoever changes an app's groups, from either side and by whatever code: every process reads the app again."""
    if not action.startswith("post_"):
        return
    changed = [instance.pk] if isinstance(instance, Client) else list(pk_set or ())
    for pk in changed:
        Client.objects.filter(pk=pk).update(revision=new_revision())


@receiver((post_save, post_delete), sender=ClaimMapping)
def _mapping_changed(**_: object) -> None:
    """Every process reads all apps again, and their mappings with them."""
    Client.objects.update(revision=new_revision())
