"""Another e-mail address, or the same one confirmed: proved from there, told to the old one, nothing before (S-107)."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts import audit, emails, links
from accounts.models import OneTimeLink, User
from accounts.names import canonical
from accounts.throttling import Limit, Throttle

# Mails are sent to somebody who did not ask for them.
THROTTLE = Throttle("email", Limit(free=5, step=60, longest=3600, leak=1 / 900))


def ask(user: User, address: str, *, request: HttpRequest, now: datetime) -> None:
    """Mails a link there; who has that address already is told instead. The answer is the same (S-101), and so is
    what the person's pages and mailbox say afterwards: the link is made in any case.
    """
    address = canonical(address)
    links.kill(user, links.Purpose.EMAIL)
    audit.record("email.change_requested", request=request, actor=user, subject=user, after=address)
    token = links.issue(links.Purpose.EMAIL, user, now=now, address=address)
    if taken := User.objects.filter(email=address).exclude(pk=user.pk).first():
        emails.email_taken(taken)
    else:
        emails.email_change(user, address, links.url(links.Purpose.EMAIL, token))
    if user.email and address != user.email:
        emails.email_asked(user, address)


def waiting(user: User, *, now: datetime) -> str:
    """The address that was asked for and is not confirmed yet."""
    link = links.latest(user, links.Purpose.EMAIL, now=now)
    return link.address if link else ""


def withdraw(user: User, *, request: HttpRequest, now: datetime) -> bool:
    """The link that was mailed leads nowhere any more; false where none was on its way."""
    if not (address := waiting(user, now=now)):
        return False
    links.kill(user, links.Purpose.EMAIL)
    audit.record("email.change_withdrawn", request=request, actor=user, subject=user, after=address)
    return True


def confirm(link: OneTimeLink, user: User, *, request: HttpRequest, now: datetime) -> bool:
    """The address is theirs from now on; false when the link was used, or somebody has the address meanwhile."""
    before = user.email
    try:
        with transaction.atomic():
            if not links.redeem(link, now=now):
                return False
            user.email = link.address
            user.verify_email(by="mail link", now=now)
            user.save(update_fields=["email", "email_verified_at", "email_verified_by", "updated_at"])
            event = "email.changed" if user.email != before else "email.verified"
            audit.record(event, request=request, actor=user, subject=user, before=before, after=user.email)
    except IntegrityError:
        return False
    if user.email != before:
        emails.email_changed(user, before=before)
    return True
