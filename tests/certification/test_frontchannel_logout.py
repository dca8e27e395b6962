"""Front-Channel Logout OP: oidcc-frontchannel-rp-initiated-logout-certification-test-plan."""

import re
from html import unescape

import requests

from tests.certification.discovery import verify
from tests.certification.provider import Provider
from tests.certification.registering import register
from tests.certification.signing_out import Leaving, registration
from tests.certification.site import Site


def test_oidcc_frontchannel_logout_discovery_endpoint_verification(provider: Provider) -> None:
    found = verify(provider)
    assert found["frontchannel_logout_supported"] is True
    assert found["frontchannel_logout_session_supported"] is True
    assert found["end_session_endpoint"]


def test_oidcc_frontchannel_rp_initiated_logout(provider: Provider, site: Site) -> None:
    """The iframe is loaded with iss and sid and nothing else; then the browser goes on, with the state."""
    said = {
        "redirect_uris": [f"{site.url}/callback"],
        "frontchannel_logout_uri": f"{site.url}/frontchannel_logout",
        "frontchannel_logout_session_required": True,
        "token_endpoint_auth_method": "client_secret_basic",
    }
    leaving = Leaving.from_app(register(provider, **registration(**said)))
    page = leaving.leave(state="s" * 128)
    _load_frames(page, site)
    (visit,) = site.to("/frontchannel_logout")
    assert visit.query == {"iss": [provider.url], "sid": [leaving.signed_in.id_token["sid"]]}
    leaving.is_back(_next(page), state="s" * 128)


def _load_frames(page: requests.Response, site: Site) -> None:
    """As a browser does, if the page's own policy lets it."""
    assert page.status_code == 200
    frames = [unescape(address) for address in re.findall(r'<iframe src="([^"]+)"', page.text)]
    policy = page.headers["Content-Security-Policy"]
    assert site.url in next(rule for rule in policy.split(";") if "frame-src" in rule)
    for address in frames:
        assert address.startswith(site.url)
        requests.get(address, timeout=10)


def _next(page: requests.Response) -> requests.Response:
    """Where the page goes on to by itself, without JavaScript, as if that were a redirect."""
    found = re.search(r'http-equiv="refresh" content="[0-9]+;url=([^"]+)"', page.text)
    assert found, page.text
    page.headers["Location"] = unescape(found[1])
    return page
