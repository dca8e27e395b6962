"""The README's tables are made from the code, and its promises name things that exist."""

import re
from pathlib import Path

from django.core.management import get_commands, load_command_class

from idp.management.commands.settings import markdown

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_table_of_settings_is_the_code_s():
    """Print it with `manage.py settings --markdown`."""
    assert markdown() in README


def test_every_specification_names_tests_that_exist():
    table = README.partition("## Specifications")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    assert len(rows) > 40
    named = [(row, re.findall(r"`(tests/[a-z0-9_/]+\.py)`", row)) for row in rows]
    assert [row for row, paths in named if not paths] == []
    missing = {path for _, paths in named for path in paths if not (ROOT / path).is_file()}
    assert missing == set()


def test_every_command_of_ours_is_listed_and_every_one_listed_exists():
    ours = {name for name, app in get_commands().items() if app in ("keys", "accounts", "idp")}
    listed = set(re.findall(r"^\| `([a-z-]+)", README.partition("## Commands")[2], re.MULTILINE))
    assert listed == ours


def test_every_command_says_what_it_is_for():
    for name, app in get_commands().items():
        if app in ("keys", "accounts", "idp"):
            assert load_command_class(app, name).help, name


def test_every_link_and_picture_leads_somewhere():
    targets = [(page, link) for page in PAGES for link in re.findall(r"\]\(([^)#\s]+)", page.read_text())]
    local = [(page, link) for page, link in targets if not link.startswith("http")]
    assert [f"{page.name}: {link}" for page, link in local if not (page.parent / link).exists()] == []


def test_pictures_are_small():
    for picture in (ROOT / "docs" / "pictures").iterdir():
        assert picture.stat().st_size < 150_000, picture.name


def test_ci_runs_the_test_command_of_the_readme():
    assert "make test" in README
    assert "make test" in (ROOT / ".ci" / "run").read_text()
