"""What the throttle remembers; `accounts.throttling` reads and writes it."""

from typing import ClassVar

from django.db import models


class ThrottleBucket(models.Model):
    """One counter. Times are seconds since 1970, the one form in which both databases subtract alike."""

    key = models.CharField(primary_key=True, max_length=64)
    level = models.FloatField()
    counted_at = models.FloatField()
    blocked_until = models.FloatField(default=0)

    objects: ClassVar[models.Manager["ThrottleBucket"]] = models.Manager()

    class Meta:
        indexes = [models.Index(fields=["counted_at"], name="buckets_by_age")]

    def __str__(self) -> str:
        return self.key
