"""The little Markdown that a page of docs/apps may use, as blocks and spans that a Django template shows.

Anything else is refused, so that GitHub and Signet show the same. What is in a page never becomes markup here: the
template engine escapes every span.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

_INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<strong>[^*`]+)\*\*|\[(?P<label>[^\]`]+)\]\((?P<url>[^)\s]+)\)"
)
_REFUSED = re.compile(r"(\||>|<|\d+\.\s|\*\s|\+\s|###|---|===|!\[)")


_NEIGHBOUR = re.compile(r"([a-z0-9-]+)\.md")


class Unreadable(ValueError):
    """What is wrong with a page."""


@dataclass(frozen=True)
class Span:
    """A part of a line; `kind` is text, code, value (code that is to be filled in), strong or link."""

    kind: str
    text: str
    url: str = ""

    @property
    def href(self) -> str:
        """Where Signet's own page leads: to an address of the web, or to a neighbour of this page."""
        if self.url.startswith("https://"):
            return self.url
        page = _NEIGHBOUR.fullmatch(self.url)
        return f"/docs/apps/{page[1]}" if page else ""


@dataclass(frozen=True)
class Block:
    """`kind` is heading, paragraph, items or code; `rows` are the lines of spans, `text` is what is in a fence."""

    kind: str
    rows: tuple[tuple[Span, ...], ...] = ()
    text: str = ""
    language: str = ""


def blocks(text: str) -> tuple[Block, ...]:
    """Raises Unreadable."""
    return tuple(_blocks(text.splitlines()))


def texts(found: tuple[Block, ...]) -> Iterator[str]:
    """Every text in which a placeholder may stand."""
    for block in found:
        yield block.text
        for row in block.rows:
            yield from (span.text for span in row)


def with_texts(block: Block, change: Callable[[str], str]) -> Block:
    """The same block, each text of it as `change` has it."""
    rows = tuple(tuple(replace(span, text=change(span.text)) for span in row) for row in block.rows)
    return replace(block, rows=rows, text=change(block.text))


def _blocks(lines: list[str]) -> Iterator[Block]:
    position = 0
    while position < len(lines):
        line = lines[position]
        if not line.strip():
            position += 1
        elif line.startswith("```"):
            position, block = _fence(lines, position)
            yield block
        elif line.startswith("## "):
            yield Block("heading", (spans(line[3:]),))
            position += 1
        else:
            position, gathered = _gather(lines, position)
            yield _prose(gathered)


def _fence(lines: list[str], start: int) -> tuple[int, Block]:
    language = lines[start][3:].strip()
    if not re.fullmatch(r"[a-z]+", language):
        raise Unreadable(f"a fence has to name its language: {lines[start]}")
    for end in range(start + 1, len(lines)):
        if lines[end] == "```":
            text = "".join(f"{line}\n" for line in lines[start + 1 : end])
            return end + 1, Block("code", text=text, language=language)
    raise Unreadable(f"a fence of {language} has no end")


def _gather(lines: list[str], start: int) -> tuple[int, list[str]]:
    end = start
    while end < len(lines) and lines[end].strip() and not lines[end].startswith(("```", "## ")):
        if _REFUSED.match(lines[end].lstrip()):
            raise Unreadable(f"only paragraphs, lists with -, ## and fences: {lines[end]}")
        end += 1
    return end, lines[start:end]


def _prose(lines: list[str]) -> Block:
    if not lines[0].startswith("- "):
        return Block("paragraph", (spans(" ".join(line.strip() for line in lines)),))
    items: list[str] = []
    for line in lines:
        if line.startswith("- "):
            items.append(line[2:])
        elif line.startswith("  "):
            items[-1] += " " + line.strip()
        else:
            raise Unreadable(f"a line of an item has to be indented: {line}")
    return Block("items", tuple(map(spans, items)))


def spans(text: str) -> tuple[Span, ...]:
    return tuple(_spans(text))


def _spans(text: str) -> Iterator[Span]:
    position = 0
    for found in _INLINE.finditer(text):
        if found.start() > position:
            yield Span("text", text[position : found.start()])
        if found["code"]:
            yield Span("value" if "{" in found["code"] else "code", found["code"])
        elif found["strong"]:
            yield Span("strong", found["strong"])
        else:
            yield Span("link", found["label"], found["url"])
        position = found.end()
    if position < len(text):
        yield Span("text", text[position:])
