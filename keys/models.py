"""SigningKey: its timestamps are its schedule; published, signing, verifying and gone are computed from them."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from keys import schedule, sealing
from keys.algorithms import PrivateKey, from_bytes, to_bytes


class SigningKey(models.Model):
    """One key pair. The public half stays for ever, so that an old id_token_hint can still be read."""

    kid = models.CharField("key id", max_length=64, unique=True)
    algorithm = models.CharField(max_length=16)
    serial = models.PositiveIntegerField(help_text="Counts the keys of one algorithm.")
    public_jwk = models.JSONField("public key")
    sealed = models.TextField(
        blank=True, editable=False, help_text="The private half, encrypted; empty once wiped."
    )
    published_at = models.DateTimeField("public since")
    signs_from = models.DateTimeField()
    signs_until = models.DateTimeField()
    verifies_until = models.DateTimeField("public until")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoke_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["algorithm", "serial"]
        default_permissions = ("view",)
        permissions = [
            ("rotate_signingkey", "Can rotate signing keys"),
            ("revoke_signingkey", "Can revoke signing keys"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["algorithm", "serial"], name="one_key_per_algorithm_and_serial"),
            models.CheckConstraint(
                condition=Q(published_at__lte=F("signs_from"), signs_from__lte=F("signs_until"))
                & Q(signs_until__lt=F("verifies_until")),
                name="a_key_is_public_before_and_after_it_signs",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None) | Q(sealed=""), name="a_revoked_key_has_no_private_half"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.algorithm} {self.short_kid}"

    @property
    def short_kid(self) -> str:
        """Enough to tell keys apart, for people."""
        return self.kid[:8]

    @property
    def _context(self) -> str:
        return f"signing-key:{self.kid}"

    def state(self, now: datetime) -> schedule.State:
        return schedule.state(self, now)

    def seal(self, private: PrivateKey) -> None:
        self.sealed = sealing.seal(to_bytes(private), context=self._context)

    def unseal(self) -> PrivateKey:
        """The private half; raises `sealing.CannotOpen`."""
        return from_bytes(sealing.open_sealed(self.sealed, context=self._context))

    def resealed(self) -> str:
        """`sealed` under the current encryption key."""
        return sealing.reseal(self.sealed, context=self._context)
