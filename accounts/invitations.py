"""Inviting people: one or many at once, sent again, withdrawn, and accepted by choosing a password."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest

from accounts import audit, emails, landings, links
from accounts.invitation_sheet import Line
from accounts.landings import Landing
from accounts.models import Invitation, OneTimeLink, User

Mail = tuple[User, str]


def send(
    user: User,
    *,
    actor: User | str,
    now: datetime,
    request: HttpRequest | None = None,
    app: str = "",
    is_shown: bool = False,
) -> str:
    """Invites somebody who is known already; the link, which goes by mail when there is an address for it.

    `is_shown` says that somebody else sees the link too: then it proves no address.
    """
    url = _issue(user, actor=actor, now=now, request=request, app=app, is_shown=is_shown)
    if user.email:
        emails.link(links.Purpose.INVITE, user, url)
    return url


def send_all(
    lines: Sequence[Line],
    *,
    groups: Iterable[Group] = (),
    actor: User | str,
    now: datetime,
    request: HttpRequest | None = None,
    app: str = "",
) -> list[User]:
    """New people, all of them or, when one can't be added, nobody."""
    mails: list[Mail] = []
    with transaction.atomic():
        for line in lines:
            user = line.user
            user.set_unusable_password()
            user.save(force_insert=True)
            user.groups.set({*line.groups, *groups})
            mails.append((user, _issue(user, actor=actor, now=now, request=request, app=app)))
        for user, _ in mails:  # last, for the log's chain is held until the commit
            audit.record(
                "user.created",
                request=request,
                actor=actor,
                subject=user,
                username=user.username,
                invited=True,
            )
        emails.links(links.Purpose.INVITE, mails)
    return [user for user, _ in mails]


def send_again(
    invitation: Invitation, *, actor: User | str, now: datetime, request: HttpRequest | None
) -> str:
    """A new link in place of the old one, with all of its time."""
    return send(invitation.user, actor=actor, now=now, request=request, app=invitation.app)


def withdraw(invitation: Invitation, *, actor: User | str, request: HttpRequest | None = None) -> None:
    """The link is dead, and who never came is here no more."""
    user, subject = invitation.user, f"user:{invitation.user_id}"
    with transaction.atomic():
        links.kill(user, links.Purpose.INVITE)
        never_came = not user.has_usable_password() and user.last_login is None
        if never_came:
            user.delete()
        else:
            invitation.delete()
        audit.record(
            "invitation.withdrawn", request=request, actor=actor, subject=subject,
            username=user.username, person_removed=never_came,
        )  # fmt: skip


def accepted(link: OneTimeLink, user: User, *, now: datetime) -> Invitation | None:
    """The invitation that was just followed, noted as such; whoever came by mail alone has the mailbox."""
    invitation = Invitation.objects.filter(user=user, accepted_at=None).first()
    if link.purpose != links.Purpose.INVITE or invitation is None:
        return None
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    if invitation.by_mail and user.email and not user.email_verified:
        user.verify_email(by="invitation", now=now)
        user.save(update_fields=["email_verified_at", "email_verified_by", "updated_at"])
    return invitation


def landing(user: User) -> Landing | None:
    """The app that the person was invited to."""
    invitation = Invitation.objects.filter(user=user).first()
    return landings.find(invitation.app) if invitation else None


def _issue(
    user: User,
    *,
    actor: User | str,
    now: datetime,
    request: HttpRequest | None,
    app: str,
    is_shown: bool = False,
) -> str:
    links.kill(user, links.Purpose.INVITE)
    url = links.url(links.Purpose.INVITE, links.issue(links.Purpose.INVITE, user, now=now))
    by = f"user:{actor.pk}" if isinstance(actor, User) else actor
    Invitation.objects.update_or_create(
        user=user,
        defaults={
            "invited_by": by,
            "app": app,
            "by_mail": bool(user.email) and not is_shown,
            "sent_at": now,
            "expires_at": now + links.LIFETIMES[links.Purpose.INVITE],
            "accepted_at": None,
        },
    )
    audit.record(
        "link.issued", request=request, actor=actor, subject=user, purpose="invite", mailed=bool(user.email)
    )
    return url
