"""What the suite asserts of the provider's metadata and keys (OIDC Discovery section 3, RFC 8414 section 2)."""

import re
from typing import Any

from tests.certification.judging import check_keys
from tests.certification.provider import Provider

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
LISTS_OF_ANY = (
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
    "grant_types_supported",
    "scopes_supported",
    "claims_supported",
    "code_challenge_methods_supported",
)
FLAGS = ("request_parameter_supported", "request_uri_parameter_supported", "claims_parameter_supported")


def verify(provider: Provider, *, dynamic: bool = False) -> dict[str, Any]:
    address = f"{provider.url}/.well-known/openid-configuration"
    answer = provider.http.get(address, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    found: dict[str, Any] = answer.json()
    assert found["issuer"] == address.removesuffix("/.well-known/openid-configuration")
    _check_addresses(found)
    _check_lists(found)
    for name in FLAGS:
        assert isinstance(found[name], bool)
    check_keys(provider.http.get(found["jwks_uri"], timeout=30).json())
    if dynamic:
        _check_dynamic(found)
    return found


def _check_addresses(found: dict[str, Any]) -> None:
    """Every endpoint is https, and the ones that a provider has to have are there."""
    assert set(ENDPOINTS) <= set(found)
    named = [name for name in found if name.endswith(("_endpoint", "_uri", "_iframe"))]
    for name in ("issuer", *named):
        assert re.fullmatch(r"https://[^\s#]+", found[name]), name


def _check_lists(found: dict[str, Any]) -> None:
    for name in LISTS_OF_ANY:
        assert found[name], name
    for name, values in found.items():
        if name.endswith("_supported") and isinstance(values, list):
            assert all(isinstance(value, str) and value for value in values), name
            assert len(set(values)) == len(values), name
    assert "code" in found["response_types_supported"]
    assert set(found["subject_types_supported"]) <= {"public", "pairwise"}
    assert "RS256" in found["id_token_signing_alg_values_supported"]
    assert "RS256" in found["userinfo_signing_alg_values_supported"]
    assert "RS256" in found["request_object_signing_alg_values_supported"]
    assert "authorization_code" in found["grant_types_supported"]
    assert "openid" in found["scopes_supported"]
    assert all(re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]+", scope) for scope in found["scopes_supported"])
    assert {"iss", "sub"} <= set(found["claims_supported"])
    assert all(
        re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?", tag) for tag in found["ui_locales_supported"]
    )


def _check_dynamic(found: dict[str, Any]) -> None:
    """OIDC Core section 15.2: what a provider has to have for apps that it does not know beforehand."""
    assert found["registration_endpoint"]
    types = {frozenset(kind.split()) for kind in found["response_types_supported"]}
    assert {frozenset({"code"}), frozenset({"id_token"}), frozenset({"id_token", "token"})} <= types
    assert {"authorization_code", "implicit"} <= set(found["grant_types_supported"])
    assert found["request_uri_parameter_supported"] is True
