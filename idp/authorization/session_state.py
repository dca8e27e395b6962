"""`session_state`: what an app's page later asks our frame about (OIDC Session Management 1.0 sections 2 and 3.2)."""

import hashlib
from urllib.parse import urlsplit

from accounts import browser_state
from accounts.middleware import Request
from idp.authorization.request import ReturnAddress
from idp.conf import conf
from idp.protocol.redirects import browser_origin
from idp.protocol.secrets import mint


def param(request: Request, address: ReturnAddress) -> dict[str, str]:
    """The parameter, for every answer to a page in a browser; nothing where session management is off."""
    if not conf().session_management or urlsplit(address.uri).scheme not in ("http", "https"):
        return {}
    state = browser_state.after(request)
    return {"session_state": of(address.client.client_id, browser_origin(address.uri), state, salt=mint(12))}


def of(client_id: str, origin: str, state: str, *, salt: str) -> str:
    """static/signet/check_session.js computes the same, with the origin that the browser tells it."""
    digest = hashlib.sha256(" ".join((client_id, origin, state, salt)).encode()).hexdigest()
    return f"{digest}.{salt}"
