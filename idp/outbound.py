"""The one client for all that the server fetches from addresses which others chose (S-070, S-072).

https only, no redirects, no cookies, no proxy from the environment. A name is resolved once, what it means has to
be a public address, and the connection goes to that address. IDP_FETCH_NETWORKS opens networks of one's own, where
plain http is taken too.
"""

import logging
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings

if TYPE_CHECKING:
    from requests import Response

log = logging.getLogger(__name__)

TOTAL_SECONDS = 5.0
SILENCE_SECONDS = 2.0
STRANGERS_AT_ONCE, STRANGERS_WAIT = 2, 0.2  # of a process's four threads, and seconds
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


class Busy(Unreachable):
    """Nothing was tried, so nothing is known of the address."""


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


def fetch(
    url: str,
    *,
    method: str = "GET",
    data: Any = None,
    headers: Mapping[str, str] | None = None,
    max_bytes: int = MAX_BYTES,
) -> Fetched:
    """The answer of `url`, whole, within TOTAL_SECONDS and `max_bytes`. Raises Unreachable."""
    from requests import RequestException

    from idp.outbound_session import Forbidden, session

    deadline = time.monotonic() + TOTAL_SECONDS
    try:
        with (
            session(deadline) as opened,
            opened.request(
                method,
                url,
                data=data,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=SILENCE_SECONDS,
            ) as response,
        ):
            if response.is_redirect:
                raise Unreachable("redirect")
            body = _read(response, max_bytes)
    except Forbidden as refusal:
        raise Unreachable(str(refusal)) from refusal
    except (RequestException, ValueError, OSError) as error:
        late = time.monotonic() >= deadline
        raise Unreachable("too slow" if late else type(error).__name__) from error
    content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Fetched(response.status_code, content_type, body)


def fetch_for_strangers(url: str, *, max_bytes: int = MAX_BYTES) -> Fetched:
    """`fetch` for what anybody can have us ask for. Each holds a thread of those that answer people, so few go on at
    once, and one more is Busy (S-014).
    """
    if not _strangers.acquire(timeout=STRANGERS_WAIT):
        raise Busy("too many at once")
    try:
        return fetch(url, max_bytes=max_bytes)
    finally:
        _strangers.release()


def _read(response: "Response", max_bytes: int) -> bytes:
    body = b""
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > max_bytes:
            raise Unreachable("too large")
    return body


_strangers = threading.BoundedSemaphore(STRANGERS_AT_ONCE)
