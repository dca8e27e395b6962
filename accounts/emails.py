"""Mails to people, sent after the commit and beside the answer, whose time then tells nobody who exists (S-101)."""

import logging
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import agents, language
from accounts.links import LIFETIMES, Purpose
from accounts.models import Session, User

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Words

log = logging.getLogger(__name__)
MAX_WAITING = 200

_SUBJECTS = {
    Purpose.INVITE: _("You are invited"),
    Purpose.RESET: _("Choose a new password"),
    Purpose.UNLOCK: _("Someone tried many wrong passwords or codes for your account"),
    Purpose.END: _("A sign-in from a new device"),
}
_KEPT_HERE = {
    "django.core.mail.backends.console.EmailBackend": _(
        "Mail is printed to the terminal here, and not sent: IDP_EMAIL_URL names a server that sends it."
    ),
    "django.core.mail.backends.filebased.EmailBackend": _(
        "Mail is written to a folder here, and not sent: IDP_EMAIL_URL names a server that sends it."
    ),
}
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")
_room = threading.BoundedSemaphore(MAX_WAITING)


def link(purpose: Purpose, user: User, url: str) -> None:
    """The mail that carries a one-time link."""
    links(purpose, [(user, url)])


def links(purpose: Purpose, urls: Iterable[tuple[User, str]]) -> None:
    """One mail each, given to the sender as one job, so that a long list is not more than it takes."""
    template = f"accounts/mail/{purpose}.txt"
    _send_all(
        _message(user, _SUBJECTS[purpose], template, {"url": url, "lifetime": _lifetime(purpose)})
        for user, url in urls
    )


def password_changed(user: User) -> None:
    _send(user, _("Your password was changed"), "accounts/mail/password_changed.txt", {})


def directory_password(user: User) -> None:
    """In place of a link: the password is not ours to set."""
    context: dict[str, object] = {"url": settings.LDAP_PASSWORD_URL}
    _send(user, _("Your password is kept elsewhere"), "accounts/mail/directory_password.txt", context)


def register(address: str, url: str) -> None:
    """To somebody who has no account yet; the other mail goes where there is one (S-101)."""
    context: dict[str, object] = {"url": url, "address": address}
    _send_all([_message(None, _("Make your account"), "accounts/mail/register.txt", context, to=address)])


def registered_already(user: User) -> None:
    _send(user, _("You have an account already"), "accounts/mail/registered_already.txt", {})


def email_change(user: User, address: str, url: str) -> None:
    """To the new address, with the link that proves it."""
    context: dict[str, object] = {"url": url, "address": address, "lifetime": _lifetime(Purpose.EMAIL)}
    subject = _("Confirm your new e-mail address")
    _send_all([_message(user, subject, "accounts/mail/email_confirm.txt", context, to=address)])


def email_asked(user: User, address: str) -> None:
    """To the old address, that somebody asks for another."""
    context: dict[str, object] = {"address": address}
    _send(user, _("Your e-mail address is about to change"), "accounts/mail/email_asked.txt", context)


def email_taken(user: User) -> None:
    """To who has the address that somebody else asks for (S-101)."""
    _send(user, _("Your e-mail address was given for another account"), "accounts/mail/email_taken.txt", {})


def email_changed(user: User, *, before: str) -> None:
    context: dict[str, object] = {"address": user.email}
    if before:
        subject = _("Your e-mail address was changed")
        _send_all([_message(user, subject, "accounts/mail/email_changed.txt", context, to=before)])


def deletion_asked(user: User) -> None:
    _send(user, _("Your account will be deleted"), "accounts/mail/deletion_asked.txt", {})


def deletion_cancelled(user: User) -> None:
    _send(user, _("Your account stays"), "accounts/mail/deletion_cancelled.txt", {})


def deleted(user: User) -> None:
    _send(user, _("Your account is deleted"), "accounts/mail/deleted.txt", {})


def code(user: User, code: str) -> None:
    _send(user, _("Your code to sign in"), "accounts/mail/code.txt", {"code": code})


def new_device(user: User, session: Session, url: str) -> None:
    """With the link that ends the session."""
    _new_sign_in(user, session, url, _SUBJECTS[Purpose.END], "accounts/mail/new_device.txt")


def new_place(user: User, session: Session, url: str) -> None:
    """From a device that is known; with the link that ends the session."""
    _new_sign_in(user, session, url, _("A sign-in from a new place"), "accounts/mail/new_place.txt")


def _new_sign_in(user: User, session: Session, url: str, subject: "Words", template: str) -> None:
    agent = lazy(agents.describe, str)(session.user_agent)
    _send(user, subject, template, {"session": session, "url": url, "agent": agent})


def factor_changed(user: User, what: "Words", **named: object) -> None:
    """`what` was done to the ways in which the person signs in."""
    _send(user, what, "accounts/mail/factor_changed.txt", named)


def recovery_announced(user: User) -> None:
    """That an admin made a recovery link; never the link, for the mailbox may be what was lost."""
    _send(user, _("A recovery link was made for your account"), "accounts/mail/recovery.txt", {})


def kept_here() -> "Words":
    """Where mail is found that no server sends, for who waits for it; empty where one does."""
    return _KEPT_HERE.get(settings.EMAIL_BACKEND, "")


def kept_on_this_machine() -> "Words":
    """The same for people's pages: on a server that others use, where it lies is nobody else's matter."""
    return kept_here() if settings.LOCAL else ""


def wait() -> None:
    """Until what has been given to the sender so far is sent; for commands, which end, and for tests."""
    _sender.submit(lambda: None).result()


def in_words(time: timedelta) -> str:
    """7 days, 24 hours, 30 minutes: the largest unit of which there is more than one."""
    minutes = int(time.total_seconds() // 60)
    if minutes >= 2 * 1440:
        return ngettext("%(number)d day", "%(number)d days", minutes // 1440) % {"number": minutes // 1440}
    if minutes >= 2 * 60:
        return ngettext("%(number)d hour", "%(number)d hours", minutes // 60) % {"number": minutes // 60}
    return ngettext("%(number)d minute", "%(number)d minutes", minutes) % {"number": minutes}


def _send(user: User, subject: "Words", template: str, context: dict[str, object]) -> None:
    _send_all([_message(user, subject, template, context)])


def _message(
    user: User | None, subject: "Words", template: str, context: dict[str, object], *, to: str = ""
) -> EmailMessage:
    """In the language of who reads it; `subject` may name members of the context, as %(name)s."""
    with translation.override(language.of(user)):
        what = subject % context
        body = render_to_string(template, {**context, "what": what, "user": user, "issuer": settings.ISSUER})
    to = to or (user.email if user else "")
    return EmailMessage(f"{what} · {settings.ISSUER.partition('//')[2]}", body, to=[to])


def _lifetime(purpose: Purpose) -> object:
    """In words when the page is made, in the language that is active by then."""
    return lazy(in_words, str)(LIFETIMES[purpose])


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
