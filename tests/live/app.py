"""The smallest honest app: PKCE, state and nonce by hand, for tests that look at the wire itself."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.live.server import Person, Server
from tests.live.visitor import Visitor

REDIRECT_URI = "http://127.0.0.1:9/callback"  # the visitor stops at the door, so nobody need listen
SCOPE = "openid profile email groups offline_access"


@dataclass
class Attempt:
    """One authorization request: what is sent, and what has to be remembered until the answer."""

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def parameters(self, client_id: str, /, **changes: str) -> dict[str, str]:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": SCOPE,
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            **changes,
        }


class App:
    """An app registered at `server`, which signs people in; `registration` is for one that was registered before."""

    def __init__(self, server: Server, registration: dict[str, Any] | None = None, **metadata: Any) -> None:
        self.server = server
        self.registration = registration or server.client(
            **{
                "client_name": "Notes",
                "redirect_uris": [REDIRECT_URI],
                "grant_types": ["authorization_code", "refresh_token"],
                "scope": SCOPE,
                **metadata,
            }
        )
        self.client_id: str = self.registration["client_id"]

    def request(self, attempt: Attempt | None = None, /, **changes: str) -> str:
        """The address of an authorization request."""
        parameters = (attempt or Attempt()).parameters(self.client_id, **changes)
        return f"{self.server.address}/oauth2/authorize?{urlencode(parameters)}"

    def code(self, visitor: Visitor, **changes: str) -> tuple[dict[str, str], Attempt]:
        """Signs the visitor in; gives the parameters that redeem the code, and what was remembered."""
        attempt = Attempt()
        arrival = visitor.authorize(self.request(attempt, **changes), REDIRECT_URI)
        assert arrival.parameters.get("state") == attempt.state, arrival
        assert "code" in arrival.parameters, arrival
        redemption = {
            "grant_type": "authorization_code",
            "code": arrival.parameters["code"],
            "redirect_uri": REDIRECT_URI,
            "code_verifier": attempt.verifier,
        }
        return redemption, attempt

    def sign_in(self, person: Person | Visitor, **changes: str) -> dict[str, Any]:
        """The token response of a whole sign-in."""
        visitor = person if isinstance(person, Visitor) else Visitor(person)
        redemption, _ = self.code(visitor, **changes)
        answer = self.server.token(self.registration, **redemption)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def refresh(self, refresh_token: str, server: Server | None = None) -> Any:
        return (server or self.server).token(
            self.registration, grant_type="refresh_token", refresh_token=refresh_token
        )
