"""Chromium's fixtures: every page that a test opens is watched, and a fault on any of them fails the test."""

import secrets
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.live.chromium import DESKTOP, Faults
from tests.live.demo import DemoApp
from tests.live.server import Person, Server


class OpenPage(Protocol):
    def __call__(self, *, javascript: bool = True) -> Page: ...


@pytest.fixture
def faults() -> Iterator[Faults]:
    """What the pages of a test did wrong; told at its end, so that a journey is made to its end."""
    faults = Faults()
    yield faults
    faults.check()


@pytest.fixture
def shoot(faults: Faults) -> Callable[[Page, str], None]:
    """`shoot(page, "login")` keeps pictures below artifacts/."""
    return faults.shoot


@pytest.fixture
def judge(faults: Faults) -> Callable[[Page, str], None]:
    """Also asks axe-core in both colour schemes: for states that tests/e2e/test_every_page.py has not."""
    return partial(faults.shoot, judged=True)


@pytest.fixture
def open_page(browser: Browser, faults: Faults) -> Iterator[OpenPage]:
    """`open_page()` is another person's browser, or another device: it shares no cookies."""
    contexts: list[BrowserContext] = []

    def open_page(*, javascript: bool = True) -> Page:
        context = browser.new_context(viewport=DESKTOP, java_script_enabled=javascript)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        faults.watch(context)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()


@pytest.fixture
def person(live: Server) -> Callable[..., Person]:
    """`person("alice")`: somebody new, whose name begins like that."""

    def person(name: str, *options: str) -> Person:
        names = ("--name", f"{name.capitalize()} Liddell", "--email-verified")
        return live.user(f"{name}-{secrets.token_hex(3)}", *names, *options)

    return person


@pytest.fixture(scope="session")
def admin(live: Server) -> Person:
    return live.user(f"ada-{secrets.token_hex(3)}", "--superuser", "--staff", "--name", "Ada Lovelace")


@pytest.fixture
def demo_app(live: Server, tmp_path) -> Iterator[Callable[..., DemoApp]]:
    apps: list[DemoApp] = []

    def demo_app(name: str, *, first_party: bool = False) -> DemoApp:
        apps.append(DemoApp(live, name, tmp_path, first_party=first_party))
        return apps[-1]

    yield demo_app
    for app in apps:
        app.stop()
