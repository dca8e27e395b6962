"""A person's picture, small enough to stand in the database, where every node finds it."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from accounts.secrets import new_sid


class Picture(models.Model):
    """What we encoded ourselves. Its name is random and changes with it: nobody counts through them."""

    name = models.CharField(max_length=43, primary_key=True, default=new_sid, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    content = models.BinaryField()
    created_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Picture"]] = models.Manager()

    def __str__(self) -> str:
        return f"picture of {self.user_id}"
