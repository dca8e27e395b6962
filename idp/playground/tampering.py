"""The tamper table: ways to forge a token, tried by the playground in the browser and by tests/security here.

`tampering.json` is the one table; forge.js and tests/security/forging.py carry it out.
"""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).with_name("tampering.json")


@dataclass(frozen=True)
class Forgery:
    """What to do to a real token, which check has to notice, and why that works.

    `header` and `claims` are members to set (None takes one out), `sign` is keep, empty, drop, own-key or
    hmac-public-key, `flip` names the part of which one letter changes.
    """

    id: str
    name: str
    does: str
    check: str
    why: str
    token: str = "access_token"  # noqa: S105  a kind, not a secret
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    prefix: str = ""
    payload_of: str = ""
    flip: str = ""
    sign: str = "keep"
    append: str = ""


@lru_cache(maxsize=1)
def table() -> tuple[Forgery, ...]:
    return tuple(Forgery(**row) for row in json.loads(_TABLE.read_text(encoding="utf-8")))


_FOR_PEOPLE = {"name", "does", "why"}


def instructions() -> list[dict[str, Any]]:
    """The table for forge.js, without the words that the page has already."""
    rows = json.loads(_TABLE.read_text(encoding="utf-8"))
    return [{name: value for name, value in row.items() if name not in _FOR_PEOPLE} for row in rows]
