"""The one client for all that the server fetches from addresses which others chose (S-070, S-072).

https only, no redirects, no cookies, no proxy from the environment. A name is resolved once, what it means has to
be a public address, and the connection goes to that address. IDP_FETCH_NETWORKS opens networks of one's own, where
plain http is taken too.
"""

import logging
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings

if TYPE_CHECKING:
    from requests import Response

log = logging.getLogger(__name__)

TOTAL_SECONDS = 5.0
SILENCE_SECONDS = 2.0
MAX_BYTES = 64 * 1024
MAX_ADDRESS = 2048
_CHUNK = 8 * 1024
_VISIBLE = re.compile(r"[\x21-\x7e]+")


class Unreachable(Exception):
    """One text for every cause, since the cause would tell a stranger about our network; the log has it."""

    def __init__(self, reason: str) -> None:
        super().__init__("The address could not be fetched.")
        self.reason = reason
        log.info("outbound request refused: %s", reason)


@dataclass(frozen=True)
class Fetched:
    """An answer with any status but a redirect's; `content_type` without its parameters."""

    status: int
    content_type: str
    body: bytes


def check_address(url: object) -> None:
    """Raises ValueError, saying why, for what `fetch` would refuse whatever answers there."""
    if not isinstance(url, str) or len(url) > MAX_ADDRESS or not _VISIBLE.fullmatch(url):
        raise ValueError(f"Expected an address of at most {MAX_ADDRESS} visible ASCII characters.")
    parts = urlsplit(url)  # raises ValueError for what can't be parsed
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError("The address has to name a host, without user name, password or fragment.")
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.FETCH_NETWORKS):
        raise ValueError("The address has to be https.")


def fetch(url: str, *, method: str = "GET", data: Any = None, max_bytes: int = MAX_BYTES) -> Fetched:
    """The answer of `url`, whole, within TOTAL_SECONDS and `max_bytes`. Raises Unreachable."""
    from requests import RequestException

    from idp.outbound_session import Forbidden, session

    deadline = time.monotonic() + TOTAL_SECONDS
    try:
        with (
            session() as opened,
            opened.request(
                method, url, data=data, stream=True, allow_redirects=False, timeout=SILENCE_SECONDS
            ) as response,
        ):
            if response.is_redirect:
                raise Unreachable("redirect")
            body = _read(response, max_bytes, deadline)
    except Forbidden as refusal:
        raise Unreachable(str(refusal)) from refusal
    except (RequestException, ValueError, OSError) as error:
        raise Unreachable(type(error).__name__) from error
    content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Fetched(response.status_code, content_type, body)


def _read(response: "Response", max_bytes: int, deadline: float) -> bytes:
    body = b""
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > max_bytes:
            raise Unreachable("too large")
        if time.monotonic() > deadline:
            raise Unreachable("too slow")
    return body
