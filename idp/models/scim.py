"""What provisioning leaves behind (RFC 7643): the tokens of its clients, and how they name people and groups."""

from datetime import datetime
from typing import ClassVar

from django.contrib.auth.models import Group
from django.db import models

from accounts.models import User


class ScimToken(models.Model):
    """A long-lived secret for a client that can only paste one; kept as a keyed digest, shown once.

    Tokens with the same `client` are one provisioning client: a new token goes on where the old one ended.
    """

    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField("ends in", max_length=4, editable=False, help_text="Its last four characters.")
    client = models.CharField(
        "provisioning client",
        max_length=60,
        help_text="Whose it is, such as entra. Tokens with the same name are one client, with its own external ids.",
    )
    may_write = models.BooleanField(
        "may write", default=True, help_text="Otherwise it only reads people and groups."
    )
    vouches = models.BooleanField(
        "vouches for e-mail addresses",
        default=False,
        help_text="The addresses that it writes count as verified: only for a directory that gives them out itself.",
    )
    created_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField("expires")
    last_used_at = models.DateTimeField("last used", null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[models.Manager["ScimToken"]] = models.Manager()

    class Meta:
        ordering = ("-created_at",)
        verbose_name = "provisioning token"

    def __str__(self) -> str:
        return f"{self.client} (…{self.hint})"

    def state(self, now: datetime) -> str:
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if now >= self.expires_at else "live"


class ScimPerson(models.Model):
    """How provisioning speaks of a person, where that is not what a person has here.

    A user name with @ is kept here, for ours hold none. `kept` has the words of a client for what a person has one
    of: the type of the e-mail address, the phone number as it was written.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="scim")
    user_name = models.CharField(max_length=254, blank=True, default="")
    user_name_display = models.CharField(max_length=254, blank=True, default="")
    kept = models.JSONField(default=dict, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["ScimPerson"]] = models.Manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["user_name"], condition=~models.Q(user_name=""), name="one_person_per_scim_user_name"
            ),
        )

    def __str__(self) -> str:
        return self.user_name_display or str(self.user)


class ScimExternalId(models.Model):
    """What one provisioning client calls a person or a group (RFC 7643 section 3.1): each has its own."""

    source = models.CharField(max_length=120)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    value = models.CharField(max_length=255)

    objects: ClassVar[models.Manager["ScimExternalId"]] = models.Manager()

    class Meta:
        indexes = (models.Index(fields=["source", "value"], name="external_ids_by_value"),)
        constraints = (
            models.UniqueConstraint(fields=["source", "user"], name="one_external_id_per_person_and_client"),
            models.UniqueConstraint(fields=["source", "group"], name="one_external_id_per_group_and_client"),
            models.CheckConstraint(
                condition=models.Q(user=None, group__isnull=False) | models.Q(group=None, user__isnull=False),
                name="an_external_id_is_of_a_person_or_a_group",
            ),
        )

    def __str__(self) -> str:
        return f"{self.value} at {self.source}"
