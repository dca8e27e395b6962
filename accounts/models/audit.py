"""The audit log: rows that are only ever added, each holding the hash of the one before (S-143)."""

from typing import Any, ClassVar, NoReturn

from django.db import models


class AppendOnly(Exception):
    """An audit event was about to be changed or removed."""


class Events(models.QuerySet["AuditEvent"]):
    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("Audit events are only ever added, by accounts.audit.record().")

    update = delete = create = bulk_create = bulk_update = get_or_create = update_or_create = _refuse
    _raw_delete = _update = _refuse


class AuditEvent(models.Model):
    type = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=200, blank=True, db_index=True)
    client_id = models.CharField(max_length=200, blank=True, db_index=True)
    address = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects: ClassVar[models.Manager["AuditEvent"]] = models.Manager.from_queryset(Events)()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["actor"], name="events_of_an_actor")]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.type}"

    def save(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("Audit events are only ever added, by accounts.audit.record().")

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("Audit events are never removed.")
