"""JWT Secured Authorization Response Mode for OAuth 2.0 (JARM): an answer that nobody on the way can change."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from idp.conf import conf
from idp.models import Client
from idp.protocol.errors import NothingToProtectWith
from idp.tokens import protection
from idp.traces import told
from keys.signing import sign

LIFETIME = timedelta(minutes=10)  # section 2.1


def signed(client: Client, params: Mapping[str, str], *, now: datetime) -> str:
    """The parameters as one JWT for this app. It has no `sub`, so it is never taken for an ID token.

    Where there is no key to encrypt it to, it says that and nothing else, and only signed.
    """
    try:
        return protection.encrypted(_signed(client, params, now), client, "authorization", now=now)
    except NothingToProtectWith as refusal:
        kept = {name: params[name] for name in ("state", "iss") if name in params}
        return _signed(client, {**told.members(refusal), **kept}, now)


def _signed(client: Client, params: Mapping[str, str], now: datetime) -> str:
    issued = int(now.timestamp())
    claims = {
        **params,
        "iss": conf().issuer,
        "aud": client.client_id,
        "iat": issued,
        "exp": issued + int(LIFETIME.total_seconds()),
    }
    return sign(claims, typ="JWT", algorithm=client.answer_algorithm, now=now)
