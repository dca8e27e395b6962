"""The table of what a hostile provider does: cases.json, whose forgeries are those of the playground's tamper table.

A new case is a row. `hop` says where it happens, `expect` what a good app does; what is not a `must` costs no mark.
"""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from idp.playground import tampering

_TABLE = Path(__file__).with_name("cases.json")
_TWISTS = ("header", "claims", "prefix", "flip", "sign", "append")


@dataclass(frozen=True)
class Case:
    """One thing that a provider may do; the members from `header` on are those of `tampering.Forgery`."""

    id: str
    hop: Literal["id_token", "answer", "userinfo", "logout"]
    clause: str
    name: str
    does: str
    expect: Literal["accept", "refuse"] = "refuse"
    strength: Literal["must", "should"] = "must"
    answer: dict[str, str | None] = field(default_factory=dict)
    userinfo: dict[str, str] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    prefix: str = ""
    flip: str = ""
    sign: str = "keep"
    append: str = ""


@lru_cache(maxsize=1)
def table() -> tuple[Case, ...]:
    forgeries = {row.id: row for row in tampering.table()}
    return tuple(_case(row, forgeries) for row in json.loads(_TABLE.read_text(encoding="utf-8")))


def _case(row: dict[str, Any], forgeries: dict[str, tampering.Forgery]) -> Case:
    name = row.pop("tamper", None)
    if name is None:
        return Case(**row)
    forgery = forgeries[name]
    twists = {each: getattr(forgery, each) for each in _TWISTS}
    return Case(**{"name": forgery.name, "does": forgery.does, **twists, **row})


def sign_ins() -> tuple[Case, ...]:
    return tuple(case for case in table() if case.hop != "logout")


def logouts() -> tuple[Case, ...]:
    return tuple(case for case in table() if case.hop == "logout")
