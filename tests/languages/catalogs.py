"""The template of catalogs, as the marked texts make it."""

import re

import polib

from tests.languages.extraction import ROOT, texts

LOCALE = ROOT / "idp" / "locale"
TEMPLATE = LOCALE / "django.pot"


def template() -> polib.POFile:
    """One entry a text, in the order of the alphabet, so that two who add texts seldom meet in the file."""
    catalog = polib.POFile(wrapwidth=110)
    catalog.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Content-Transfer-Encoding": "8bit"}
    for text, places in sorted(texts().items()):
        entry = polib.POEntry(
            msgid=text.singular,
            msgctxt=text.context or None,
            occurrences=[(place, "") for place in places],
            flags=["python-format"] if "%(" in text.singular else [],
        )
        if text.plural:
            entry.msgid_plural = text.plural
            entry.msgstr_plural = {0: "", 1: ""}
        catalog.append(entry)
    return catalog


def forms(catalog: polib.POFile) -> int:
    """How many plural forms its language has."""
    found = re.search(r"nplurals=(\d)", catalog.metadata["Plural-Forms"])
    assert found
    return int(found[1])
