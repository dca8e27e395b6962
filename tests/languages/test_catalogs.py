"""Every language says everything: nothing is left in English, and no value or tag is lost on the way."""

import re
from collections import Counter

import polib
import pytest
from django.conf import settings
from django.utils.translation import to_locale

from tests.languages import catalogs

LANGUAGES = [to_locale(code) for code, _ in settings.LANGUAGES if code != "en"]


def catalog(locale: str) -> polib.POFile:
    return polib.pofile(str(catalogs.LOCALE / locale / "LC_MESSAGES" / "django.po"))


def test_what_is_offered_has_a_catalog_and_the_other_way_round() -> None:
    assert {path.name for path in catalogs.LOCALE.iterdir() if path.is_dir()} == set(LANGUAGES)


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_text_is_translated(locale: str) -> None:
    wanted = {(each.msgctxt, each.msgid) for each in catalogs.template()}
    found = catalog(locale)
    assert {(each.msgctxt, each.msgid) for each in found if not each.obsolete} == wanted
    assert [each.msgid for each in found if not each.translated() or each.fuzzy] == []


@pytest.mark.parametrize("locale", LANGUAGES)
def test_values_and_tags_are_those_of_the_english(locale: str) -> None:
    for each in catalog(locale):
        forms = each.msgstr_plural.values() if each.msgid_plural else [each.msgstr]
        for form in forms:
            if each.msgid_plural:  # "one" may be a word
                assert set(parts(form)) <= set(parts(each.msgid_plural)), form
            else:
                assert parts(form) == parts(each.msgid), form
            assert form.endswith("\n") == each.msgid.endswith("\n")


def parts(text: str) -> "Counter[str]":
    return Counter(re.findall(r"%\(\w+\)[a-z]|%%|</?\w[^>]*>", text))


@pytest.mark.parametrize("locale", LANGUAGES)
def test_what_is_loaded_is_what_is_written(locale: str) -> None:
    folder = catalogs.LOCALE / locale / "LC_MESSAGES"
    loaded = polib.mofile(str(folder / "django.mo"))
    assert {each.msgid: each.msgstr or each.msgstr_plural for each in loaded} == {
        each.msgid: each.msgstr or each.msgstr_plural for each in catalog(locale)
    }


@pytest.mark.parametrize("locale", LANGUAGES)
def test_dates_have_their_own_form(locale: str) -> None:
    formats = (catalogs.ROOT / "idp" / "formats" / locale / "formats.py").read_text()
    for name in ("DAY", "MOMENT", "MOMENT_ZONE", "DAY_TIME", "CLOCK"):
        assert re.search(rf"^{name} = ", formats, re.MULTILINE)
