"""Mails to people, sent after the commit and beside the answer, whose time then tells nobody who exists (S-101)."""

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

from accounts.links import LIFETIMES, Purpose
from accounts.models import Session, User

log = logging.getLogger(__name__)
MAX_WAITING = 200

_SUBJECTS = {
    Purpose.INVITE: "Choose your password",
    Purpose.RESET: "Choose a new password",
    Purpose.UNLOCK: "Someone tried many wrong passwords or codes for your account",
    Purpose.END: "A sign-in from a new device",
}
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")
_room = threading.BoundedSemaphore(MAX_WAITING)


def link(purpose: Purpose, user: User, url: str) -> None:
    """The mail that carries a one-time link."""
    context = {"user": user, "url": url, "hours": LIFETIMES[purpose].total_seconds() / 3600}
    _send(user, _SUBJECTS[purpose], f"accounts/mail/{purpose}.txt", context)


def password_changed(user: User) -> None:
    if user.email:
        _send(user, "Your password was changed", "accounts/mail/password_changed.txt", {"user": user})


def code(user: User, code: str) -> None:
    _send(user, "Your code to sign in", "accounts/mail/code.txt", {"user": user, "code": code})


def new_device(user: User, session: Session, url: str, agent: str) -> None:
    """With the link that ends the session."""
    context = {"user": user, "session": session, "url": url, "agent": agent}
    _send(user, _SUBJECTS[Purpose.END], "accounts/mail/new_device.txt", context)


def factor_changed(user: User, what: str) -> None:
    """`what` was done to the ways in which the person signs in."""
    if user.email:
        _send(user, what, "accounts/mail/factor_changed.txt", {"user": user, "what": what})


def recovery_announced(user: User) -> None:
    """That an admin made a recovery link; never the link, for the mailbox may be what was lost."""
    if user.email:
        _send(user, "A recovery link was made for your account", "accounts/mail/recovery.txt", {"user": user})


def wait() -> None:
    """Until what has been given to the sender so far is sent; for commands, which end, and for tests."""
    _sender.submit(lambda: None).result()


def _send(user: User, subject: str, template: str, context: dict[str, object]) -> None:
    body = render_to_string(template, {**context, "issuer": settings.ISSUER})
    message = EmailMessage(f"{subject} · {settings.ISSUER.partition('//')[2]}", body, to=[user.email])
    transaction.on_commit(lambda: _deliver(message))


def _deliver(message: EmailMessage) -> None:
    if not _room.acquire(blocking=False):
        log.error("mail not sent: %s are waiting already", MAX_WAITING)
        return
    _sender.submit(message.send).add_done_callback(_sent)


def _sent(future: Future[int]) -> None:
    _room.release()
    if error := future.exception():
        log.error("mail not sent: %s", type(error).__name__)
