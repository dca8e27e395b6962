"""Session Management OP: oidcc-session-management-certification-test-plan, in Chromium, for only a browser can do it.

A page of the relying party loads the provider's check_session_iframe and asks it, as OIDC Session Management 1.0
section 3.1 says: "client_id session_state" by postMessage; "unchanged", "changed" or "error" comes back.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.certification.discovery import verify
from tests.certification.party import Party
from tests.certification.provider import Provider
from tests.certification.registering import register
from tests.certification.signing_out import registration
from tests.certification.site import Site
from tests.live.chromium import ARGUMENTS

PAGE = """<!doctype html><title>relying party</title><iframe id="op" src="{iframe}"></iframe><script>
const op = document.getElementById("op")
const loaded = new Promise((resolve) => op.addEventListener("load", resolve))
window.ask = async (message) => {{
  await loaded
  return new Promise((resolve) => {{
    addEventListener("message", (event) => {{
      if (event.origin === "{issuer}" && event.source === op.contentWindow) resolve(event.data)
    }}, {{ once: true }})
    op.contentWindow.postMessage(message, "{issuer}")
  }})
}}
</script>"""


@pytest.fixture
def page(provider: Provider, browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """Of a browser that takes cookies inside other sites' pages, as this specification needs it; Debian's does not."""
    (tmp_path / "Default").mkdir()
    chosen = {"block_third_party_cookies": False, "cookie_controls_mode": 0}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps({"profile": chosen}))
    context = browser.browser_type.launch_persistent_context(
        str(tmp_path),
        executable_path=shutil.which("chromium"),
        args=ARGUMENTS,
        ignore_https_errors=True,  # the provider's certificate is a test's own
    )
    yield context.new_page()
    context.close()


def test_oidcc_session_management_discovery_endpoint_verification(provider: Provider) -> None:
    found = verify(provider)
    assert found["check_session_iframe"].startswith("https://")
    assert found["end_session_endpoint"]


@pytest.mark.browser
def test_oidcc_session_management_rp_initiated_logout(provider: Provider, site: Site, page: Page) -> None:
    """session_state is in the answer; it is unchanged while one is signed in, and changed after the sign-out."""
    said = {
        "redirect_uris": [f"{site.url}/callback"],
        "post_logout_redirect_uris": [f"{site.url}/signed-out"],
    }
    party = register(provider, **registration(**said))
    site.put(
        "/check",
        PAGE.format(iframe=provider.metadata["check_session_iframe"], issuer=provider.url),
        "text/html",
    )
    answer = sign_in(page, party)
    message = f"{party.client_id} {answer['session_state']}"
    assert " " not in answer["session_state"]
    assert asked(page, site, message) == "unchanged"
    assert asked(page, site, f"{party.client_id} {answer['session_state'][::-1]}") in ("changed", "error")
    tokens = party.redeem(answer["code"]).json()
    leaving = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": f"{site.url}/signed-out"}
    query = "&".join(f"{name}={value}" for name, value in leaving.items())
    page.goto(f"{provider.metadata['end_session_endpoint']}?{query}")
    page.wait_for_url(f"{site.url}/signed-out*")
    assert asked(page, site, message) == "changed"


def sign_in(page: Page, party: Party) -> dict[str, str]:
    """By the real pages; the parameters that the app is sent."""
    page.goto(party.url(party.request()))
    page.get_by_label("User name or e-mail").fill(party.provider.alice.username)
    page.get_by_label("Password", exact=True).fill(party.provider.alice.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Allow", exact=True).click()
    page.wait_for_url(f"{party.redirect_uri}*")
    return dict(parse_qsl(urlsplit(page.url).query))


def asked(page: Page, site: Site, message: str) -> str:
    page.goto(f"{site.url}/check")
    found: str = page.evaluate("message => window.ask(message)", message)
    return found
