"""Where a request came from, as sessions, throttle and audit keep it."""

import ipaddress
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True)
class Origin:
    address: str = ""
    user_agent: str = ""
    request_id: str = ""


def origin(request: HttpRequest) -> Origin:
    """The address and id are those that `idp.middleware.RequestFacts` settled."""
    return Origin(
        address=getattr(request, "client_address", "") or request.META.get("REMOTE_ADDR", ""),
        user_agent=_printable(request.META.get("HTTP_USER_AGENT", ""))[:300],
        request_id=getattr(request, "request_id", ""),
    )


def network(address: str, *, ipv6: int) -> str:
    """The /24 that an IPv4 address is part of, or the block of that size of an IPv6 one; "" for what is neither."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip.packed, 24 if ip.version == 4 else ipv6), strict=False))


def _printable(value: str) -> str:
    return "".join(character for character in value if character.isprintable())
