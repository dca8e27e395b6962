"""A device that waits to be let in by a person with a browser (RFC 8628): what it asked, and what was decided."""

from datetime import datetime, timedelta

from django.db import models

from idp.models.client import Client
from idp.models.grant import Grant
from idp.protocol.secrets import mint

LIFETIME = timedelta(minutes=10)
INTERVAL = 5  # seconds between two polls


def new_device_id() -> str:
    return mint(16)


class DeviceAuthorization(models.Model):
    """Both its codes are kept as digests; once allowed it has the grant that the device may redeem."""

    id = models.CharField(primary_key=True, max_length=22, default=new_device_id, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    scope = models.TextField(help_text="Separated by spaces.")
    device_code_digest = models.CharField(max_length=64)
    user_code_digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    # Where the question came from, for the person who answers it.
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)

    interval = models.PositiveIntegerField(
        default=INTERVAL, help_text="Seconds that it has to wait between polls."
    )
    polled_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    grant = models.OneToOneField(Grant, null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.client}, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.scope.split())

    def is_expired(self, now: datetime) -> bool:
        return now >= self.expires_at
