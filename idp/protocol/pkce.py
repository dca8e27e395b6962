"""Proof Key for Code Exchange, S256 only (RFC 7636; RFC 9700 section 2.1.1)."""

import base64
import hashlib
import re
from hmac import compare_digest

from idp.protocol.errors import InvalidGrant, InvalidRequest

METHODS = ("S256",)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
MAX_VERIFIER = 1024


def read_challenge(challenge: str | None, method: str | None, *, required: bool) -> str:
    """The challenge of an authorization request, or "" where none is needed. Raises InvalidRequest."""
    if challenge is None:
        if method is not None:
            raise InvalidRequest("code_challenge_method is sent without code_challenge.")
        if required:
            raise InvalidRequest("code_challenge is missing: this provider requires PKCE with S256.")
        return ""
    if method not in METHODS:  # absent means plain (RFC 7636 section 4.3), which is no protection
        raise InvalidRequest("code_challenge_method has to be S256.")
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequest("code_challenge has to be 43 characters of base64url.")
    return challenge


def prove(challenge: str, verifier: str | None) -> None:
    """Raises InvalidGrant unless `verifier` is the secret behind `challenge` (RFC 7636 section 4.6).

    The hash decides, not the verifier's alphabet: some clients in the field use characters outside it
    (INTEROP 16), at no loss of strength.
    """
    if not challenge:
        if verifier is not None:
            raise InvalidGrant("code_verifier is sent, but the authorization request had no code_challenge.")
        return
    if verifier is None:
        raise InvalidGrant("code_verifier is missing.")
    if len(verifier) > MAX_VERIFIER or not compare_digest(challenge_of(verifier), challenge):
        raise InvalidGrant("code_verifier does not match code_challenge.")


def challenge_of(verifier: str) -> str:
    """RFC 7636 section 4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
