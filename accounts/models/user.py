"""People: who they are to the apps, and whether they may come in."""

import unicodedata
import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.names import (
    EMAIL_LENGTH,
    USERNAME_LENGTH,
    canonical,
    is_email,
    validate_canonical_email,
    validate_username,
)
from accounts.prepared import Parameter, Prepared
from accounts.validators import (
    birthdate,
    locale,
    phone_number,
    plain_text,
    postal_address,
    time_zone,
    web_address,
)


class Users(BaseUserManager["User"]):
    def find(self, identifier: str) -> "User | None":
        """The person with this user name or e-mail address, in whatever form it was typed."""
        name = canonical(identifier)
        if not name or "\0" in name:
            return None
        return _by_email(name=name) if is_email(name) else _by_username(name=name)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=canonical(username or ""))

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(username=username, **fields)
        validate_username(user.username_display)
        user.set_password(password)
        user.save(force_insert=True, using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The primary key is the `sub` of every token, for ever; the standard claims are its fields."""

    id = models.UUIDField("subject", primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField("user name", max_length=USERNAME_LENGTH * 2, unique=True, editable=False)
    username_display = models.CharField(
        "user name", max_length=USERNAME_LENGTH, validators=[validate_username], help_text="As it is shown."
    )
    email = models.CharField(
        "e-mail", max_length=EMAIL_LENGTH, blank=True, default="", validators=[validate_canonical_email]
    )
    email_verified_at = models.DateTimeField("e-mail verified", null=True, blank=True)
    email_verified_by = models.CharField("who proved it", max_length=100, blank=True, default="")

    name = models.CharField("full name", max_length=200, blank=True, default="", validators=[plain_text])
    given_name = models.CharField(max_length=100, blank=True, default="", validators=[plain_text])
    family_name = models.CharField(max_length=100, blank=True, default="", validators=[plain_text])
    middle_name = models.CharField(max_length=100, blank=True, default="", validators=[plain_text])
    nickname = models.CharField(max_length=100, blank=True, default="", validators=[plain_text])
    profile = models.CharField(
        "profile page", max_length=500, blank=True, default="", validators=[web_address]
    )
    picture = models.CharField(
        "picture address", max_length=500, blank=True, default="", validators=[web_address]
    )
    website = models.CharField(max_length=500, blank=True, default="", validators=[web_address])
    gender = models.CharField(max_length=40, blank=True, default="", validators=[plain_text])
    # A string, for OIDC Core section 5.1 allows a year alone.
    birthdate = models.CharField(
        "date of birth", max_length=10, blank=True, default="", validators=[birthdate]
    )
    zoneinfo = models.CharField("time zone", max_length=64, blank=True, default="", validators=[time_zone])
    locale = models.CharField("language", max_length=35, blank=True, default="", validators=[locale])
    phone_number = models.CharField("phone", max_length=32, blank=True, default="", validators=[phone_number])
    phone_number_verified_at = models.DateTimeField("phone verified", null=True, blank=True)
    # The members of OIDC Core section 5.1.1, those that are known.
    address = models.JSONField(default=dict, blank=True, validators=[postal_address])

    # What an admin has declared beside these (accounts.models.Attribute), by name.
    attributes = models.JSONField(default=dict, db_default={}, blank=True, editable=False)

    is_active = models.BooleanField(
        "active", default=True, help_text="A person who is not active can't sign in."
    )
    is_staff = models.BooleanField("may open the admin", default=False)
    must_change_password = models.BooleanField("has to choose a new password", default=False)
    # Whoever has the mailbox can choose the password, so then a mailed code would prove nothing more.
    password_by_mail = models.BooleanField(default=False, db_default=False, editable=False)
    enrol_by = models.DateTimeField("has to set up a second factor by", null=True, blank=True)
    terms_version = models.CharField(
        "terms accepted", max_length=40, blank=True, default="", db_default="", editable=False
    )
    terms_accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    disabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    deletion_at = models.DateTimeField(
        "will be deleted", null=True, blank=True, editable=False, db_index=True
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Users] = Users()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"
        ordering = ["username"]
        permissions = (
            ("help_user", "Can end people's sessions and send them links"),
            ("impersonate_user", "Can look at people's pages"),
        )
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                condition=~models.Q(email=""),
                name="one_person_per_email",
                violation_error_message=_("Somebody with this e-mail address exists already."),
            )
        ]

    def __str__(self) -> str:
        return self.username_display

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # `User(username="Alice")` gives both forms: what is typed is the display form.
        if "username" in kwargs:
            kwargs.setdefault("username_display", kwargs["username"])
        super().__init__(*args, **kwargs)

    def clean(self) -> None:
        self._canonicalise()
        if User.objects.filter(username=self.username).exclude(pk=self.pk).exists():
            raise ValidationError({"username_display": _("Somebody has this user name already.")})

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._canonicalise()
        super().save(*args, **kwargs)

    def _canonicalise(self) -> None:
        self.username_display = unicodedata.normalize("NFKC", self.username_display.strip())
        self.username = canonical(self.username_display)
        self.email = canonical(self.email)

    def get_full_name(self) -> str:
        return self.name or " ".join(part for part in (self.given_name, self.family_name) if part)

    def get_short_name(self) -> str:
        return self.given_name or self.get_full_name() or self.username_display

    @property
    def shown_name(self) -> str:
        """What pages call this person."""
        return self.get_full_name() or self.username_display

    @property
    def sub(self) -> str:
        return str(self.pk)

    @property
    def email_verified(self) -> bool:
        return bool(self.email) and self.email_verified_at is not None

    @property
    def phone_number_verified(self) -> bool:
        return bool(self.phone_number) and self.phone_number_verified_at is not None

    def verify_email(self, *, by: str, now: datetime) -> None:
        """Remembers who proved that the address is this person's; the caller saves."""
        self.email_verified_at, self.email_verified_by = now, by


_by_username: Prepared[User] = Prepared(lambda: User.objects.filter(username=Parameter("name")).order_by())
_by_email: Prepared[User] = Prepared(lambda: User.objects.filter(email=Parameter("name")).order_by())
