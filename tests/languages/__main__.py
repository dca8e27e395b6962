"""`make messages`: writes the template of catalogs, brings each language's catalog up to it, and compiles it."""

import os

import django
import polib

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.languages import catalogs  # noqa: E402  it reads the tables of the rooms

template = catalogs.template()
template.save(str(catalogs.TEMPLATE))
print(f"{catalogs.TEMPLATE.relative_to(catalogs.ROOT)}: {len(template)} texts")
for path in sorted(catalogs.LOCALE.glob("*/LC_MESSAGES/django.po")):
    catalog = polib.pofile(str(path), wrapwidth=110)
    catalog.merge(template)
    for gone in catalog.obsolete_entries():
        catalog.remove(gone)
    forms = catalogs.forms(catalog)
    for entry in catalog:  # polib gives each entry the template's two
        if entry.msgid_plural:
            entry.msgstr_plural = {form: entry.msgstr_plural.get(form, "") for form in range(forms)}
    catalog.save()
    catalog.save_as_mofile(str(path.with_suffix(".mo")))
    left = len(catalog.untranslated_entries()) + len(catalog.fuzzy_entries())
    print(f"{path.relative_to(catalogs.ROOT)}: {left} to translate")
