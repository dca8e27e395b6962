"""Rules that hold for the code as a whole, read off the code itself."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client as Browser

from tests.factories import make_admin, sign_in

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for room in ("keys", "accounts", "idp") for path in (ROOT / room).rglob("*.py"))
# What runs text as code, or makes a template of it.
RUNNERS = {"eval", "exec", "compile", "Template", "from_string", "Engine", "import_string", "__import__"}
ALLOWED = {"idp/urls.py": {"import_string"}}  # of names that stand there


def calls(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            owner = getattr(getattr(function, "value", None), "id", "")
            found.add("" if owner == "re" else name)
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_s_131_nothing_that_is_stored_is_ever_run(path: Path) -> None:
    allowed = ALLOWED.get(str(path.relative_to(ROOT)), set())
    assert calls(ast.parse(path.read_text())) & RUNNERS == allowed


def test_s_144_every_package_is_pinned_with_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    entries = re.split(r"\n(?=[a-z0-9])", lock)
    assert len(entries) > 30
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==[^ ]+ (;[^\\]+)?\\?", entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]


def test_s_144_the_lock_holds_what_is_asked_for() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    asked = re.findall(
        r"^([a-z0-9-]+)(?:\[.*\])?==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE
    )
    assert asked
    for name, version in asked:
        assert re.search(rf"^{name}(\[[a-z,]+\])?=={re.escape(version)} ", lock, re.MULTILINE), name


def test_s_093_the_admin_can_be_moved_and_switched_off(tmp_path: Path) -> None:
    script = (
        "import django; from django.conf import settings\n"
        "settings.STORAGES['staticfiles']['BACKEND'] = 'django.contrib.staticfiles.storage.StaticFilesStorage'\n"
        "django.setup()\n"
        "from django.urls import resolve, Resolver404\n"
        "from django.template.loader import render_to_string\n"
        "for path in ('/admin/', '/back-office/'):\n"
        "    try: resolve(path); print(path)\n"
        "    except Resolver404: pass\n"
        "class Staff: is_staff = is_authenticated = True\n"
        "class Refusal: client_id = 'x'\n"
        "render_to_string('idp/error.html', {'user': Staff, 'refusal': Refusal})\n"
    )

    def paths(admin_path: str) -> list[str]:
        environment = {
            "DJANGO_SETTINGS_MODULE": "idp.settings",
            "IDP_DATA_DIR": str(tmp_path),
            "IDP_ADMIN_PATH": admin_path,
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split()

    assert paths("admin") == ["/admin/"]
    assert paths("back-office") == ["/back-office/"]
    assert paths("") == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    ["o=evil", "o=1.-1.99", "frobnicate__x=1", "password__startswith=a", "secrets__digest__startswith=a", "p=-1", "p=x",
     "q=%00", "e=1", "_to_field=password", "user__password__startswith=p"],
)  # fmt: skip
@pytest.mark.parametrize(
    "page", ["idp/client", "idp/grant", "accounts/user", "accounts/session", "accounts/auditevent"]
)
def test_s_132_only_known_filters_and_orders_are_taken(page: str, query: str) -> None:
    """What is not on the list is refused, or ignored by a redirect to the same page; none of it is a look-up."""
    browser = Browser()
    sign_in(browser, make_admin())
    response = browser.get(f"/admin/{page}/?{query}")
    if response.status_code in (301, 302):
        assert response["Location"].startswith(f"/admin/{page}/")
    else:
        assert response.status_code in (200, 400)
    if "password" in query or "digest" in query:
        assert response.status_code != 200


def test_r_04_no_state_lives_in_a_shared_cache() -> None:
    """There is none that could be away, frozen or emptied: throttles, codes and sessions are in the database."""
    assert settings.CACHES == {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert SOURCES
    used = re.compile(r"django\.core\.cache import .*\bcaches?\b")
    assert [path for path in SOURCES if used.search(path.read_text())] == []
