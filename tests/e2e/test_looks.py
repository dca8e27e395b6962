"""An app's logo, policy and terms on the pages that people see before they are at it."""

import struct
import zlib

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.live.app import App

pytestmark = pytest.mark.browser


def picture(size: int = 64) -> bytes:
    """A PNG of a coloured square."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x1f\x6f\x5c" * size) * size
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def is_shown(page: Page) -> bool:
    found: bool = page.locator(".app img").evaluate("picture => picture.complete && picture.naturalWidth > 0")
    return found


def test_logo_policy_and_terms_are_there_before_one_signs_in_and_where_one_agrees(live, page, person, judge):
    app = App(
        live,
        client_name="Garden",
        logo_uri="https://garden.example/logo.png",
        policy_uri="https://garden.example/privacy",
        tos_uri="https://garden.example/terms",
        signet_show_logo=True,
    )
    page.route(
        "https://garden.example/**", lambda route: route.fulfill(body=picture(), content_type="image/png")
    )
    page.goto(app.request())
    expect(page.get_by_role("link", name="privacy policy")).to_be_visible()
    assert is_shown(page)
    judge(page, "login-for-an-app-with-a-logo")
    steps.fill_in_login(page, person("alice"))
    expect(page.get_by_role("link", name="terms of service")).to_be_visible()
    assert is_shown(page)
    judge(page, "consent-with-a-logo")


def test_on_a_phone_the_tables_for_developers_show_every_address(live, page):
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/developers", "/docs/apps"):
        page.goto(f"{live.url}{path}")
        boxes = page.locator(".scroll:has(> .stacked)")
        assert boxes.count()
        hidden = boxes.evaluate_all("boxes => boxes.filter(box => box.scrollWidth > box.clientWidth).length")
        assert hidden == 0, path
