"""The three parts of a token, and one character of one of them changed."""

import base64
import json
from typing import Any

CHANGES = ("header", "payload", "signature")


def read(token: str, part: str) -> Any:
    """Anybody can read a token: no key is needed, only base64url."""
    text = token.split(".")[CHANGES.index(part)]
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return data if part == "signature" else json.loads(data)


def altered(token: str, part: str) -> str:
    """One character in the middle is another: at the end, it might only change bits that base64url drops."""
    parts = token.split(".")
    text = parts[CHANGES.index(part)]
    middle = len(text) // 2
    parts[CHANGES.index(part)] = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
    return ".".join(parts)
