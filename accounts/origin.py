"""Where a request came from, as sessions, throttle and audit keep it."""

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


def _printable(value: str) -> str:
    return "".join(character for character in value if character.isprintable())
