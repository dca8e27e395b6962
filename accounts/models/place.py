"""Where people sign in from: blocks of addresses, so that a sign-in from a new one can be told of."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class Place(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="places")
    block = models.CharField(max_length=49)  # of an IPv4 or IPv6 network, as `accounts.places` cuts them
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(db_index=True)
    told_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Place"]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "block"], name="one_place_per_person_and_block")
        ]

    def __str__(self) -> str:
        return self.block
