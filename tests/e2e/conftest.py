"""Chromium's fixtures: every page that a test opens is watched, and a fault on any of them fails the test."""

from collections.abc import Iterator
from typing import Protocol

import pytest
from playwright.sync_api import Browser, Page

from tests.live.chromium import DESKTOP, Faults, chromium


class OpenPage(Protocol):
    def __call__(self, *, javascript: bool = True) -> Page: ...


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """`open_page()` is another person's browser, or another device: it shares no cookies."""
    faults, contexts = Faults(), []

    def open_page(*, javascript: bool = True) -> Page:
        context = browser.new_context(viewport=DESKTOP, java_script_enabled=javascript)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        faults.watch(context)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    faults.check()


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()
