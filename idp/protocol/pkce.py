"""Proof Key for Code Exchange, S256 only (RFC 7636; RFC 9700 section 2.1.1)."""

import hashlib
import re
from hmac import compare_digest

from idp.protocol.errors import InvalidGrant, InvalidRequest
from keys import base64url

METHODS = ("S256",)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
MAX_VERIFIER = 1024


def read_challenge(challenge: str | None, method: str | None, *, required: bool) -> str:
    """The challenge of an authorization request, or "" where none is needed. Raises InvalidRequest."""
    if challenge is None:
        if method is not None:
            raise InvalidRequest(
                "code_challenge_method is sent without code_challenge.",
                check="pkce-challenge",
                received=method,
            )
        if required:
            raise InvalidRequest(
                "code_challenge is missing: this provider requires PKCE with S256.", check="pkce-challenge"
            )
        return ""
    if method not in METHODS:  # absent means plain (RFC 7636 section 4.3), which is no protection
        raise InvalidRequest(
            "code_challenge_method has to be S256.",
            check="pkce-challenge",
            expected=METHODS,
            received=method or "none, which means plain",
        )
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequest(
            "code_challenge has to be 43 characters of base64url.",
            check="pkce-challenge",
            expected="43 characters of base64url",
            received=f"{len(challenge)} characters",
        )
    return challenge


def prove(challenge: str, verifier: str | None) -> None:
    """Raises InvalidGrant unless `verifier` is the secret behind `challenge` (RFC 7636 section 4.6).

    The hash decides, not the verifier's alphabet: some clients in the field use characters outside it
    (INTEROP 16), at no loss of strength.
    """
    if not challenge:
        if verifier is not None:
            raise InvalidGrant(
                "code_verifier is sent, but the authorization request had no code_challenge.", check="pkce"
            )
        return
    if verifier is None:
        raise InvalidGrant(
            "code_verifier is missing.", check="pkce", method="S256", challenge_expected=challenge
        )
    computed = challenge_of(verifier)
    if len(verifier) > MAX_VERIFIER or not compare_digest(computed, challenge):
        raise InvalidGrant(
            "code_verifier does not match code_challenge.",
            check="pkce",
            method="S256",
            challenge_expected=challenge,  # hashes, both of them: neither gives the verifier away
            challenge_computed=computed,
            verifier_length=len(verifier),
        )


def challenge_of(verifier: str) -> str:
    """RFC 7636 section 4.2."""
    return base64url.encode(hashlib.sha256(verifier.encode()).digest())
