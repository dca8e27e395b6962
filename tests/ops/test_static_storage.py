"""Modules of JavaScript import one another by names that change with their content, so none is served stale."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command


@pytest.fixture
def collected(settings, tmp_path: Path) -> Path:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "idp.static_storage.Storage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path / "signet" / "playground"


def test_every_import_of_a_served_module_names_a_hash_and_a_file(collected: Path):
    served = [path for path in collected.rglob("*.js") if re.search(r"\.[0-9a-f]{12}\.js$", path.name)]
    imports = [
        (path, target)
        for path in served
        for target in re.findall(r'from\s*"(\.[^"]+)"', path.read_text(encoding="utf-8"))
    ]
    assert len(imports) > 40
    for path, target in imports:
        assert re.search(r"\.[0-9a-f]{12}\.js$", target), f"{path.name}: {target}"
        assert (path.parent / target).exists(), f"{path.name}: {target}"
