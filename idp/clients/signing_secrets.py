"""Secrets of an app that are kept themselves, sealed, because they sign: its assertions, or our tokens for it.

client_secret_jwt (OIDC Core section 9) and HS256 (sections 10.1 and 16.19).
"""

import logging
from datetime import datetime

from idp.models import Client
from keys import sealing

log = logging.getLogger(__name__)


def context(client: Client) -> str:
    """What a secret of this app is sealed for."""
    return f"client-secret:{client.client_id}"


def of(client: Client, now: datetime) -> list[bytes]:
    """The live ones that can sign, the oldest first: that is the one that the app has until it is ended."""
    opened = (_opened(secret.sealed, client) for secret in client.known_secrets if secret.is_live(now))
    return [secret for secret in opened if secret][::-1]


def _opened(sealed: str, client: Client) -> bytes:
    if not sealed:
        return b""
    try:
        return sealing.open_sealed(sealed, context=context(client))
    except sealing.CannotOpen as error:
        log.critical("%s: does IDP_ENCRYPTION_KEYS lack an older entry?", error)
        return b""
