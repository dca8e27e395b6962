"""A person sent to the end_session_endpoint: what the suite's logout modules have in common."""

import re
import secrets
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import jwt
import requests

from tests.certification import judging
from tests.certification.party import Party, SignedIn, wait_until
from tests.certification.provider import Provider
from tests.certification.registering import register
from tests.certification.site import Site
from tests.live.visitor import Visitor, forms

SIGNED_OUT = "You are signed out"


@dataclass
class Leaving:
    """Somebody signed in at `party` with a fresh browser, about to sign out."""

    party: Party
    visitor: Visitor
    signed_in: SignedIn

    @classmethod
    def from_app(cls, party: Party) -> "Leaving":
        visitor = party.provider.browser()
        return cls(party, visitor, party.sign_in(visitor))

    def parameters(self, **changes: str | None) -> dict[str, str]:
        """As a good relying party sends them; a change to None leaves one out. The state is long, as the suite's."""
        sent: dict[str, str | None] = {
            "id_token_hint": self.signed_in.hint,
            "post_logout_redirect_uri": self.party.registration["post_logout_redirect_uris"][0],
            "state": secrets.token_urlsafe(96),
            **changes,
        }
        return {name: value for name, value in sent.items() if value is not None}

    def leave(self, **changes: str | None) -> requests.Response:
        """The last page or redirect of the provider, which stays as long as it can with itself."""
        return self._go_on(self.party.end_session(self.visitor, **self.parameters(**changes)))

    def confirm(self, page: requests.Response) -> requests.Response:
        """Says yes on the provider's page that asks."""
        asking = next(form for form in forms(page) if "sign-out" in form.buttons.get("decision", []))
        headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
        answer = self.visitor.session.post(
            asking.action,
            {**asking.fields, "decision": "sign-out"},
            headers=headers,
            allow_redirects=False,
            timeout=30,
        )
        return self._go_on(answer)

    def _go_on(self, answer: requests.Response) -> requests.Response:
        while answer.is_redirect:
            target = urljoin(answer.url, answer.headers["Location"])
            if not target.startswith(self.party.provider.url):
                return answer
            answer = self.visitor.session.get(target, allow_redirects=False, timeout=30)
        return answer

    # --- What has to be true afterwards ---------------------------------------------------------------

    def is_back(self, answer: requests.Response, **expected: str) -> None:
        """At the registered address, with the state if one was sent and nothing else."""
        parts = urlsplit(answer.headers["Location"])
        registered = self.party.registration["post_logout_redirect_uris"][0]
        assert parts._replace(query="").geturl() == registered
        assert {name: values[0] for name, values in parse_qs(parts.query).items()} == expected
        self.is_signed_out()

    def is_told(self, page: requests.Response) -> None:
        """On the provider's own page."""
        assert page.status_code == 200
        assert SIGNED_OUT in page.text
        self.is_signed_out()

    def is_signed_out(self) -> None:
        """prompt=none then fails."""
        allowed = ("login_required", "interaction_required", "account_selection_required")
        self.party.refused(self.visitor, *allowed, prompt="none")

    def is_kept(self, page: requests.Response) -> None:
        """An error or a question, and in any case no way back to the app, also after a yes."""
        assert page.status_code in (200, 400), page.status_code
        address = self.party.registration["post_logout_redirect_uris"][0]
        assert f'href="{address}' not in page.text
        assert self.party.sign_in(self.visitor, prompt="none").id_token, (
            "signed out without a question (S-112)"
        )
        if page.status_code == 200:
            self.is_told(self.confirm(page))


def registration(**changes: Any) -> dict[str, Any]:
    """What a logout plan's app registers beside the usual."""
    return {"post_logout_redirect_uris": ["https://rp.example/post_logout_redirect"], **changes}


EVENT = "http://schemas.openid.net/event/backchannel-logout"


def heard_on_the_back_channel(provider: Provider, site: Site) -> None:
    """A POST with a logout token and nothing else: iss, aud, iat, jti, events, sid and sub, no nonce."""
    path = f"/backchannel_logout/{secrets.token_hex(4)}"
    said = {
        "backchannel_logout_uri": site.url + path,
        "backchannel_logout_session_required": True,
        "token_endpoint_auth_method": "client_secret_basic",
    }
    leaving = Leaving.from_app(register(provider, **registration(**said)))
    leaving.is_back(leaving.leave(state="s" * 128), state="s" * 128)
    wait_until(lambda: site.to(path))
    (visit,) = site.to(path)
    assert (visit.method, visit.content_type) == ("POST", "application/x-www-form-urlencoded")
    assert set(visit.form) == {"logout_token"}
    (token,) = visit.form["logout_token"]
    header, claims = judging.verified(token, provider.keys(token), "RS256")
    assert header["typ"] == "logout+jwt"
    assert (claims["iss"], claims["aud"]) == (provider.url, leaving.party.client_id)
    assert provider.now() - 60 < claims["iat"] <= provider.now() + 5
    assert claims["exp"] > provider.now()
    assert claims["jti"]
    assert claims["events"] == {EVENT: {}}
    assert claims["sid"] == leaving.signed_in.id_token["sid"]
    assert claims["sub"] == leaving.signed_in.id_token["sub"]
    assert "nonce" not in claims
    assert jwt.get_unverified_header(token)["kid"] in {key["kid"] for key in provider.jwks()["keys"]}


def heard_on_the_front_channel(provider: Provider, site: Site) -> None:
    """The iframe is loaded with iss and sid and nothing else; then the browser goes on, with the state."""
    path = f"/frontchannel_logout/{secrets.token_hex(4)}"
    said = {
        "redirect_uris": [f"{site.url}/callback"],
        "frontchannel_logout_uri": site.url + path,
        "frontchannel_logout_session_required": True,
        "token_endpoint_auth_method": "client_secret_basic",
    }
    leaving = Leaving.from_app(register(provider, **registration(**said)))
    page = leaving.leave(state="s" * 128)
    _load_frames(page, site)
    (visit,) = site.to(path)
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
