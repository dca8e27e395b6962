"""What tests of the pages for developers share: whom a page asks, what it weighs, and refusals that it shows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request

from tests.live.chromium import Faults
from tests.live.server import Server

# A refusal that a card shows is an error to Chromium's console, and here what was wanted.
_REFUSALS = ("/oauth2/token", "/oauth2/userinfo", "/oauth2/par", "/playground/jwt/status")


@dataclass
class Traffic:
    """Every request of a page, with its method and body."""

    requests: list[Request] = field(default_factory=list)

    def hosts(self) -> set[str]:
        return {urlsplit(request.url).netloc for request in self.requests if request.url.startswith("http")}

    def holding(self, text: str) -> list[str]:
        """Paths of the requests that carry `text`, in address, body or a header."""
        return [
            urlsplit(request.url).path
            for request in self.requests
            if text in request.url
            or text in (request.post_data or "")
            or any(text in value for value in request.headers.values())
        ]


@pytest.fixture
def traffic(page: Page, live: Server, faults: Faults) -> Iterator[Traffic]:
    """Watches `page`; at the end, whatever it did, it asked nobody but this server."""
    seen = Traffic()
    page.on("request", lambda request: seen.requests.append(request))
    yield seen
    assert seen.hosts() == {urlsplit(live.url).netloc}
    faults.found[:] = [
        fault
        for fault in faults.found
        if not ("Failed to load resource" in fault and any(path in fault for path in _REFUSALS))
    ]


def weight(page: Page, address: str) -> int:
    """Bytes over the wire of a first visit, headers too and pictures left out."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    kinds: dict[str, str] = {}
    sizes: dict[str, int] = {}
    devtools.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    devtools.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    page.goto(address, wait_until="networkidle")
    assert len(sizes) >= 3
    return sum(size for request, size in sizes.items() if kinds.get(request) != "Image")
