"""The pages of docs/errors: for each check what it means, the specification's clause, causes, how to mend, an example.

The same files are read on GitHub, so they are Markdown: of it headings, paragraphs, lists, blocks of code, `code` and
links, and no more.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

FOLDER = Path(settings.BASE_DIR) / "docs" / "errors"
_NAME = re.compile(r"[a-z0-9-]{1,60}")
_INLINE = re.compile(r"`(?P<code>[^`]+)`|\[(?P<words>[^\]]+)\]\((?P<link>[^)\s]+)\)")


@dataclass(frozen=True)
class Piece:
    """A stretch of text: plain, `code`, or with a link."""

    text: str
    code: bool = False
    link: str = ""


@dataclass(frozen=True)
class Block:
    """A paragraph (one item), a list, or a block of code (one item, of one piece)."""

    kind: str
    items: tuple[tuple[Piece, ...], ...]


@dataclass(frozen=True)
class Section:
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """`facts` are the list under the title: how the app is told, the clause, the field of the admin that mends it."""

    check: str
    title: str
    facts: dict[str, tuple[Piece, ...]]
    sections: tuple[Section, ...]

    @property
    def field(self) -> str:
        """The name of the admin's field, or ""."""
        pieces = self.facts.get("Field in the admin", ())
        return next((piece.text for piece in pieces if piece.code), "")

    @property
    def path(self) -> str:
        return f"/docs/errors/{self.check}"


@cache
def page(check: str) -> Page | None:
    """None where there is none."""
    if not _NAME.fullmatch(check):
        return None
    try:
        return _read(check, (FOLDER / f"{check}.md").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


@cache
def pages() -> tuple[Page, ...]:
    """All of them, by name."""
    names = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "README")
    return tuple(found for name in names if (found := page(name)))


def _read(check: str, text: str) -> Page:
    head, *rest = re.split(r"^## ", text, flags=re.MULTILINE)
    title, _, listed = head.partition("\n")
    facts = dict(re.findall(r"^- ([^:]+): (.+)$", listed, re.MULTILINE))
    sections = [section.partition("\n") for section in rest]
    return Page(
        check,
        title.removeprefix("# ").strip(),
        {name: pieces(value) for name, value in facts.items()},
        tuple(Section(heading.strip(), tuple(_blocks(body))) for heading, _, body in sections),
    )


def _blocks(body: str) -> Iterator[Block]:
    """A fence may hold empty lines, so it is taken out before the rest is split at them."""
    for number, part in enumerate(re.split(r"^```[a-z]*\n(.*?)^```$", body, flags=re.MULTILINE | re.DOTALL)):
        if number % 2:
            yield Block("code", ((Piece(part.rstrip("\n"), code=True),),))
            continue
        for paragraph in filter(None, (text.strip() for text in re.split(r"\n{2,}", part))):
            if paragraph.startswith("- "):
                items = re.split(r"^- ", paragraph, flags=re.MULTILINE)[1:]
                yield Block("list", tuple(pieces(" ".join(item.split())) for item in items))
            else:
                yield Block("text", (pieces(" ".join(paragraph.split())),))


def pieces(line: str) -> tuple[Piece, ...]:
    found, at = [], 0
    for match in _INLINE.finditer(line):
        found.append(Piece(line[at : match.start()]))
        code = match["code"]
        found.append(Piece(code, code=True) if code else Piece(match["words"], link=match["link"]))
        at = match.end()
    return tuple(piece for piece in (*found, Piece(line[at:])) if piece.text)
