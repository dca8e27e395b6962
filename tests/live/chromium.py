"""Chromium for journeys: strict about faults, and keeping pictures of what people see."""

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Page,
    Response,
    sync_playwright,
)

from tests.live.node import AXE, require_packages
from tests.live.process import ROOT

SCREENSHOTS = ROOT / "artifacts" / "screenshots"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
WIDER_THAN_ITS_WINDOW = (
    "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)"
)
# Without preload: it would copy stylesheets into inline ones, which the page's policy refuses.
AXE_RUN = "axe.run(document, {resultTypes: ['violations'], preload: false})"
AXE_COLOURS = "axe.run(document, {runOnly: ['color-contrast'], resultTypes: ['violations'], preload: false})"
# Playwright's own way takes three times as long, and there are hundreds.
_PICTURE = {"format": "jpeg", "quality": 70, "captureBeyondViewport": True, "optimizeForSpeed": True}
# One a page, and never ended: its end would take a passkey's authenticator along.
_devtools: WeakKeyDictionary[Page, CDPSession] = WeakKeyDictionary()
# Each once; tests/e2e/test_every_page.py has all four of nearly every page.
LOOKS = {"light": ("desktop", DESKTOP), "dark": ("phone", PHONE)}


@contextmanager
def chromium() -> Iterator[Browser]:
    # The one without windows takes a third less of the machine, where there is one.
    if not (path := shutil.which("chromium-headless-shell") or shutil.which("chromium")):
        pytest.skip("Chromium is not installed: `apt-get install chromium`, or `make test` as root")
    # Playwright keeps an event loop in this thread, which makes Django take later tests for async callers.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Faults:
    """Whatever a page of ours may never do: break its policy, log an error, raise one, shut somebody out."""

    found: list[str] = field(default_factory=list)
    _refused: set[str] = field(default_factory=set)

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self.found.append(f"page error: {error.error}"))
        context.on("response", self._response)

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.request.is_navigation_request():
            self._refused.add(response.url)

    def _console(self, message: ConsoleMessage) -> None:
        # Chromium logs the status of an error page as well; that the page came is what such a test wants.
        url = message.location.get("url", "")
        if message.type == "error" and not (
            url in self._refused and "Failed to load resource" in message.text
        ):
            self.found.append(f"{message.text} ({url})")

    def shoot(self, page: Page, name: str, *, judged: bool = False) -> None:
        """Keeps the page as people see it, light on a desktop and dark on a phone; it has to fit both.

        `judged`: axe-core says whether all can use it, for what tests/e2e/test_every_page.py does not reach.
        """
        for scheme, (device, viewport) in LOOKS.items():
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            page.set_viewport_size(viewport)  # type: ignore[arg-type]
            keep_picture(page, f"{name}-{device}-{scheme}")
            if excess := page.evaluate(WIDER_THAN_ITS_WINDOW):
                self.found.append(f"{name}, {device}: {excess} px wider than its window")
            problems = accessibility(page, AXE_RUN if scheme == "light" else AXE_COLOURS) if judged else []
            self.found += [f"{name}, {scheme}: {problem}" for problem in problems]
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]

    def check(self) -> None:
        assert not self.found, "\n".join(dict.fromkeys(self.found))


def keep_picture(page: Page, name: str) -> None:
    """The whole page, below artifacts/."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    if page not in _devtools:
        _devtools[page] = page.context.new_cdp_session(page)
    taken = _devtools[page].send("Page.captureScreenshot", {**_PICTURE, "clip": clip})
    (SCREENSHOTS / f"{name}.jpg").write_bytes(base64.b64decode(taken["data"]))


def accessibility(page: Page, run: str = AXE_RUN) -> list[str]:
    """What axe-core finds, one line a rule. It comes by the debugger, so the page's policy stays strict."""
    require_packages()
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate(run)
    return [
        f"{rule['id']}: {rule['help']} — {node['target']} {node.get('failureSummary', '')}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]
