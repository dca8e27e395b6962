"""What every format is read into: people and groups as they would be here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Unreadable(Exception):
    """The file is not of this format; says where and why."""


@dataclass(frozen=True)
class Incoming:
    """Somebody to be added. `where` leads back to the file, `password` is an encoded hash or ""."""

    where: str
    username: str
    email: str = ""
    email_verified: bool = False
    sub: str = ""
    active: bool = True
    must_change_password: bool = False
    password: str = ""
    particulars: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """All of a file. `parents` has the groups that are part of another."""

    people: list[Incoming]
    parents: Mapping[str, str] = field(default_factory=dict)


def json_of(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreadable("This is not JSON.") from error


def text(value: Any) -> str:
    """A text from a file of unknown care; "" for nothing."""
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def texts(value: Any) -> list[str]:
    return [text(item) for item in value if text(item)] if isinstance(value, list) else []
