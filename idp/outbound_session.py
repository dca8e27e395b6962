"""The connections of `idp.outbound`: whatever a name means, only public addresses and networks of one's own (S-070).

A module of its own for what it brings with it: 4 MiB and a tenth of a second that a server which fetches nothing saves.
"""

import http.client
import io
import ipaddress
import socket
import time
from functools import partial
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_SITE_LOCAL = ipaddress.ip_network(
    "fec0::/10"
)  # RFC 3879: of old, private; Python 3.11 holds them for global
_IPV4_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291 section 2.5.5.1; the library lets these through


class Forbidden(Exception):
    """Not an address that the server connects to."""


def session(deadline: float) -> requests.Session:
    """One that is over at `deadline`, of time.monotonic(), whatever it is doing then."""
    opened = requests.Session()
    opened.trust_env = False  # neither a proxy nor .netrc
    opened.headers["User-Agent"] = "Signet"
    opened.headers["Accept-Encoding"] = "identity"  # a small body can't unpack into a large one
    opened.mount("https://", _Guarded(deadline, is_https_proto=True))
    opened.mount("http://", _Guarded(deadline, is_https_proto=False))
    return opened


class _Guarded(IPFilterAdapter):  # type: ignore[misc]  # the library has no types
    """The library's filter for public addresses; our own networks beside it."""

    def __init__(self, deadline: float, *, is_https_proto: bool) -> None:
        super().__init__(is_https_proto=is_https_proto)
        self._deadline = deadline

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool: HTTPConnectionPool = super().get_connection_with_tls_context(*args, **kwargs)
        connection = _TimedHTTPS if self._is_https_proto else _TimedHTTP
        pool.ConnectionCls = partial(connection, deadline=self._deadline)  # type: ignore[assignment]
        return pool

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        host, pool = HTTPAdapter.build_connection_pool_key_attributes(self, request, verify, cert)
        pinned = _own_address(host["host"], host["port"])
        if pinned is None:
            if host["scheme"] != "https":
                raise Forbidden("plain http to a public address")
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
        if not address.is_global or address in _IPV4_COMPATIBLE or address in _SITE_LOCAL:
            raise Forbidden("not a public address")
        return pinned


class _TimedHTTP(HTTPConnection):
    """A timeout of requests is of one read, so a server that drips is never too late for it. Here each step has at
    most what is left of the whole: connecting, TLS, and every read of the status line, headers and body.
    """

    def __init__(self, *args: Any, deadline: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline = deadline
        self.response_class = partial(_TimedResponse, deadline=deadline)  # type: ignore[assignment]

    def _new_conn(self) -> socket.socket:
        self.timeout = _left(self._deadline, self.timeout)
        connected = super()._new_conn()
        connected.settimeout(
            _left(self._deadline, self.timeout)
        )  # for the TLS handshake, which counts as one read
        return connected


class _TimedHTTPS(_TimedHTTP, HTTPSConnection):
    pass


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, deadline: float, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReads(self.fp.detach(), sock, deadline))


class _TimedReads(io.RawIOBase):
    def __init__(self, raw: Any, sock: socket.socket, deadline: float) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline
        self._silence = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_left(self._deadline, self._silence))
        return self._raw.readinto(buffer)  # type: ignore[no-any-return]

    def close(self) -> None:
        self._raw.close()
        super().close()


def _left(deadline: float, longest: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("too slow")
    return left if longest is None else min(left, longest)


def _own_address(host: str, port: int | None) -> str | None:
    """The address that `host` means, where it is in IDP_FETCH_NETWORKS."""
    if not settings.FETCH_NETWORKS:
        return None
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    address = ipaddress.ip_address(found[0][4][0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address) if any(address in network for network in settings.FETCH_NETWORKS) else None
