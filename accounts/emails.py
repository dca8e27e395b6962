"""Mails to people, sent after the commit and beside the answer, whose time then tells nobody who exists (S-101)."""

import logging
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.links import LIFETIMES, Purpose
from accounts.models import Session, User

log = logging.getLogger(__name__)
MAX_WAITING = 200

_SUBJECTS = {
    Purpose.INVITE: "You are invited",
    Purpose.RESET: "Choose a new password",
    Purpose.UNLOCK: "Someone tried many wrong passwords or codes for your account",
    Purpose.END: "A sign-in from a new device",
}
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")
_room = threading.BoundedSemaphore(MAX_WAITING)


def link(purpose: Purpose, user: User, url: str) -> None:
    """The mail that carries a one-time link."""
    links(purpose, [(user, url)])


def links(purpose: Purpose, urls: Iterable[tuple[User, str]]) -> None:
    """One mail each, given to the sender as one job, so that a long list is not more than it takes."""
    template, lifetime = f"accounts/mail/{purpose}.txt", in_words(LIFETIMES[purpose])
    _send_all(
        _message(user, _SUBJECTS[purpose], template, {"url": url, "lifetime": lifetime}) for user, url in urls
    )


def password_changed(user: User) -> None:
    _send(user, "Your password was changed", "accounts/mail/password_changed.txt", {})


def directory_password(user: User) -> None:
    """In place of a link: the password is not ours to set."""
    context: dict[str, object] = {"url": settings.LDAP_PASSWORD_URL}
    _send(user, _("Your password is kept elsewhere"), "accounts/mail/directory_password.txt", context)


def register(address: str, url: str) -> None:
    """To somebody who has no account yet; the other mail goes where there is one (S-101)."""
    context: dict[str, object] = {"url": url, "address": address}
    _send_all([_message(None, "Make your account", "accounts/mail/register.txt", context, to=address)])


def registered_already(user: User) -> None:
    _send(user, "You have an account already", "accounts/mail/registered_already.txt", {})


def email_change(user: User, address: str, url: str) -> None:
    """To the new address, with the link that proves it; and to the old one, that somebody asks for that."""
    lifetime = in_words(LIFETIMES[Purpose.EMAIL])
    context: dict[str, object] = {"url": url, "address": address, "lifetime": lifetime}
    subject = "Confirm your new e-mail address"
    _send_all([_message(user, subject, "accounts/mail/email_confirm.txt", context, to=address)])
    _send(user, "Your e-mail address is about to change", "accounts/mail/email_asked.txt", context)


def email_taken(user: User) -> None:
    """To who has the address that somebody else asks for (S-101)."""
    _send(user, "Your e-mail address was given for another account", "accounts/mail/email_taken.txt", {})


def email_changed(user: User, *, before: str) -> None:
    context: dict[str, object] = {"address": user.email}
    if before:
        subject = "Your e-mail address was changed"
        _send_all([_message(user, subject, "accounts/mail/email_changed.txt", context, to=before)])


def deletion_asked(user: User) -> None:
    _send(user, "Your account will be deleted", "accounts/mail/deletion_asked.txt", {})


def deletion_cancelled(user: User) -> None:
    _send(user, "Your account stays", "accounts/mail/deletion_cancelled.txt", {})


def deleted(user: User) -> None:
    _send(user, "Your account is deleted", "accounts/mail/deleted.txt", {})


def code(user: User, code: str) -> None:
    _send(user, "Your code to sign in", "accounts/mail/code.txt", {"code": code})


def new_device(user: User, session: Session, url: str, agent: str) -> None:
    """With the link that ends the session."""
    context: dict[str, object] = {"session": session, "url": url, "agent": agent}
    _send(user, _SUBJECTS[Purpose.END], "accounts/mail/new_device.txt", context)


def factor_changed(user: User, what: str) -> None:
    """`what` was done to the ways in which the person signs in."""
    _send(user, what, "accounts/mail/factor_changed.txt", {"what": what})


def recovery_announced(user: User) -> None:
    """That an admin made a recovery link; never the link, for the mailbox may be what was lost."""
    _send(user, "A recovery link was made for your account", "accounts/mail/recovery.txt", {})


def wait() -> None:
    """Until what has been given to the sender so far is sent; for commands, which end, and for tests."""
    _sender.submit(lambda: None).result()


def in_words(time: timedelta) -> str:
    """7 days, 24 hours, 30 minutes: the largest unit of which there is more than one."""
    minutes = int(time.total_seconds() // 60)
    for size, unit in ((1440, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}"
    return f"{minutes} minutes"


def _send(user: User, subject: str, template: str, context: dict[str, object]) -> None:
    _send_all([_message(user, subject, template, context)])


def _message(
    user: User | None, subject: str, template: str, context: dict[str, object], *, to: str = ""
) -> EmailMessage:
    body = render_to_string(template, {**context, "user": user, "issuer": settings.ISSUER})
    to = to or (user.email if user else "")
    return EmailMessage(f"{subject} · {settings.ISSUER.partition('//')[2]}", body, to=[to])


def _send_all(messages: Iterable[EmailMessage]) -> None:
    waiting = [message for message in messages if message.to != [""]]
    if waiting:
        transaction.on_commit(lambda: _deliver(waiting))


def _deliver(messages: Sequence[EmailMessage]) -> None:
    if not _room.acquire(blocking=False):
        log.error("mail not sent: %s are waiting already", MAX_WAITING)
        return
    _sender.submit(_each, messages).add_done_callback(_sent)


def _each(messages: Sequence[EmailMessage]) -> int:
    """One that can't be sent keeps no other back."""
    failed: Exception | None = None
    for message in messages:
        try:
            message.send()
        except Exception as error:  # it is told when all have had their turn
            failed = error
    if failed is not None:
        raise failed
    return len(messages)


def _sent(future: Future[int]) -> None:
    _room.release()
    if error := future.exception():
        log.error("mail not sent: %s", type(error).__name__)
