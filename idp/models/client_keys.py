"""What an app signs towards us: its keys, its algorithms, and how strictly its requests are taken.

OIDC Registration section 2, RFC 9101 section 10.5, RFC 9126 section 6.
"""

from collections.abc import Callable

from django.db import models

from idp.outbound import check_address
from keys import foreign

SIGNING = ("RS256", "PS256", "ES256", "EdDSA")
WITH_SECRET = ("HS256",)


class WithKeys(models.Model):
    """The part of a client that is about signatures of its own."""

    class SignedBy(models.TextChoices):
        RS256 = "RS256", "RS256"
        PS256 = "PS256", "PS256"
        ES256 = "ES256", "ES256"
        EDDSA = "EdDSA", "EdDSA"

    class AssertedBy(models.TextChoices):
        RS256 = "RS256", "RS256"
        PS256 = "PS256", "PS256"
        ES256 = "ES256", "ES256"
        EDDSA = "EdDSA", "EdDSA"
        HS256 = "HS256", "HS256 (client_secret_jwt)"

    jwks = models.JSONField(
        "public keys (jwks)",
        null=True,
        blank=True,
        help_text="A JWK set, public keys only. Or its address below.",
    )
    jwks_uri = models.CharField(
        "address of its public keys (jwks_uri)",
        max_length=2048,
        blank=True,
        help_text="https. Read again when the app signs with a key that is not known yet.",
    )
    token_endpoint_auth_signing_alg = models.CharField(
        "assertion algorithm",
        max_length=8,
        blank=True,
        choices=AssertedBy.choices,
        help_text="What signs its client assertions; empty for any that fits the method.",
    )
    request_object_signing_alg = models.CharField(
        "request object algorithm",
        max_length=8,
        blank=True,
        choices=SignedBy.choices,
        help_text="What signs its request objects; empty for any.",
    )
    request_uris = models.JSONField(
        "addresses of its request objects",
        default=list,
        blank=True,
        help_text="Fetched by the server at a sign-in.",
    )
    require_signed_request_object = models.BooleanField(
        "requires signed requests",
        default=False,
        help_text="Only request objects signed by the app are taken.",
    )
    require_pushed_authorization_requests = models.BooleanField(
        "requires pushed requests",
        default=False,
        help_text="Sign-ins begin with a pushed request (PAR) only.",
    )
    lenient_assertions = models.BooleanField(
        "assertions as older libraries make them",
        default=False,
        help_text="Takes client assertions for the token endpoint instead of the issuer, and good for an hour instead "
        "of ten minutes, from an app that can't do otherwise.",
    )

    lenient_request_objects = models.BooleanField(
        "request objects as plain OpenID Connect has them",
        default=False,
        db_default=False,
        help_text="Takes request objects that nobody signed, and signed ones that never expire, from an app that can't "
        "do otherwise.",
    )

    class Meta:
        abstract = True

    @property
    def takes_unsigned(self) -> bool:
        """Whether a request object may do without a signature; an app that named an algorithm has to keep to it."""
        return self.lenient_request_objects and not self.request_object_signing_alg

    @property
    def has_keys(self) -> bool:
        return bool(self.jwks or self.jwks_uri)

    def key_problems(self, method: str) -> dict[str, list[str]]:
        """By field, what is wrong with the keys and algorithms for an app that authenticates by `method`."""
        found: dict[str, list[str]] = {}
        if self.jwks is not None:
            _note(found, "jwks", foreign.check, self.jwks)
        if self.jwks_uri:
            _note(found, "jwks_uri", check_address, self.jwks_uri)
        for uri in self.request_uris:
            _note(found, "request_uris", check_address, uri.partition("#")[0])  # OIDC Core section 6.2
        if self.jwks and self.jwks_uri:
            found["jwks_uri"] = ["Give the keys or their address, not both (OIDC Registration section 2)."]
        if not self.has_keys and method == "private_key_jwt":
            found.setdefault("jwks", []).append(
                "private_key_jwt needs the app's public keys, or their address."
            )
        fetched = self.request_uris and not self.takes_unsigned
        if not self.has_keys and (
            self.require_signed_request_object or self.request_object_signing_alg or fetched
        ):
            found.setdefault("jwks", []).append(
                "Signed requests need the app's public keys, or their address."
            )
        if self.require_signed_request_object and self.lenient_request_objects:
            found["lenient_request_objects"] = ["An app that has to sign its requests has to sign them well."]
        algorithm = self.token_endpoint_auth_signing_alg
        if algorithm and algorithm not in ASSERTION_ALGORITHMS.get(method, ()):
            found["token_endpoint_auth_signing_alg"] = ["This algorithm does not go with the authentication."]
        return found


ASSERTION_ALGORITHMS = {"private_key_jwt": SIGNING, "client_secret_jwt": WITH_SECRET}


def _note(found: dict[str, list[str]], field: str, check: Callable[[object], None], value: object) -> None:
    try:
        check(value)
    except foreign.UnfitKeys as error:
        found[field] = [f"Expected {error}."]
    except ValueError as error:
        found[field] = [str(error)]
