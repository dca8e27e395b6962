"""Who was invited, by whom, and whether they came."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models


class Invitation(models.Model):
    """One for each person who was asked to choose a first password; it goes with the person."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="invitation", verbose_name="person"
    )
    invited_by = models.CharField(max_length=200)
    app = models.CharField(
        max_length=64, blank=True, default="", help_text="The client id of the app where the person lands."
    )
    # Nobody but the mailbox has seen the link, so whoever comes with it has proved the address.
    by_mail = models.BooleanField(default=False)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Invitation"]] = models.Manager()

    class Meta:
        ordering = ["-sent_at"]

    def __str__(self) -> str:
        return f"invitation of {self.user}"

    def state(self, now: datetime) -> str:
        if self.accepted_at is not None:
            return "accepted"
        return "open" if now < self.expires_at else "expired"
