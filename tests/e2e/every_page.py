"""One page of ours in Chromium without a server: what Django answered in this process is what the browser gets.

So a page of any state costs one load, and the walk over all of them needs no gunicorn and no `manage.py`.
"""

import gzip
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Page, Route

from tests.live.chromium import DESKTOP, WIDER_THAN_ITS_WINDOW, keep_picture
from tests.live.node import AXE, require_packages

HEAVIEST = 60_000  # bytes on the wire of a page with its styles and scripts, without pictures
NARROW = {"width": 320, "height": 640}  # 1280 px at 400 % (WCAG 1.4.10)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_ALL = "axe.run(document, {runOnly: %s, resultTypes: ['violations'], preload: false})"
# What depends on the colours, and what on the size.
_COLOURS = _ALL % ["color-contrast", "link-in-text-block"]
_SIZES = _ALL % ["target-size", "scrollable-region-focusable"]

# After a key was pressed, focus from a script shows as focus by keyboard does.
_KEYBOARD = """() => {
  const look = (element) => {
    const style = getComputedStyle(element);
    return [style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth), style.boxShadow, style.borderColor,
      style.backgroundColor, style.textDecorationLine, style.color].join('|');
  };
  const found = document.querySelectorAll('a[href], button, input, select, textarea, summary, iframe, [tabindex]');
  const wrong = [];
  for (const element of found) {
    const isShown = element.checkVisibility({ visibilityProperty: true });
    const isLeft = element.disabled || element.type === 'hidden' || element.matches('main, [role=status]');
    if (!isShown || isLeft || element.closest('[aria-hidden=true], [inert]')) continue;
    const name = element.outerHTML.slice(0, 120);
    if (element.tabIndex !== 0) { wrong.push(`can't be reached by keyboard: ${name}`); continue; }
    document.activeElement.blur();
    const before = look(element);
    element.focus();
    if (document.activeElement !== element) wrong.push(`takes no focus: ${name}`);
    else if (look(element) === before) wrong.push(`doesn't show its focus: ${name}`);
    const box = element.getBoundingClientRect();
    if (box.width < 1 || box.height < 1) wrong.push(`has no size while it has focus: ${name}`);
  }
  document.activeElement.blur();
  return wrong;
}"""


@cache
def _packed(file: Path) -> int:
    """Bytes of a static file as WhiteNoise sends it."""
    return len(gzip.compress(file.read_bytes()))


@dataclass
class Walk:
    """`look(name, answer)` shows an answer of Django's test client and judges it; `seen` are the templates so far."""

    page: Page
    found: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    _answer: Any = None
    _weight: int = 0
    _scripts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_packages()
        self._axe = AXE.read_text(encoding="utf-8")
        self.page.route("**/*", self._serve)

    def look(self, name: str, answer: Any, *, status: int = 200) -> None:
        assert answer.status_code == status, (name, answer.status_code, answer.get("Location"))
        self.seen |= {template.name for template in answer.templates if template.name}
        self._answer = answer
        # Asked for here: what serves the browser has no part in the test's transaction, so nobody is signed in there.
        scripts = re.findall(r'<script src="(/(?!static/)[^"]+)"', answer.content.decode())
        self._scripts = {path: answer.client.get(path) for path in scripts}
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        self._weight = 0
        self.page.goto(settings.ISSUER + answer.request["PATH_INFO"])
        # Django's own pages weigh what they weigh; the playground's are sent packed, and weighed by their own tests.
        if self._weight >= HEAVIEST and not name.startswith(("admin", "playground")):
            self._tell(name, "weight", [f"{self._weight} bytes"])
        self.page.evaluate(self._axe)
        self._judge(name, "light", _ALL % TAGS)
        self._shoot(name, "desktop-light")
        self._tell(name, "keyboard", self._keyboard())
        self.page.emulate_media(color_scheme="dark")
        self._judge(name, "dark", _COLOURS)
        self._shoot(name, "desktop-dark")
        self._right_to_left(name, "desktop")
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        self._fits(name, "320 px")
        self._judge(name, "320 px", _SIZES)
        self._shoot(name, "phone")
        self._right_to_left(name, "320 px", keep=True)

    def _serve(self, route: Route) -> None:
        request = route.request
        is_page = request.is_navigation_request() and request.frame == self.page.main_frame
        if not request.url.startswith(f"{settings.ISSUER}/"):
            self._tell(request.url, "loading", ["is another host's"])
        path = urlsplit(request.url).path
        if path.startswith("/static/"):
            file = Path(finders.find(path.removeprefix("/static/")))
            self._weight += 0 if file.suffix in (".svg", ".png") else _packed(file)
            route.fulfill(path=file)
            return
        answer = self._answer if is_page else self._scripts.get(path) or Client().get(path)
        body = b"".join(answer) if answer.streaming else answer.content
        self._weight += len(body)
        route.fulfill(status=answer.status_code, headers=dict(answer.items()), body=body)

    def _judge(self, name: str, how: str, script: str) -> None:
        for rule in self.page.evaluate(script)["violations"]:
            for node in rule["nodes"]:
                words = f"{rule['id']}: {rule['help']}: {node['target']} {node.get('failureSummary', '')}"
                self._tell(name, how, [words])

    def _keyboard(self) -> list[str]:
        self.page.keyboard.press("Tab")
        wrong: list[str] = self.page.evaluate(_KEYBOARD)
        return wrong

    def _right_to_left(self, name: str, how: str, *, keep: bool = False) -> None:
        """As the languages that are written so have it; where a translation is there, by its own answer."""
        before = self.page.evaluate("document.documentElement.dir")
        self.page.evaluate("document.documentElement.dir = 'rtl'")
        self._fits(name, f"{how}, right to left")
        if keep:
            self._shoot(name, "rtl")
        self.page.evaluate("dir => { document.documentElement.dir = dir }", before)

    def _fits(self, name: str, how: str) -> None:
        if excess := self.page.evaluate(WIDER_THAN_ITS_WINDOW):
            self._tell(name, how, [f"{excess} px wider than its window"])

    def _shoot(self, name: str, how: str) -> None:
        keep_picture(self.page, f"every-{name}-{how}")

    def _tell(self, name: str, how: str, problems: list[str]) -> None:
        self.found += [f"{name}, {how}: {problem}" for problem in problems]
