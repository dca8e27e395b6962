"""The single sign-on session: one browser in which one person proved who they are."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from accounts.secrets import new_sid


class Unfamiliar(models.TextChoices):
    """What a person had not been seen with before."""

    DEVICE = "device", "new device"
    PLACE = "place", "new place"


class Session(models.Model):
    """Dead once `ended_at` is set or a limit has passed; `accounts.sessions` decides that and writes it."""

    # Public: it stands in ID tokens and logout tokens. The cookie holds another value, kept here as a hash.
    sid = models.CharField(primary_key=True, max_length=43, default=new_sid, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions")
    created_at = models.DateTimeField()
    auth_time = models.DateTimeField()
    # When more proof was last asked for; what it gave stands in `amr`, while `auth_time` stays as it was.
    stepped_up_at = models.DateTimeField(null=True, blank=True)
    amr = models.JSONField(default=list)  # RFC 8176
    acr = models.CharField(max_length=200, blank=True, default="")
    address = models.CharField(max_length=45, blank=True, default="")
    user_agent = models.CharField(max_length=300, blank=True, default="")
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # The subject of the admin who only looks (accounts.impersonation); "" for the person's own session.
    impersonated_by = models.CharField(max_length=36, blank=True, default="", db_default="")
    end_reason = models.CharField(max_length=40, blank=True, default="")
    # Set at a sign-in that was news, until its person says that it was them.
    unfamiliar = models.CharField(
        max_length=10, choices=Unfamiliar.choices, blank=True, default="", db_default=""
    )

    objects: ClassVar[models.Manager["Session"]] = models.Manager()

    class Meta:
        ordering = ["-last_seen_at"]
        indexes = [models.Index(fields=["user", "ended_at"], name="sessions_of_a_person")]

    def __str__(self) -> str:
        return self.sid
