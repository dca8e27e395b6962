"""What of an authorization request is kept while it waits, and how many of them strangers may have waiting (S-014).

Anybody can begin a request in the name of any app, and each is a row of ours for up to an hour.
"""

from datetime import datetime

from accounts.middleware import Request
from accounts.origin import origin
from accounts.throttling import Limit, Throttle
from idp.protocol.errors import InvalidRequest, TooManyAttempts
from idp.protocol.params import Params

MOST_BYTES = 16 * 1024
KNOWN = (
    "acr_values",
    "claims",
    "claims_locales",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "display",
    "dpop_jkt",
    "id_token_hint",
    "login_hint",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "request_uri",  # of a pushed request: by it the answer uses that up
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "ui_locales",
)
# An office of many people behind one address begins a day with many sign-ins, so more than of devices.
_throttle = Throttle("waiting request", Limit(free=300, step=1, longest=60, leak=2))


def kept(params: Params) -> dict[str, str]:
    """The parameters that we read; others are ignored (RFC 6749 section 3.1). Raises InvalidRequest."""
    known = {name: params.values[name] for name in KNOWN if name in params.values}
    if (size := sum(len(value.encode()) for value in known.values())) > MOST_BYTES:
        raise InvalidRequest(
            f"The parameters are longer than {MOST_BYTES} bytes together.",
            check="parameter-length",
            expected=MOST_BYTES,
            received=size,
        )
    return known


def wait(address: str, now: datetime) -> int:
    """Seconds until one more may be begun from this block of addresses; 0 where it may be now, which counts it."""
    return _throttle.of_block(address, now)


def check_room(request: Request, now: datetime) -> None:
    """Raises TooManyAttempts. People who are signed in are known, and not counted."""
    if request.sso is None and (seconds := wait(origin(request).address, now)):
        raise TooManyAttempts(seconds, check="rate")
