"""What a person has set up, in one statement, and what a sign-in could prove with it."""

from dataclasses import dataclass

from django.conf import settings

from accounts import elsewhere, sequence
from accounts.models import User
from accounts.prepared import database, fetch_one


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


# Every sign-in asks for it, so it is written out: making it with the ORM costs ten times what the database needs.
_OWNED = """
SELECT EXISTS (SELECT 1 FROM accounts_totp WHERE user_id = %s),
       EXISTS (SELECT 1 FROM accounts_passkey WHERE user_id = %s AND NOT backup_eligible),
       EXISTS (SELECT 1 FROM accounts_passkey WHERE user_id = %s AND backup_eligible),
       (SELECT COUNT(*) FROM accounts_recoverycode WHERE user_id = %s AND used_at IS NULL)
"""


def owned(user: User) -> Owned:
    db = database()
    key = User._meta.pk.get_db_prep_value(user.pk, db)
    found = fetch_one(db, _OWNED, [key] * 4)
    assert found is not None  # noqa: S101  it has no FROM
    totp, hardware, synced, codes = found
    return Owned(
        password=user.has_usable_password()
        or elsewhere.is_of_directory(user),  # one more, for who has none of ours
        totp=bool(totp),
        hardware_passkey=bool(hardware),
        synced_passkey=bool(synced),
        recovery_codes=codes,
        mail=can_be_mailed(user),
    )


def can_be_mailed(user: User) -> bool:
    """Never to whoever chose the password by mail: then the mailbox alone would open the account (S-106)."""
    return bool(settings.MAIL_CODES and user.email and user.email_verified and not user.password_by_mail)
