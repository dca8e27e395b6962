"""The pages of docs/errors: for each check what it means, the specification's clause, causes, how to mend, an example.

A page is read on GitHub too, so it is the little Markdown of `idp.app_templates.markdown`: a title, a list of facts,
and sections.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from idp.app_templates.markdown import Block, Span, blocks

FOLDER = Path(settings.BASE_DIR) / "docs" / "errors"
INDEX = "README"
Fact = tuple[str, tuple[Span, ...]]


@dataclass(frozen=True)
class Page:
    """`facts` are how the app is told, the clause, and the field of the admin that mends it."""

    check: str
    title: str
    facts: tuple[Fact, ...]
    body: tuple[Block, ...]

    @property
    def field(self) -> str:
        """The name of the admin's field, or ""."""
        spans = dict(self.facts).get("Field in the admin", ())
        return next((span.text for span in spans if span.kind == "code"), "")

    @property
    def path(self) -> str:
        return f"/docs/errors/{self.check}"


@cache
def pages() -> dict[str, Page]:
    """All of them by check, read at the first use."""
    paths = {path.stem: path for path in FOLDER.glob("*.md") if path.stem != INDEX}
    return {check: read(check, paths[check].read_text(encoding="utf-8")) for check in sorted(paths)}


def page(check: str) -> Page | None:
    return pages().get(check)


def read(check: str, text: str) -> Page:
    title, _, rest = text.partition("\n")
    facts, *body = blocks(rest)
    return Page(check, title.removeprefix("# ").strip(), tuple(map(_fact, facts.rows)), tuple(body))


def _fact(row: tuple[Span, ...]) -> Fact:
    """`Name: the rest`."""
    name, _, words = row[0].text.partition(": ")
    rest = row[1:]
    return name, ((Span("text", words), *rest) if words else rest)
