"""Random values handed out, and the digests of them that are kept (S-146)."""

import hashlib
import secrets


def new_token() -> str:
    """256 random bits for a cookie or a link."""
    return secrets.token_urlsafe(32)


def new_sid() -> str:
    """128 random bits: a session's public name."""
    return secrets.token_urlsafe(16)


def digest(token: str) -> str:
    """What is stored in a token's place. It is random and long, so a fast hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
