"""Terms of use: each version as an admin published it."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from accounts.validators import plain_text, web_address


class Terms(models.Model):
    """The newest that is published is what people have to have accepted; the person's row says which they have."""

    version = models.CharField(
        max_length=40, unique=True, validators=[plain_text], help_text="Such as 2026-11; people read it."
    )
    text = models.TextField(blank=True, default="", max_length=100_000)
    url = models.CharField(
        "address", max_length=500, blank=True, default="", validators=[web_address],
        help_text="Where the terms stand, in place of a text or beside it.",
    )  # fmt: skip
    published_at = models.DateTimeField(
        "in force from",
        default=timezone.now,
        db_index=True,
        help_text="From then on everybody is asked at the next sign-in.",
    )

    objects: ClassVar[models.Manager["Terms"]] = models.Manager()

    class Meta:
        ordering = ["-published_at"]
        verbose_name = verbose_name_plural = "terms of use"

    def __str__(self) -> str:
        return self.version

    def clean(self) -> None:
        if not self.text.strip() and not self.url:
            raise ValidationError("Write a text, or give an address.")
