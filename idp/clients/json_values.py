"""Typed readers of JSON from outside: a value of the right type and size, or what it has to be (S-121)."""

import json
from collections.abc import Callable
from typing import Any, NoReturn

from idp.protocol.params import is_plain

MAX_DOCUMENT = 64 * 1024
MAX_DEPTH = 32  # S-014

Reader = Callable[[object], Any]


class Unfit(ValueError):
    """The message ends the sentence "<name> has to be …"."""


def read_object(document: bytes, *, limit: int = MAX_DOCUMENT) -> dict[str, object]:
    """A JSON object within the limits. Raises Unfit."""
    if len(document) > limit:
        raise Unfit(f"at most {limit} bytes")
    try:
        value = json.loads(document, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise Unfit("JSON") from error
    if not isinstance(value, dict):
        raise Unfit("a JSON object")
    if _depth_is_over(value, MAX_DEPTH):
        raise Unfit(f"nested at most {MAX_DEPTH} deep")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _depth_is_over(value: object, limit: int) -> bool:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return limit < 0 or any(_depth_is_over(child, limit - 1) for child in children)


def text(limit: int) -> Reader:
    def read(value: object) -> str:
        if not isinstance(value, str) or len(value) > limit or not is_plain(value):
            raise Unfit(f"a string of at most {limit} characters, without control characters")
        return value

    return read


def stripped(limit: int) -> Reader:
    return lambda value: text(limit)(value).strip()


def texts(count: int, limit: int) -> Reader:
    def read(value: object) -> list[str]:
        if not isinstance(value, list) or len(value) > count:
            raise Unfit(f"a list of at most {count} strings")
        return list(dict.fromkeys(text(limit)(item) for item in value))

    return read


def one_of(*names: str) -> Reader:
    def read(value: object) -> str:
        if value not in names or not isinstance(value, str):
            raise Unfit(f"one of: {', '.join(names)}")
        return value

    return read


def some_of(*names: str) -> Reader:
    def read(value: object) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(item, str) and item in names for item in value):
            raise Unfit(f"a list of: {', '.join(names)}")
        return list(dict.fromkeys(value))

    return read


def object_of(limit: int) -> Reader:
    def read(value: object) -> dict[str, Any]:
        if not isinstance(value, dict) or len(json.dumps(value)) > limit or not is_plain(json.dumps(value)):
            raise Unfit(f"a JSON object of at most {limit} characters")
        return value

    return read


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unfit("true or false")
    return value


def seconds(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit("a whole number of seconds")
    return value
