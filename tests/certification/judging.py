"""What the suite checks of every ID token, of every token answer and of every claim, by PyJWT and by hand."""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any

import jwt
import requests

_STRINGS = (
    "sub", "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile",
    "picture", "website", "email", "gender", "birthdate", "zoneinfo", "locale", "phone_number",
)  # fmt: skip
_SHA2 = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}
CLAIMS = {
    "profile": {
        "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile",
        "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
    },
    "email": {"email", "email_verified"},
    "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
}  # fmt: skip


def half_hash(value: str, algorithm: str) -> str:
    """OIDC Core section 3.3.2.11; Ed25519 signs over SHA-512."""
    digest = (hashlib.sha512 if algorithm == "EdDSA" else _SHA2[algorithm[-3:]])(value.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")


def verified(token: str, keys: jwt.PyJWKSet, algorithm: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims; the signature is by the key that the kid names, and by no other algorithm than agreed on."""
    header = jwt.get_unverified_header(token)
    assert header["alg"] == algorithm, header
    own_checks = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
    claims: dict[str, Any] = jwt.decode(
        token, keys[header["kid"]], algorithms=[algorithm], options=own_checks
    )
    return header, claims


def by_secret(token: str, secret: str, algorithm: str) -> dict[str, Any]:
    """The claims of what is signed with the app's own secret."""
    found: dict[str, Any] = jwt.decode(
        token, secret, algorithms=[algorithm], options={"verify_aud": False, "verify_iat": False}
    )
    return found


def check_id_token(
    claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str | None, now: float
) -> None:
    """OIDC Core sections 2 and 3.1.3.7."""
    assert claims["iss"] == issuer
    assert claims["aud"] in (client_id, [client_id])
    assert claims.get("azp", client_id) == client_id
    assert 0 < len(claims["sub"]) <= 255
    assert claims["sub"].isascii()
    assert now - 60 < claims["iat"] <= now + 5
    assert claims["exp"] > now
    assert claims.get("nbf", now) <= now + 5
    assert claims.get("nonce") == nonce
    assert isinstance(claims.get("auth_time", 0), int)
    assert all(isinstance(method, str) for method in claims.get("amr", []))
    check_types(claims)


def check_types(claims: Mapping[str, Any]) -> None:
    """OIDC Core section 5.1: each with its type, and left out where there is nothing to say (section 5.3.2)."""
    for name in _STRINGS:
        assert isinstance(claims.get(name, "-"), str), name
    for name in ("email_verified", "phone_number_verified"):
        assert isinstance(claims.get(name, True), bool), name
    assert isinstance(claims.get("updated_at", 0), int)
    address = claims.get("address", {"formatted": "-"})
    assert isinstance(address, dict)
    assert all(isinstance(part, str) for part in address.values())
    assert not [name for name, value in claims.items() if value in (None, "", {})]
    for name in ("profile", "picture", "website"):
        assert re.match(r"https?://|-$", claims.get(name, "-")), name


def check_token_answer(answer: requests.Response) -> dict[str, Any]:
    """RFC 6749 section 5.1."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    tokens: dict[str, Any] = answer.json()
    check_access_token(tokens)
    assert re.fullmatch(r"[\x20-\x7e]+", tokens.get("refresh_token", "-"))
    return tokens


def check_access_token(tokens: Mapping[str, Any]) -> None:
    """Of a token answer, or of one through the browser, where numbers are text."""
    assert re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", tokens["access_token"])
    assert tokens["token_type"].lower() == "bearer"
    assert int(tokens["expires_in"]) > 0


def check_error(answer: Mapping[str, Any], *allowed: str) -> None:
    """RFC 6749 section 4.1.2.1, and nothing of a success beside it."""
    assert answer["error"] in allowed, answer
    assert re.fullmatch(r"[\x20\x21\x23-\x5b\x5d-\x7e]*", answer.get("error_description", ""))
    assert not {"code", "access_token", "id_token"} & set(answer)


def check_keys(document: Mapping[str, Any]) -> None:
    """RFC 7517: public keys only, each with a kid of its own."""
    kids = [key["kid"] for key in document["keys"]]
    assert len(set(kids)) == len(kids) > 0
    for key in document["keys"]:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key), "a private or symmetric key"
        assert key["use"] == "sig"
        assert not any(part.endswith("=") for part in map(str, key.values())), "base64url has no padding"
