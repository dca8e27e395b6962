"""A sector, and the key that names people within it: made once, and never changed (OIDC Core section 8.1)."""

import hmac
import secrets
from functools import cached_property

from django.db import models

from idp.protocol.redirects import MAX_LENGTH
from keys import base64url, sealing


def context(identifier: str) -> str:
    """What the key of this sector is sealed for."""
    return f"sector:{identifier}"


class Sector(models.Model):
    """Kept also when its last app is gone: should one come again, people are to be who they were."""

    identifier = models.CharField(max_length=MAX_LENGTH + 64, unique=True)
    sealed = models.TextField(help_text="The key, sealed.")

    def __str__(self) -> str:
        return self.identifier

    @classmethod
    def of(cls, identifier: str) -> "Sector":
        """The one of that identifier; two nodes that make it at once get the same."""
        sealed = sealing.seal(secrets.token_bytes(32), context=context(identifier))
        return cls.objects.get_or_create(identifier=identifier, defaults={"sealed": sealed})[0]

    @cached_property
    def _key(self) -> bytes:
        return sealing.open_sealed(self.sealed, context=context(self.identifier))

    def named(self, kind: str, value: str) -> str:
        """`value` as this sector knows it: always the same, elsewhere another, and nobody else can undo it."""
        digest = hmac.digest(self._key, f"{kind} {value}".encode(), "sha256")
        return base64url.encode(digest)
