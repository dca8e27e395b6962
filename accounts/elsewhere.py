"""Sign-ins that others vouch for: which ways there are, and the identities that people have linked.

The room above registers the ways. What it may link, and when, is its matter; that an identity is one person's, and that
nobody loses their last way in, is held here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts import audit, emails, sessions
from accounts.models import Identity, Passkey, Session, User
from accounts.models.identity import DIRECTORY


@dataclass(frozen=True)
class Way:
    """One other provider: what its button says, and whose identities come by it."""

    name: str
    view: str
    slug: str
    gives: Callable[[str], bool]  # whether identities of an issuer come by this way
    mark: str = ""  # one or two letters, in place of a logo that would be somebody's trademark
    shown: bool = True

    def url(self, next_path: str = "", *, again: bool = False, needs: Sequence[str] = ()) -> str:
        query = {"next": next_path} if next_path else {}
        query |= {"again": "1"} if again else {}
        query |= {"needs": " ".join(sorted(needs))} if needs else {}
        return reverse(self.view, args=[self.slug]) + (f"?{urlencode(query)}" if query else "")


_sources: list[Callable[[], Sequence[Way]]] = []


def register(source: Callable[[], Sequence[Way]]) -> None:
    """`source()` gives the ways that are open."""
    if source not in _sources:
        _sources.append(source)


def ways() -> list[Way]:
    return [way for source in _sources for way in source()]


def ways_of(user: User) -> list[Way]:
    """Those by which this person can show again that it is them."""
    issuers = list(user.identities.values_list("issuer", flat=True))
    return [way for way in ways() if any(map(way.gives, issuers))] if issuers else []


def find(issuer: str, subject: str) -> Identity | None:
    return Identity.objects.select_related("user").filter(issuer=issuer, subject=subject).first()


def link(
    user: User, issuer: str, subject: str, *, label: str, how: str, request: HttpRequest | None, now: datetime
) -> bool:
    """Makes the identity this person's; false when it is somebody else's by now. `how` is for the log."""
    try:
        with transaction.atomic():
            Identity.objects.create(
                user=user, issuer=issuer, subject=subject, label=label[:254], created_at=now, last_used_at=now
            )
            audit.record(
                "identity.linked",
                request=request,
                actor=user,
                subject=user,
                issuer=issuer,
                label=label,
                how=how,
            )
    except IntegrityError:
        return Identity.objects.filter(user=user, issuer=issuer, subject=subject).exists()
    return True


def tell_linked(user: User, name: str) -> None:
    emails.factor_changed(user, _("An account was linked to yours: %(name)s"), name=name)


def used(identity: Identity, *, label: str, now: datetime) -> None:
    Identity.objects.filter(pk=identity.pk).update(last_used_at=now, label=(label or identity.label)[:254])


def unlink(
    user: User, identity: Identity, *, request: HttpRequest, now: datetime, keep: Session | None = None
) -> bool:
    """Takes it away; false for the last way in, and for the directory's, which are the directory's to end."""
    with transaction.atomic():
        # The row is held, so that two removals at once can't each leave the other's.
        held = User.objects.select_for_update().get(pk=user.pk)
        if identity.issuer == DIRECTORY or not has_other_way(held, identity):
            return False
        identity.delete()
        # What came in by it may be in hands that are the reason for this.
        sessions.end_all(user, reason="linked account removed", now=now, keep=keep)
        audit.record(
            "identity.unlinked",
            request=request,
            actor=user,
            subject=user,
            issuer=identity.issuer,
            label=str(identity),
        )
    emails.factor_changed(user, _("A linked account was removed: %(name)s"), name=str(identity))
    return True


def has_other_way(user: User, without: Identity | Passkey | None = None) -> bool:
    """Whether this person could still sign in: by a password, a passkey, or an identity whose way is open.

    For who is about to lose one: `user` as the database has them, their row held.
    """
    passkeys = user.passkeys.exclude(pk=without.pk) if isinstance(without, Passkey) else user.passkeys
    if user.has_usable_password() or passkeys.exists():
        return True
    return vouched(user, without if isinstance(without, Identity) else None)


def vouched(user: User, without: Identity | None = None) -> bool:
    """Whether others vouch for this person, by a way that is open."""
    issuers = [each.issuer for each in user.identities.all() if each != without]
    open_ways = ways() if issuers else []
    return any(
        bool(settings.LDAP_URL) if issuer == DIRECTORY else any(way.gives(issuer) for way in open_ways)
        for issuer in issuers
    )


def is_of_directory(user: User) -> bool:
    """Whether the password is the directory's, while there is one: it is judged there, and changed there."""
    return bool(settings.LDAP_URL) and user.identities.filter(issuer=DIRECTORY).exists()
