"""What people prove themselves with beside a password: apps, passkeys, recovery codes, trusted devices."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from accounts import authenticators


class Totp(models.Model):
    """An authenticator app (RFC 6238) whose first code was right; the seed is sealed (S-140)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="totps")
    name = models.CharField(max_length=60)
    sealed = models.TextField()
    last_step = models.BigIntegerField(default=0)  # of the last code that was taken: each works once (S-105)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Totp"]] = models.Manager()

    class Meta:
        verbose_name = "authenticator app"
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.name


class Passkey(models.Model):
    """A public key credential (WebAuthn level 3) that signs in by itself."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=60)
    credential_id = models.CharField(max_length=1400, unique=True)  # base64url; at most 1023 bytes before
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField(default=0)
    aaguid = models.CharField(max_length=36, blank=True, default="")
    transports = models.JSONField(default=list)
    backup_eligible = models.BooleanField(default=False)  # may be copied to other devices of the person
    backed_up = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Passkey"]] = models.Manager()

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def kept_by(self) -> str:
        """ "" where that is not known."""
        return authenticators.name(self.aaguid)


class RecoveryCode(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    code_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["RecoveryCode"]] = models.Manager()

    def __str__(self) -> str:
        return f"recovery code {self.pk}"


class TrustedDevice(models.Model):
    """A browser in which one person asked not to be asked for a second factor, until `expires_at`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="trusted_devices"
    )
    device_hash = models.CharField(max_length=64)
    user_agent = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["TrustedDevice"]] = models.Manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["user", "device_hash"], name="one_trust_per_person_and_device")
        ]

    def __str__(self) -> str:
        return f"device {self.pk}"


class UsedChallenge(models.Model):
    """A WebAuthn challenge that was answered; none is taken twice (S-105)."""

    challenge_hash = models.CharField(primary_key=True, max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["UsedChallenge"]] = models.Manager()

    def __str__(self) -> str:
        return self.challenge_hash
