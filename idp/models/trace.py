"""Why a request was refused: what a refusal leaves under its reference id, for whoever has to mend it."""

from django.db import models


class Trace(models.Model):
    """One refusal. It names no person and holds no secret: `idp.traces.facts` lets nothing else in."""

    reference = models.CharField(
        max_length=64, db_index=True, help_text="The request id that pages, logs and the audit log show."
    )
    at = models.DateTimeField(db_index=True)
    endpoint = models.CharField(max_length=40)
    failed = models.CharField("check that failed", max_length=60)
    error = models.CharField(max_length=60, blank=True, help_text="The error code that the app was told.")
    client_id = models.CharField(
        "app",
        max_length=255,
        blank=True,
        help_text="Which app the request named; nothing proves that it was.",
    )
    address = models.CharField("address block", max_length=64, blank=True)
    detail = models.JSONField()

    class Meta:
        verbose_name = "refusal"
        ordering = ("-id",)
        indexes = (models.Index(fields=("client_id", "-id"), name="trace_of_an_app"),)

    def __str__(self) -> str:
        return f"{self.failed} at {self.endpoint}, {self.reference}"
