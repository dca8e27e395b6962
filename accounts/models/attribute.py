"""What else is known of people: the declared names, their types, and who may see and change each."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from accounts.validators import plain_text


class Attribute(models.Model):
    """One declared attribute. The values stand in `User.attributes`, by name."""

    class Type(models.TextChoices):
        TEXT = "text", "text"
        NUMBER = "number", "whole number"
        BOOLEAN = "boolean", "yes or no"
        DATE = "date", "date"
        URL = "url", "web address"
        CHOICE = "choice", "one of a list"
        LIST = "list", "several texts"

    class Access(models.TextChoices):
        ADMINS = "admins", "admins see and change it"
        SEEN = "seen", "the person sees it, admins change it"
        OWN = "own", "the person sees and changes it"

    name = models.CharField(
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"\A[a-z][a-z0-9_]*\Z", "Use a-z, 0-9 and _, starting with a letter.")],
        help_text="For claims and commands; it stays as it is.",
    )
    label = models.CharField(max_length=100, validators=[plain_text], help_text="What people read.")
    type = models.CharField(max_length=10, choices=Type.choices, default=Type.TEXT)
    options = models.JSONField("the list", default=list, blank=True)
    access = models.CharField(
        "who may see and change it", max_length=10, choices=Access.choices, default=Access.ADMINS
    )

    objects: ClassVar[models.Manager["Attribute"]] = models.Manager()

    class Meta:
        ordering = ["label"]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        texts = isinstance(self.options, list) and all(
            isinstance(option, str) and option for option in self.options
        )
        if self.type == self.Type.CHOICE and not (texts and self.options):
            raise ValidationError({"options": "Write what can be chosen, one a line."})
