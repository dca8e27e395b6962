"""A passkey in software: answers WebAuthn options as a browser with an authenticator does."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

USER_PRESENT, USER_VERIFIED, MAY_BACK_UP, BACKED_UP, WITH_KEY = 0x01, 0x04, 0x08, 0x10, 0x40


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def raw(encoded: str) -> bytes:
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


@dataclass
class Authenticator:
    """One credential of one person; `origin`, `rp_id` and `flags` are what an attacker would have wrong."""

    origin: str = "http://localhost:8000"
    rp_id: str = "localhost"
    flags: int = USER_PRESENT | USER_VERIFIED | MAY_BACK_UP | BACKED_UP
    counter: int = 0
    credential_id: bytes = b"credential-0001"
    user_handle: bytes = b""
    aaguid: bytes = bytes(16)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: str, **changes: Any) -> str:
        """The answer to `navigator.credentials.create`."""
        asked = json.loads(options)
        self.user_handle = raw(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = (
            self.aaguid + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(cose)
        )
        attestation = cbor2.dumps(
            {"fmt": "none", "attStmt": {}, "authData": self._data(self.flags | WITH_KEY) + attested}
        )
        client_data = self._client_data("webauthn.create", asked["challenge"], changes)
        return self._credential(
            {
                "clientDataJSON": text(client_data),
                "attestationObject": text(attestation),
                "transports": ["internal"],
            }
        )

    def get(self, options: str, **changes: Any) -> str:
        """The answer to `navigator.credentials.get`."""
        self.counter += 1 if self.counter else 0
        client_data = self._client_data("webauthn.get", json.loads(options)["challenge"], changes)
        data = self._data(self.flags)
        signed = data + hashlib.sha256(client_data).digest()
        signature = self.key.sign(signed, ec.ECDSA(SHA256()))
        return self._credential(
            {
                "clientDataJSON": text(client_data),
                "authenticatorData": text(data),
                "signature": text(changes.get("signature", signature)),
                "userHandle": text(changes.get("user_handle", self.user_handle)),
            }
        )

    def _client_data(self, kind: str, challenge: str, changes: dict[str, Any]) -> bytes:
        content = {
            "type": changes.get("type", kind),
            "challenge": changes.get("challenge", challenge),
            "origin": self.origin,
            "crossOrigin": False,
        }
        return json.dumps(content).encode()

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _credential(self, response: dict[str, Any]) -> str:
        name = text(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
