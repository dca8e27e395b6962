"""Who a person is elsewhere: at another provider, or in the company's directory."""

from typing import ClassVar

from django.conf import settings
from django.db import models

DIRECTORY = "ldap"  # the issuer of those in the company's directory
ISSUER_LENGTH, SUBJECT_LENGTH = 500, 255  # OIDC Core section 2: a subject is at most 255 characters


class Identity(models.Model):
    """One name (`subject`) that one authority (`issuer`) gives and never gives again; it belongs to one person.

    Nothing else links: no e-mail address, no user name, for both change hands.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=ISSUER_LENGTH)
    subject = models.CharField(max_length=SUBJECT_LENGTH)
    label = models.CharField(max_length=254, blank=True, default="")  # how they are called there, for reading
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Identity"]] = models.Manager()

    class Meta:
        verbose_name = "linked account"
        verbose_name_plural = "linked accounts"
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_per_identity"),
        ]

    def __str__(self) -> str:
        return self.label or self.subject
