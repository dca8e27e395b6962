"""OpenID Connect RP-Initiated Logout 1.0: what a request proves, and whether the person is asked (S-006, S-112)."""

import logging
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from accounts.models import Session
from idp import claims
from idp.clients import registry
from idp.models import Client
from idp.protocol.errors import UntrustedRequest
from idp.protocol.params import Params
from idp.tokens.id_token import read_hint
from keys.verification import InvalidToken

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LogoutRequest:
    """`client` is who asks, `proven` says that a valid ID token of ours named it; `return_to` is registered for it."""

    client: Client | None
    proven: bool
    subject: str
    sid: str
    return_to: str
    unregistered: bool
    refused: UntrustedRequest | None = None  # why what it asked for is not done, though it is answered

    def asks_for(self, session: Session) -> bool:
        """Whether a valid hint names this very session, or its person: then nobody needs to be asked."""
        if not self.proven or self.client is None:
            return False
        if self.sid:
            return self.sid == claims.session_id(session.sid, self.client)
        return self.subject == claims.subject(session.user, self.client)


def read(params: Params, *, now: datetime) -> LogoutRequest:
    """Raises InvalidRequest only for what can't be read; a bad hint proves nothing, and that is all."""
    params.check()
    hint, client_id = params.get("id_token_hint"), params.get("client_id")
    said, doubts = _hint(hint, now=now) if hint else ({}, None)
    named = str(said.get("aud", "")) if said else (client_id or "")
    client = registry.find(named) if named and client_id in (None, named) else None
    proven = bool(said) and client is not None
    uri = params.get("post_logout_redirect_uri")
    # With a hint that is not ours somebody is pretending: the address is not followed even after a yes.
    registered = client is not None and uri in client.post_logout_redirect_uris and (proven or not hint)
    return LogoutRequest(
        client=client,
        proven=proven,
        subject=str(said.get("sub", "")) if proven else "",
        sid=str(said.get("sid", "")) if proven else "",
        return_to=_with_state(uri, params.get("state")) if uri and registered else "",
        unregistered=uri is not None and not registered,
        refused=doubts or (_unregistered(client, uri) if uri and not registered else None),
    )


def _unregistered(client: Client | None, uri: str) -> UntrustedRequest:
    return UntrustedRequest(
        "The app asked to return to an address that is not registered for it.",
        reason="post_logout_redirect_uri is not registered" if client else "no app is named, or a wrong one",
        check="logout-redirect-uri",
        client_id=client.client_id if client else "",
        expected=client.post_logout_redirect_uris if client else [],
        received=uri,
    )


def _hint(hint: str, *, now: datetime) -> tuple[dict[str, object], UntrustedRequest | None]:
    """The claims of an ID token of ours, however old (section 2); none for anything else, and why."""
    try:
        return read_hint(hint, client=None, now=now), None
    except InvalidToken as error:
        log.info("id_token_hint not taken: %s", error.reason)
        doubts = UntrustedRequest(
            "The ID token that came with it is not ours.",
            reason=str(error),
            check="logout-hint",
            **error.seen,
        )
        return {}, doubts


def _with_state(uri: str, state: str | None) -> str:
    if state is None:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'state': state}, quote_via=quote)}"
