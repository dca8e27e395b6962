"""The secrets of an app, as digests."""

from datetime import datetime

from django.db import models

from idp.models.client import Client


class ClientSecret(models.Model):
    """A secret of a client, as a keyed digest; two live at once, so that one can follow the other (S-042)."""

    MAX_LIVE = 2

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="secrets")
    digest = models.CharField(max_length=64, unique=True)
    sealed = models.TextField(blank=True, help_text="The secret itself, where it has to sign.")
    hint = models.CharField(max_length=4, help_text="The last four characters, to tell two apart.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"…{self.hint}"

    def is_live(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at
