"""What a code or a refresh token is bound to: the key that its holder has to prove (RFC 9449 sections 5 and 10)."""

from idp.models import Client, Grant
from idp.protocol.errors import InvalidGrant


def check(grant: Grant, jkt: str) -> None:
    """Raises InvalidGrant unless the grant is unbound, or bound to the key `jkt`, "" for none."""
    if grant.dpop_jkt and grant.dpop_jkt != jkt:
        raise InvalidGrant(
            "This is bound to a key: send a DPoP proof by that key.",
            reason="DPoP key mismatch",
            check="key-binding",
            key_expected=grant.dpop_jkt,
            key_proven=jkt or "none: there was no proof",
        )


def for_refresh(client: Client, jkt: str) -> str:
    """The key for the refresh token. A confidential app proves itself at each refresh, and may change its key."""
    return jkt if client.is_public else ""
