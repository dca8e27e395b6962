"""Static files: collected, and all there under the names that the pages use."""

from collections.abc import Iterator

from django.contrib.staticfiles.storage import staticfiles_storage

from idp.diagnosis.finding import Asked, Finding
from idp.static_storage import Storage

ABOUT = "static files"
MEND = "manage.py collectstatic --noinput; `up` does it too."


def check(asked: Asked) -> Iterator[Finding]:
    storage: object = staticfiles_storage
    if isinstance(storage, Storage):
        yield from _collected(storage)


def _collected(storage: Storage) -> Iterator[Finding]:
    if storage.read_manifest() is None:
        yield Finding("error", ABOUT, "They were not collected: pages fail.", MEND)
        return
    names, _ = storage.load_manifest()
    if missing := [name for name in names.values() if not storage.exists(name)]:
        yield Finding("error", ABOUT, f"{len(missing)} are missing, {missing[0]} among them.", MEND)
