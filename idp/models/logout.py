"""Whom we tell that a session ended: the outbox of logout tokens, and afterwards the ledger of what came of them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from idp.models.client import Client


class LogoutNotice(models.Model):
    """One app that is to hear that one session ended. Names of session and person are kept as text: a person who
    is deleted takes both along, and the app has to hear of it all the same.
    """

    class Channel(models.TextChoices):
        BACK = "back", "to its server"
        FRONT = "front", "in the browser"

    class Problem(models.TextChoices):
        UNREACHABLE = "unreachable", _("could not be reached")
        REDIRECT = "redirect", _("answered with a redirect")
        TOO_LARGE = "too large", _("answered too much")
        TOO_SLOW = "too slow", _("answered too slowly")
        REFUSED = "refused", _("answered with an error")
        UNSENT = "unsent", _("could not be sent anything")
        NO_ADDRESS = "no address", _("has no address for it any more")

    sid = models.CharField("session", max_length=43, db_index=True)
    sub = models.CharField("subject", max_length=255)
    client = models.ForeignKey(
        Client, verbose_name="app", on_delete=models.CASCADE, related_name="logout_notices"
    )
    channel = models.CharField(max_length=5, choices=Channel.choices)
    created_at = models.DateTimeField("session ended")
    due_at = models.DateTimeField("next try", null=True, help_text="Empty when nothing is left to do.")
    attempts = models.PositiveSmallIntegerField("tries", default=0)
    told_at = models.DateTimeField("told", null=True)
    status = models.PositiveSmallIntegerField("answer", null=True, help_text="HTTP status of the last try.")
    problem = models.CharField(max_length=16, choices=Problem.choices, blank=True)

    class Meta:
        verbose_name = "logout notice"
        ordering = ("-created_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("sid", "client", "channel"), name="one_logout_notice_per_session_app_and_channel"
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at",), name="logout_notice_due", condition=models.Q(due_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.client} on the end of {self.sid}"
