"""Mail: where it goes, and whether the server there greets us. Nothing is sent unless somebody is named."""

from collections.abc import Iterator
from smtplib import SMTPException

from django.conf import settings
from django.core import mail

from idp.diagnosis.finding import Asked, Finding
from idp.environment import is_loopback

ABOUT = "mail"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
NOWHERE = {
    "django.core.mail.backends.console.EmailBackend": "is printed to the terminal",
    "django.core.mail.backends.filebased.EmailBackend": "is written to a folder",
}


def check(asked: Asked) -> Iterator[Finding]:
    if settings.EMAIL_BACKEND in NOWHERE and not settings.LOCAL:
        where = NOWHERE[settings.EMAIL_BACKEND]
        yield Finding(
            "warning",
            ABOUT,
            f"Mail {where}: nobody gets an invitation or a link for a new password.",
            "IDP_EMAIL_URL=smtp://user:password@host:587?tls=1",
        )
    elif settings.EMAIL_BACKEND in NOWHERE:
        yield Finding("hint", ABOUT, f"Mail {NOWHERE[settings.EMAIL_BACKEND]}.", "IDP_EMAIL_URL sends it.")
    if settings.EMAIL_BACKEND == SMTP:
        yield from _encrypted()
        yield from _greeting()
    if asked.mail_to:
        yield from _sent(asked.mail_to)


def _encrypted() -> Iterator[Finding]:
    plain = not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL)
    if plain and not is_loopback(f"smtp://{settings.EMAIL_HOST}"):
        yield Finding(
            "warning",
            ABOUT,
            f"Links that sign people in go to {settings.EMAIL_HOST} unencrypted.",
            "Add ?tls=1 (port 587) or ?ssl=1 (port 465) to IDP_EMAIL_URL.",
        )


def _greeting() -> Iterator[Finding]:
    """EHLO, STARTTLS and the login, as for a mail."""
    try:
        with mail.get_connection(timeout=5):
            return
    except (OSError, SMTPException) as error:
        yield Finding(
            "error",
            ABOUT,
            f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} takes none: {type(error).__name__}.",
            "Correct IDP_EMAIL_URL: host, port, tls, user and password.",
        )


def _sent(address: str) -> Iterator[Finding]:
    try:
        mail.send_mail("A mail from Signet's doctor", "If you can read this, mail works.\n", None, [address])
    except (OSError, SMTPException) as error:
        yield Finding(
            "error", ABOUT, f"The mail to {address} was not taken: {type(error).__name__}.", "IDP_EMAIL_URL"
        )
