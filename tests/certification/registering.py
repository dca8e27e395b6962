"""An app that registers itself, in the suite's words: OIDC Registration metadata and a key, and nothing of ours."""

from typing import Any

from tests.certification.key import Key
from tests.certification.party import CALLBACK, Party
from tests.certification.provider import Provider


def document(key: Key, response_type: str = "code", **changes: Any) -> dict[str, Any]:
    """What the suite sends; a change to None leaves a member out."""
    words = set(response_type.split())
    grants = [
        *(["authorization_code"] if "code" in words else []),
        *(["implicit"] if words != {"code"} else []),
    ]
    said = {
        "client_name": "certification",
        "redirect_uris": [CALLBACK],
        "response_types": [response_type],
        "grant_types": grants,
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": key.jwks,
        "contacts": ["certification@rp.example"],
        **changes,
    }
    return {name: value for name, value in said.items() if value is not None}


def register(
    provider: Provider, response_type: str = "code", *, key: Key | None = None, **changes: Any
) -> Party:
    """Registers, and holds the answer to RFC 7591 section 3.2.1: all of it comes back."""
    key = key or Key()
    said = document(key, response_type, **changes)
    answer = provider.register(**said)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    registered: dict[str, Any] = answer.json()
    assert registered["client_id"]
    assert registered["registration_client_uri"].startswith(provider.url)
    assert registered["registration_access_token"]
    for name, value in said.items():
        assert registered[name] == value, name
    return Party(provider, registered, response_type, key=key)


def refused(provider: Provider, *errors: str, **changes: Any) -> None:
    """A registration that has to fail (RFC 7591 section 3.2.2)."""
    answer = provider.register(**document(Key(), **changes))
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    assert answer.json()["error"] in errors, answer.text
