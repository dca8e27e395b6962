"""An authorization request that an app pushed before it sends the person (RFC 9126)."""

from datetime import timedelta

from django.db import models

from idp.models.client import Client
from idp.protocol.secrets import mint

LIFETIME = timedelta(seconds=90)  # to open it; who has opened it has the time of a saved request


def new_pushed_id() -> str:
    return mint(32)


class PushedRequest(models.Model):
    """`id` is the unguessable end of its request_uri (RFC 9126 section 7.1)."""

    id = models.CharField(primary_key=True, max_length=43, default=new_pushed_id, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    params = models.JSONField(help_text="As they count: those of the request object, if there was one.")
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"pushed by {self.client}"
