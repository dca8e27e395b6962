"""Every text that is marked for translation, read from templates and source without GNU gettext."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
# Which arguments are the context, the text and the plural: gettext's own names, and `_`, by which they are imported.
_PLAIN, _PLURAL, _IN_CONTEXT, _PLURAL_IN_CONTEXT = (None, 0, None), (None, 0, 1), (0, 1, None), (0, 1, 2)
CALLS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), _PLAIN),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), _PLURAL),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), _IN_CONTEXT),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), _PLURAL_IN_CONTEXT),
}
_ENDING = ("end", "end_all")


@dataclass(frozen=True, order=True)
class Text:
    """One entry of a catalog."""

    context: str
    singular: str
    plural: str


@cache
def texts() -> dict[Text, list[str]]:
    """Each with the files that it stands in."""
    found: dict[Text, list[str]] = {}
    for path, text in [*_of_source(), *_of_templates(), *_of_tables()]:
        places = found.setdefault(text, [])
        if path not in places:
            places.append(path)
    return found


def _of_source() -> Iterator[tuple[str, Text]]:
    for room in ("keys", "accounts", "idp"):
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                name = str(path.relative_to(ROOT))
                yield from ((name, text) for text in _calls(path.read_text(encoding="utf-8")))


def _of_templates() -> Iterator[tuple[str, Text]]:
    """Django turns a template into source that gettext could read; the admin's pages stay English."""
    for path in sorted((ROOT / "templates").rglob("*.*")):
        if path.suffix in (".html", ".txt") and "admin" not in path.relative_to(ROOT / "templates").parts:
            name = str(path.relative_to(ROOT))
            source = templatize(path.read_text(encoding="utf-8"), origin=name)
            for call in re.finditer(
                r"\b(?:n?p?gettext|_)\((?:u?('|\").*?(?<!\\)\1|[^()]*?)*?\)", source, re.DOTALL
            ):
                yield from ((name, text) for text in _calls(call.group()))


def _of_tables() -> Iterator[tuple[str, Text]]:
    """Words that code keeps in a table, for pages and for programs alike, and translates when a page shows them."""
    from accounts import audit

    yield from (("accounts/audit.py", Text("", str(words), "")) for words in audit.TYPES.values())
    for path in sorted((ROOT / "accounts").rglob("*.py")):
        name = str(path.relative_to(ROOT))
        yield from ((name, Text("", words, "")) for words in _ends(path.read_text(encoding="utf-8")))


def _ends(source: str) -> Iterator[str]:
    """Why a session ended, as it is kept with the session: `end(…, reason="…")` and `end_all`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in _ENDING:
            for given in node.keywords:
                if given.arg == "reason" and isinstance(given.value, ast.Constant):
                    yield str(given.value.value)


def _calls(source: str) -> Iterator[Text]:
    try:
        tree = ast.parse(source.strip())
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        if name not in CALLS:
            continue
        context, singular, plural = (_constant(node, place) for place in CALLS[name])
        if singular:
            yield Text(context, singular, plural)


def _constant(call: ast.Call, place: int | None) -> str:
    if place is None or place >= len(call.args):
        return ""
    argument = call.args[place]
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else ""
