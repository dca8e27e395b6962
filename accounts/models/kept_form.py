"""A form that was sent without a fresh sign-in, kept until its sender has proved who they are (S-108)."""

from typing import ClassVar

from django.db import models

from accounts.models.session import Session
from accounts.secrets import new_sid


class KeptForm(models.Model):
    id = models.CharField(primary_key=True, max_length=43, default=new_sid, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")
    path = models.TextField()
    sealed = models.TextField()  # its fields, for secrets may be among them (S-140)
    expires_at = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["KeptForm"]] = models.Manager()

    def __str__(self) -> str:
        return self.path
