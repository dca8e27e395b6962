"""What a person has set up, in one statement, and what a sign-in could prove with it."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from accounts import sequence
from accounts.models import Identity, Passkey, RecoveryCode, Totp, User


@dataclass(frozen=True)
class Owned:
    password: bool = False
    totp: bool = False
    hardware_passkey: bool = False
    synced_passkey: bool = False
    recovery_codes: int = 0
    mail: bool = False  # a code can be sent, and proves more than the password did

    @property
    def passkey(self) -> bool:
        return self.hardware_passkey or self.synced_passkey

    @property
    def second(self) -> bool:
        return self.totp or self.passkey

    @property
    def passkeys_prove(self) -> frozenset[str]:
        hardware = sequence.passkey(in_hardware=True) if self.hardware_passkey else ()
        synced = sequence.passkey(in_hardware=False) if self.synced_passkey else ()
        return frozenset([*hardware, *synced])

    @property
    def attainable(self) -> frozenset[str]:
        """Mail and recovery codes stand in for a factor; by themselves they are none."""
        methods: list[str] = []
        methods += sequence.PASSWORD if self.password else ()
        methods += sequence.TOTP if self.totp else ()
        methods += self.passkeys_prove
        methods += sequence.RECOVERY if self.recovery_codes and self.second else ()
        methods += sequence.MAILED if self.mail and self.second else ()
        return frozenset(methods)


def owned(user: User) -> Owned:
    unused = RecoveryCode.objects.filter(user=OuterRef("pk"), used_at=None).order_by().values("user")
    found = (
        User.objects.filter(pk=user.pk)
        .values(
            has_totp=Exists(Totp.objects.filter(user=OuterRef("pk"))),
            in_hardware=Exists(_passkeys(backup_eligible=False)),
            synced=Exists(_passkeys(backup_eligible=True)),
            in_directory=_judged_by_directory(),
            codes=Coalesce(Subquery(unused.annotate(count=Count("pk")).values("count")), 0),
        )
        .first()
    )
    return Owned(
        password=user.has_usable_password() or bool(found and found["in_directory"]),
        totp=bool(found and found["has_totp"]),
        hardware_passkey=bool(found and found["in_hardware"]),
        synced_passkey=bool(found and found["synced"]),
        recovery_codes=found["codes"] if found else 0,
        mail=can_be_mailed(user),
    )


def _judged_by_directory() -> Exists | Value:
    if not settings.LDAP_URL:
        return Value(False)
    return Exists(Identity.objects.filter(user=OuterRef("pk"), issuer="ldap"))


def _passkeys(*, backup_eligible: bool) -> "QuerySet[Passkey]":
    return Passkey.objects.filter(user=OuterRef("pk"), backup_eligible=backup_eligible)


def can_be_mailed(user: User) -> bool:
    """Never to whoever chose the password by mail: then the mailbox alone would open the account (S-106)."""
    return bool(settings.MAIL_CODES and user.email and user.email_verified and not user.password_by_mail)
