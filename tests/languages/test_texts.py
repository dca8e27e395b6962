"""What people read is marked, is found by `make messages`, and speaks of its values by name."""

import re
from pathlib import Path

import polib
import pytest

from tests.languages import catalogs
from tests.languages.extraction import ROOT, Text, texts

TEMPLATES = [
    path
    for path in sorted((ROOT / "templates").rglob("*.*"))
    if path.suffix in (".html", ".txt") and "admin" not in path.relative_to(ROOT / "templates").parts
]
# Pages for developers and admins, which stay English, and the frame that apps load, which nobody sees.
ENGLISH = {
    "playground",
    "keys",
    "check_session.html",
    "hostile",
    "error_doc.html",
    "error_docs.html",
    "app_doc.html",
    "app_docs.html",
    "_blocks.html",
    "_template_status.html",
}
PERSONAL = [path for path in TEMPLATES if not ENGLISH & set(path.relative_to(ROOT / "templates").parts)]


def plain(template: str) -> str:
    """What is left of a template when tags, marked texts, elements and their attributes are taken away."""
    marked = r"\{% blocktranslate.*?\{% endblocktranslate %\}"
    english = r"<dl[^>]* lang=\"en\".*?</dl>"
    for pattern in (marked, english, r"\{#.*?#\}", r"\{%.*?%\}", r"\{\{.*?\}\}", r"<script.*?</script>"):
        template = re.sub(pattern, "", template, flags=re.DOTALL)
    return re.sub(r"<code[^>]*>.*?</code>|<[^>]*>|&\w+;", "", template, flags=re.DOTALL)


@pytest.mark.parametrize("path", PERSONAL, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_page_for_people_has_no_words_that_are_not_marked(path: Path):
    words = re.findall(r"[^\W\d_]{2,}", plain(path.read_text(encoding="utf-8")))
    assert set(words) <= {"Signet"}


@pytest.mark.parametrize("path", PERSONAL, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_what_is_spoken_of_an_element_is_marked(path: Path):
    template = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"))
    spoken = re.findall(r' (?:aria-label|alt|title|placeholder)="([^"]*[a-z]{2}[^"]*)"', template)
    assert spoken in ([], ["Signet"])


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_mark_of_a_template_is_found(path: Path):
    template, found = path.read_text(encoding="utf-8"), texts_of(str(path.relative_to(ROOT)))
    for words in re.findall(r'\{% translate "([^"]*)"', template):
        assert Text("", words, "") in found
    assert bool(re.search(r"\{% blocktranslate", template)) <= any(found)


def texts_of(name: str) -> set[Text]:
    return {text for text, places in texts().items() if name in places}


def test_the_template_of_catalogs_has_every_marked_text():
    """When this fails, run `make messages`."""
    kept = polib.pofile(str(catalogs.TEMPLATE))
    assert {(each.msgctxt, each.msgid, each.msgid_plural) for each in kept} == {
        (each.msgctxt, each.msgid, each.msgid_plural) for each in catalogs.template()
    }


def test_the_singular_names_no_value_that_the_plural_lacks():
    several = [text for text in texts() if text.plural]
    assert several
    for text in several:
        names = r"%\((\w+)\)"  # "one" may be a word
        assert set(re.findall(names, text.singular)) <= set(re.findall(names, text.plural)), text
