"""A browser that asks to be signed in by another device of the person's; it opens nothing."""

from typing import ClassVar

from django.db import models

from accounts.models.session import Session


class DeviceRequest(models.Model):
    """Decided once, used once. Neither the QR code's value nor the asking browser's is in it, only a digest."""

    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    number = models.PositiveSmallIntegerField()  # stands on the asking screen
    choices = models.JSONField()  # what the approving one offers, in its order
    next_path = models.TextField()
    asked = models.JSONField(default=list)  # methods that an app asked for
    address = models.CharField(max_length=45, blank=True, default="")
    user_agent = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    # Whose session said yes; none where the answer was no, or the number a wrong one.
    approved_by = models.ForeignKey(Session, null=True, on_delete=models.CASCADE, related_name="+")
    used_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["DeviceRequest"]] = models.Manager()

    def __str__(self) -> str:
        return f"sign-in asked for on another device {self.pk}"
