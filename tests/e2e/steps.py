"""What people do on Signet's pages, in the words that they read there."""

import re
from contextlib import AbstractContextManager
from typing import Any

from playwright.sync_api import Page, expect

from tests.live.app import REDIRECT_URI
from tests.live.server import Person, Server


def fill_in_login(page: Page, person: Person, *, password: str = "") -> None:
    page.get_by_label("User name or e-mail").fill(person.username)
    page.get_by_label("Password", exact=True).fill(password or person.password)
    page.get_by_role("button", name="Sign in").click()


def log_in(page: Page, server: Server, person: Person) -> None:
    """Straight to the account, without an app."""
    page.goto(f"{server.url}/account/")
    fill_in_login(page, person)
    expect(page).to_have_url(f"{server.url}/account/")


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()


def allow(page: Page) -> None:
    page.get_by_role("button", name="Allow", exact=True).click()


def returning(page: Page) -> AbstractContextManager[Any]:
    """Around the last step of a sign-in at `tests.live.app.App`: the browser is sent there with a code."""
    return page.expect_request(re.compile(rf"{re.escape(REDIRECT_URI)}\?code=[\w-]+"))
