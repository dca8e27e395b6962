"""What a group's members have to prove at a sign-in; `accounts.policies` joins the policies of a person's groups."""

from typing import ClassVar

from django.contrib.auth.models import Group
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class GroupPolicy(models.Model):
    class Factors(models.TextChoices):
        PASSWORD = "pwd", "a password is enough"
        SECOND = "mfa", "a second factor, or a passkey"
        PASSKEY = "pop", "a passkey"

    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="policy")
    factors = models.CharField(
        "members sign in with", max_length=8, choices=Factors.choices, default=Factors.SECOND
    )
    grace_days = models.PositiveSmallIntegerField(
        "days to set it up",
        default=7,
        validators=[MaxValueValidator(365)],
        help_text="Counted from a member's next sign-in, which says so; until then they may put it off. 0: at once.",
    )
    session_hours = models.PositiveIntegerField(
        "hours until they sign in again",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 365)],
        help_text="Empty: as for everybody. It holds for sessions that begin from now on.",
    )

    objects: ClassVar[models.Manager["GroupPolicy"]] = models.Manager()

    class Meta:
        verbose_name = "sign-in policy"
        verbose_name_plural = "sign-in policies"

    def __str__(self) -> str:
        return f"{self.group}: {self.get_factors_display()}"
