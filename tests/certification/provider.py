"""The provider under test: a gunicorn on https with all that an admin can switch on, seen from outside."""

import json
from datetime import timedelta
from functools import cached_property
from typing import Any

import jwt
import requests

from tests.live.clock import Clock
from tests.live.server import Person, Server
from tests.live.visitor import Visitor

SETTINGS = {
    "IDP_REGISTRATION": "token",
    "IDP_FETCH_NETWORKS": "127.0.0.0/8",  # where the relying party's site is
    "IDP_KEY_ALGORITHMS": "RS256,PS256,ES256,EdDSA",
    "IDP_SESSION_MANAGEMENT": "on",
}
ALICE = (
    "--name=Alice Liddell", "--given-name=Alice", "--family-name=Liddell", "--middle-name=Pleasance",
    "--nickname=Al", "--profile=https://alice.example/", "--picture=https://alice.example/me.png",
    "--website=https://alice.example/blog", "--gender=female", "--birthdate=1852-05-04",
    "--zoneinfo=Europe/London", "--locale=en-GB", "--phone-number=+44 1865 270000", "--phone-number-verified",
    "--locality=Oxford", "--country=UK", "--email-verified", "--group=staff",
)  # fmt: skip


class Provider:
    """`server` as a relying party knows it: metadata, keys, and one HTTP session for what programs ask."""

    def __init__(self, server: Server, clock: Clock) -> None:
        self.server, self.clock, self.url = server, clock, server.url
        self.http = requests.Session()
        self.http.trust_env = False  # or REQUESTS_CA_BUNDLE would win over the next line
        self.http.verify = server.verify
        self._keys = jwt.PyJWKSet.from_dict(self.jwks())

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """As a relying party finds it, from the issuer alone (OIDC Discovery section 4)."""
        found: dict[str, Any] = self.http.get(
            f"{self.url}/.well-known/openid-configuration", timeout=30
        ).json()
        assert found["issuer"] == self.url
        return found

    def jwks(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(self.metadata["jwks_uri"], timeout=30).json()
        return found

    def keys(self, token: str) -> jwt.PyJWKSet:
        """Fetched again for a kid that is not among them (OIDC Core section 10.1.1)."""
        known = {key.key_id for key in self._keys.keys}
        if jwt.get_unverified_header(token).get("kid") not in known:
            self._keys = jwt.PyJWKSet.from_dict(self.jwks())
        return self._keys

    @cached_property
    def alice(self) -> Person:
        return self.server.user("alice", *ALICE)

    def browser(self) -> Visitor:
        """Alice with a browser in which nobody is signed in."""
        return Visitor(self.alice, verify=self.server.verify)

    def client(self, **metadata: Any) -> dict[str, Any]:
        """A static registration."""
        return self.server.client(**metadata)

    @cached_property
    def registration_token(self) -> str:
        """For all of OpenID Connect, as an admin makes one for a certification run."""
        made = ("registration-token", "create", "certification", "--uses=1000", "--openid-connect", "--json")
        found: str = json.loads(self.server.manage(*made))["registration_token"]
        return found

    def register(self, **metadata: Any) -> requests.Response:
        """A dynamic registration (RFC 7591 section 3.1)."""
        headers = {"Authorization": f"Bearer {self.registration_token}"}
        address = self.metadata["registration_endpoint"]
        return self.http.post(address, json=metadata, headers=headers, timeout=30)

    def now(self) -> float:
        return self.clock.now().timestamp()

    def wait(self, seconds: int) -> None:
        """Moves the server's clock, and ours."""
        self.clock.forward(timedelta(seconds=seconds))
