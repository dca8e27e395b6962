"""Factors added, taken away and reset: each with its event and a mail to the person, who may not have done it."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import agents, audit, elsewhere, emails, reached, sessions, trust
from accounts.factors import passkeys, recovery, totp
from accounts.factors.owned import owned
from accounts.models import Passkey, Session, Totp, User
from accounts.origin import origin

NAME_LENGTH = 60
_ADDED = {
    "authenticator app": _("A new authenticator app was added: %(name)s"),
    "passkey": _("A new passkey was added: %(name)s"),
}
_REMOVED = {
    "authenticator app": _("This authenticator app was removed: %(name)s"),
    "passkey": _("This passkey was removed: %(name)s"),
}


def add_app(
    user: User, seed: bytes, typed: str, *, name: str, request: HttpRequest, now: datetime
) -> Totp | None:
    """The authenticator app, if the code that was typed is one of its."""
    app = totp.enrol(user, seed, typed, name=_name(name, gettext("Authenticator app")), now=now)
    if app is not None:
        _added(user, "authenticator app", app.name, request)
    return app


def add_passkey(user: User, answer: str, *, name: str, request: HttpRequest, now: datetime) -> Passkey:
    """Raises PasskeyRefused."""
    purpose = passkeys.registration_of(user)
    otherwise = agents.name(origin(request).user_agent) or gettext("Passkey")
    passkey = passkeys.register(
        user, answer, purpose=purpose, name=_name(name, ""), otherwise=otherwise, now=now
    )
    _added(user, "passkey", passkey.name, request)
    return passkey


def _added(user: User, kind: str, name: str, request: HttpRequest) -> None:
    audit.record("factor.added", request=request, actor=user, subject=user, kind=kind, name=name)
    emails.factor_changed(user, _ADDED[kind], name=name)


def rename(user: User, passkey: Passkey, name: str, *, request: HttpRequest) -> None:
    before, passkey.name = passkey.name, _name(name, passkey.name)
    passkey.save(update_fields=["name"])
    audit.record(
        "factor.renamed", request=request, actor=user, subject=user, before=before, after=passkey.name
    )


def remove(user: User, factor: Passkey | Totp, *, request: HttpRequest) -> bool:
    """False for the last passkey of somebody without a password, who could never sign in again."""
    with transaction.atomic():
        # The row is held, so that two removals at once can't each leave the other's.
        held = User.objects.select_for_update().get(pk=user.pk)
        if isinstance(factor, Passkey) and not elsewhere.has_other_way(held, factor):
            return False
        factor.delete()
        if not owned(user).second:  # then there is nothing that they stand in for
            user.recovery_codes.all().delete()
            trust.forget_all(user)
    kind = str(factor._meta.verbose_name)
    audit.record("factor.removed", request=request, actor=user, subject=user, kind=kind, name=factor.name)
    emails.factor_changed(user, _REMOVED[kind], name=factor.name)
    return True


def new_codes(user: User, *, request: HttpRequest, now: datetime) -> list[str]:
    codes = recovery.make(user, now=now)
    audit.record("recovery.codes_made", request=request, actor=user, subject=user)
    emails.factor_changed(user, _("New recovery codes were made; older ones no longer work"))
    return codes


def give_up_password(user: User, *, request: HttpRequest, now: datetime, keep: Session | None) -> bool:
    """From now on passkeys alone; false for somebody without one."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if not user.passkeys.exists():
            return False
        user.set_unusable_password()
        user.save(update_fields=["password", "updated_at"])
        sessions.end_all(user, reason="password removed", now=now, keep=keep)
        audit.record("factor.removed", request=request, actor=user, subject=user, kind="password")
    emails.factor_changed(user, _("Your password was removed; you sign in with a passkey"))
    return True


def reset(
    user: User,
    *,
    actor: User | str,
    now: datetime,
    request: HttpRequest | None = None,
    with_consents: bool = False,
    reason: str = "second factors reset",
) -> None:
    """All second factors go, and with them every session and what apps were given, offline access too: for a phone
    that was lost (S-111).
    """
    with transaction.atomic():
        had = as_json(user)
        for factors in (user.passkeys, user.totps, user.recovery_codes):
            factors.all().delete()
        trust.forget_all(user)
        sessions.end_all(user, reason="second factors reset", now=now)
        grants = reached.revoke(user, with_consents=with_consents, reason=reason, now=now)
        audit.record("factor.reset", request=request, actor=actor, subject=user, had=had, grants=grants)
    emails.factor_changed(user, _("All passkeys, authenticator apps and recovery codes were removed"))


def as_json(user: User) -> dict[str, Any]:
    """What an admin may know of a person's factors: never a secret."""
    return {
        "password": user.has_usable_password(),
        "passkeys": [
            {
                "name": each.name,
                "synced": each.backup_eligible,
                "created_at": each.created_at.isoformat(),
                "last_used_at": each.last_used_at.isoformat() if each.last_used_at else None,
            }
            for each in user.passkeys.all()
        ],
        "authenticator_apps": [
            {
                "name": each.name,
                "created_at": each.created_at.isoformat(),
                "last_used_at": each.last_used_at.isoformat() if each.last_used_at else None,
            }
            for each in user.totps.all()
        ],
        "linked_accounts": [
            {
                "issuer": each.issuer,
                "subject": each.subject,
                "label": each.label,
                "created_at": each.created_at.isoformat(),
                "last_used_at": each.last_used_at.isoformat() if each.last_used_at else None,
            }
            for each in user.identities.all()
        ],
        "recovery_codes_left": recovery.left(user),
        "trusted_devices": user.trusted_devices.count(),
    }


def _name(typed: str, default: str) -> str:
    printable = "".join(character for character in typed if character.isprintable())
    return printable.strip()[:NAME_LENGTH] or default
