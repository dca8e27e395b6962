"""A sign-in under way in one browser: what was proven so far and where it leads. It opens nothing (S-103)."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from accounts.models.session import Session
from accounts.secrets import new_sid


class PendingLogin(models.Model):
    # Stands in the step's form, so that a page of another sign-in in the same browser is not taken for this one's.
    id = models.CharField(primary_key=True, max_length=43, default=new_sid, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)  # of the cookie
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # Where only more proof is asked for: the session that gets it.
    stepping_up = models.ForeignKey(Session, null=True, on_delete=models.CASCADE, related_name="+")
    amr = models.JSONField(default=list)  # proven in this sign-in, RFC 8176
    used = models.JSONField(default=list)  # by which factors, by their names
    asked = models.JSONField(default=list)  # methods that an app asked for
    put_off = models.BooleanField(default=False)  # enrolment, until another time
    trust_seconds = models.PositiveIntegerField(default=0)  # how long not to ask on this device again
    code_hash = models.CharField(max_length=64, blank=True, default="")  # of a code that was mailed
    code_expires_at = models.DateTimeField(null=True, blank=True)
    binding = models.CharField(max_length=64)  # dies with the password or e-mail that it began with
    next_path = models.TextField()
    # Of the session that said yes on another device; otherwise the sign-in is as young as its end.
    auth_time = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["PendingLogin"]] = models.Manager()

    def __str__(self) -> str:
        return f"sign-in under way {self.pk}"
