"""The one client for all that the server fetches from addresses which others chose (S-070, S-072).

https only, no redirects, no cookies, no proxy from the environment. A name is resolved once, what it means has to
be a public address, and the connection goes to that address. IDP_FETCH_NETWORKS opens networks of one's own, where
plain http is taken too.
"""

import ipaddress
import logging
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests_hardened.ip_filter_adapter import IPFilterAdapter

log = logging.getLogger(__name__)

TOTAL_SECONDS = 5.0
SILENCE_SECONDS = 2.0
MAX_BYTES = 64 * 1024
MAX_ADDRESS = 2048
_CHUNK = 8 * 1024
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_IPV4_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291 section 2.5.5.1; the library lets these through


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


def fetch(
    url: str,
    *,
    method: str = "GET",
    data: Any = None,
    headers: Mapping[str, str] | None = None,
    max_bytes: int = MAX_BYTES,
) -> Fetched:
    """The answer of `url`, whole, within TOTAL_SECONDS and `max_bytes`. Raises Unreachable."""
    deadline = time.monotonic() + TOTAL_SECONDS
    try:
        with (
            _session() as session,
            session.request(
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
            body = _read(response, max_bytes, deadline)
    except (requests.RequestException, ValueError, OSError) as error:
        raise Unreachable(type(error).__name__) from error
    content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Fetched(response.status_code, content_type, body)


def _read(response: requests.Response, max_bytes: int, deadline: float) -> bytes:
    body = b""
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > max_bytes:
            raise Unreachable("too large")
        if time.monotonic() > deadline:
            raise Unreachable("too slow")
    return body


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # neither a proxy nor .netrc
    session.headers["User-Agent"] = "Signet"
    session.headers["Accept-Encoding"] = "identity"  # a small body can't unpack into a large one
    session.mount("https://", _Guarded(is_https_proto=True))
    session.mount("http://", _Guarded(is_https_proto=False))
    return session


class _Guarded(IPFilterAdapter):  # type: ignore[misc]  # the library has no types
    """The library's filter for public addresses; our own networks beside it."""

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        host, pool = HTTPAdapter.build_connection_pool_key_attributes(self, request, verify, cert)
        pinned = _own_address(host["host"], host["port"])
        if pinned is None:
            if host["scheme"] != "https":
                raise Unreachable("plain http to a public address")
            return self._public(super().build_connection_pool_key_attributes(request, verify, cert))
        named = (
            {"assert_hostname": host["host"], "server_hostname": host["host"]} if self._is_https_proto else {}
        )
        port = f":{host['port']}" if host["port"] else ""
        request.headers = CaseInsensitiveDict(request.headers or {}, Host=f"{host['host']}{port}")
        return {**host, "host": pinned}, {**pool, **named}

    @staticmethod
    def _public(pinned: tuple[dict[str, Any], dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
        address = ipaddress.ip_address(pinned[0]["host"].strip("[]"))
        if not address.is_global or address in _IPV4_COMPATIBLE:
            raise Unreachable("not a public address")
        return pinned


def _own_address(host: str, port: int | None) -> str | None:
    """The address that `host` means, where it is in IDP_FETCH_NETWORKS."""
    if not settings.FETCH_NETWORKS:
        return None
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    address = ipaddress.ip_address(found[0][4][0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address) if any(address in network for network in settings.FETCH_NETWORKS) else None
