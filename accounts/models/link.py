"""Links that work once: for the first set-up, a new password, a sign-in handed out by an admin, an unlock."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class OneTimeLink(models.Model):
    class Purpose(models.TextChoices):
        SETUP = "setup", "make the first admin"
        RESCUE = "rescue", "make another admin"
        INVITE = "invite", "choose the first password"
        RESET = "reset", "choose a new password"
        CHANGE = "change", "choose a new password before going on"
        LOGIN = "login", "sign in"
        UNLOCK = "unlock", "lift a lock"
        RECOVER = "recover", "get back in after losing everything"
        END = "end", "end a session"
        EMAIL = "email", "confirm a new e-mail address"

    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    # A digest of the password hash and e-mail at the time: a change of either kills the link (S-106).
    binding = models.CharField(max_length=64, blank=True, default="")
    # For Purpose.END: the session that it ends.
    session = models.ForeignKey(
        "accounts.Session", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    # For a link that proves another address than the person has.
    address = models.CharField(max_length=254, blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["OneTimeLink"]] = models.Manager()

    def __str__(self) -> str:
        return f"link to {self.get_purpose_display()}"
