"""The connections of `idp.outbound`: whatever a name means, only public addresses and networks of one's own (S-070).

A module of its own for what it brings with it: 4 MiB and a tenth of a second that a server which fetches nothing saves.
"""

import ipaddress
import socket
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests_hardened.ip_filter_adapter import IPFilterAdapter

_IPV4_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291 section 2.5.5.1; the library lets these through


class Forbidden(Exception):
    """Not an address that the server connects to."""


def session() -> requests.Session:
    opened = requests.Session()
    opened.trust_env = False  # neither a proxy nor .netrc
    opened.headers["User-Agent"] = "Signet"
    opened.headers["Accept-Encoding"] = "identity"  # a small body can't unpack into a large one
    opened.mount("https://", _Guarded(is_https_proto=True))
    opened.mount("http://", _Guarded(is_https_proto=False))
    return opened


class _Guarded(IPFilterAdapter):  # type: ignore[misc]  # the library has no types
    """The library's filter for public addresses; our own networks beside it."""

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
        if not address.is_global or address in _IPV4_COMPATIBLE:
            raise Forbidden("not a public address")
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
