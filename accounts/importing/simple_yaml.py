"""The part of YAML in which people write lists of users; everything beyond is refused with its line, never guessed.

Mappings and lists by indentation, plain and quoted texts, [a, b], comments. No anchors, tags, blocks of text or
several documents: for those the same file as JSON does.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from accounts.importing.incoming import Unreadable

DEEPEST = 20
_KEY = re.compile(
    r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#&*!|>%@`"'\[\]{},:?-][^:#]*|-[^\s:#][^:#]*)\s*:(?:\s+|$)"""
)


@dataclass(frozen=True)
class _Line:
    number: int
    indent: int
    text: str

    def refuse(self, why: str) -> Unreadable:
        return Unreadable(f"line {self.number}: {why}; the same as JSON can be read too")


def read(data: bytes) -> Any:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("This is not UTF-8.") from error
    lines = [line for number, raw in enumerate(text.splitlines(), 1) if (line := _line(number, raw))]
    if lines and lines[0].text == "---":
        lines = lines[1:]
    if not lines:
        raise Unreadable("There is nothing in it.")
    value, rest = _block(lines, 0)
    if rest:
        raise rest[0].refuse("this stands too far to the left or right")
    return value


def _line(number: int, raw: str) -> _Line | None:
    if "\t" in raw[: len(raw) - len(raw.lstrip())]:
        raise Unreadable(f"line {number}: indent with spaces")
    text = _uncommented(raw).rstrip()
    return _Line(number, len(text) - len(text.lstrip()), text.lstrip()) if text.strip() else None


def _uncommented(raw: str) -> str:
    quote = ""
    for place, character in enumerate(raw):
        if quote:
            if character == quote and not (quote == '"' and raw[place - 1] == "\\"):
                quote = ""
        elif character in "\"'" and (place == 0 or raw[place - 1] in " [,{:-"):
            quote = character
        elif character == "#" and (place == 0 or raw[place - 1].isspace()):
            return raw[:place]
    return raw


def _block(lines: list[_Line], depth: int) -> tuple[Any, list[_Line]]:
    """The mapping or list that begins with the first line, and the lines after it."""
    if depth > DEEPEST:
        raise lines[0].refuse("this is nested too deep")
    is_list = lines[0].text == "-" or lines[0].text.startswith("- ")
    return _list(lines, depth) if is_list else _mapping(lines, depth)


def _mapping(lines: list[_Line], depth: int) -> tuple[dict[str, Any], list[_Line]]:
    indent, found = lines[0].indent, {}
    while lines and lines[0].indent == indent:
        line = lines[0]
        match = _KEY.match(line.text)
        if not match:
            raise line.refuse("expected a name and a colon")
        name, rest = str(_scalar(line, match[1].strip(), key=True)), line.text[match.end() :].strip()
        if name in found:
            raise line.refuse(f"{name} stands here twice")
        lines = lines[1:]
        if rest:
            found[name] = _scalar(line, rest)
        else:
            found[name], lines = _below(line, lines, depth)
    return found, lines


def _below(line: _Line, lines: list[_Line], depth: int) -> tuple[Any, list[_Line]]:
    """A list may stand as far to the left as the name that it belongs to."""
    if not lines or lines[0].indent < line.indent:
        return None, lines
    if lines[0].indent == line.indent and not lines[0].text.startswith("- "):
        return None, lines
    return _block(lines, depth + 1)


def _list(lines: list[_Line], depth: int) -> tuple[list[Any], list[_Line]]:
    indent, found = lines[0].indent, []
    while lines and lines[0].indent == indent and lines[0].text.startswith("-"):
        line = lines[0]
        item = line.text[1:].strip()
        if not item or _KEY.match(item) or item.startswith("- "):
            raise line.refuse("expected a text after the dash")
        found.append(_scalar(line, item))
        lines = lines[1:]
    return found, lines


def _scalar(line: _Line, text: str, *, key: bool = False) -> Any:
    if text[0] == '"':
        try:
            return json.loads(text)
        except ValueError as error:
            raise line.refuse("this text in quotes can't be read") from error
    if text[0] == "'":
        if len(text) < 2 or text[-1] != "'" or "'" in text[1:-1].replace("''", ""):
            raise line.refuse("this text in quotes can't be read")
        return text[1:-1].replace("''", "'")
    if text[0] == "[" and not key:
        return _flow(line, text)
    if text == "{}":
        return {}
    if text[0] in "&*!|>%@`{[]},?" or ": " in text:
        raise line.refuse(f"{text[0]} has a meaning that is not known here")
    if key:
        return text
    return {"true": True, "false": False, "null": None, "~": None}.get(text.lower(), text)


def _flow(line: _Line, text: str) -> list[Any]:
    if not text.endswith("]"):
        raise line.refuse("a list in brackets has to end on its line")
    items = re.findall(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,]+?)\s*(?:,|$)""", text[1:-1])
    return [_scalar(line, item) for item in items if item.strip()]
