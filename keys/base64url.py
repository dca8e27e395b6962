"""base64url without padding (RFC 4648 section 5, RFC 7515 section 2): every value has exactly one text."""

import base64


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Raises ValueError for padding, a foreign character, a length or last bits that no encoder writes.

    Python's own decoder passes over all of these, and then two texts would mean one value.
    """
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(raw) != text:
        raise ValueError("not base64url")
    return raw
