"""The arrows of docs/architecture.md, read from the source: who may import whom, and what nobody writes."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOP_LEVEL = {
    *("manage.py", "idp", "accounts", "keys", "templates", "tests", "requirements.txt", "README.md"),
    *("Makefile", "pyproject.toml", "requirements.lock", "gunicorn.conf.py", "docs", "examples", "bench"),
    "rp",  # what apps use in their own tests: docs/decisions/0048-signet-in-an-apps-tests.md
    *(".ci", ".gitignore", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"),
}

ROOMS = ("keys", "accounts", "idp")  # each may import those before it
OUTSIDE = {  # what a room may use that is neither Python's own nor Django
    "keys": {"joserfc", "cryptography"},
    "accounts": {"argon2", "bcrypt", "ldap3", "PIL", "segno", "webauthn"},
    "idp": {
        "authlib",
        "gunicorn",
        "psycopg",
        "pydantic",
        "requests",
        "requests_hardened",
        "scim2_models",
        "urllib3",
        "whitenoise",
    },
}

# Inside idp: each may import those above it in this list, and nothing beside or below.
FLOORS = (
    {"setting_types"},
    {"environment", "database", "formats", "sqlite", "postgresql", "logs", "static_storage"},
    {"settings"},
    {"middleware"},
    {"protocol", "outbound_session"},
    {"conf", "outbound", "local_server"},
    {"models", "migrations"},
    {"clients"},
    {"claims", "traces"},
    {"tokens"},
    {"authorization", "grants", "logout", "playground", "app_templates", "upstream"},
    {"hostile"},
    {"probe"},
    {"explaining"},
    {"endpoints", "health", "impact", "templatetags"},
    {"scim"},
    {"diagnosis"},
    {"urls", "admin", "management", "checks"},
    {"apps", "wsgi", "start", "worker"},
)
# Loaded inside functions, by the first request that needs them, for the size of the libraries that they bring.
LATE = {
    *("accounts.factors.ceremonies", "idp.diagnosis", "idp.outbound_session", "idp.scim.service"),
    *("idp.app_templates", "idp.explaining", "idp.playground", "idp.upstream.exchange"),  # decision 50
}
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}


@dataclass(frozen=True)
class Import:
    """One imported name: where it stands, and whether inside a function."""

    path: Path
    line: int
    module: str
    nested: bool

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} imports {self.module}"

    @property
    def room(self) -> str:
        return self.path.relative_to(ROOT).parts[0]


def sources(*rooms: str) -> list[Path]:
    files = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    return [path for path in files if "migrations" not in path.parts]


def imports(path: Path) -> Iterator[Import]:
    package = path.relative_to(ROOT).parent.parts
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            names = [".".join(filter(None, (base, node.module, alias.name))) for alias in node.names]
        else:
            continue
        yield from (Import(path, node.lineno, name, id(node) in inside) for name in names)


@cache
def ours() -> list[Import]:
    return [found for path in sources(*ROOMS) for found in imports(path)]


def listed(found: list[Import]) -> str:
    return "\n".join(map(str, found))


def test_rooms_import_only_rooms_below_them():
    above = {room: ROOMS[number + 1 :] for number, room in enumerate(ROOMS)}
    wrong = [found for found in ours() if found.module.partition(".")[0] in above[found.room]]
    assert not wrong, listed(wrong)


def test_no_room_imports_tests_examples_or_bench():
    wrong = [found for found in ours() if found.module.partition(".")[0] in ("tests", "examples", "bench")]
    assert not wrong, listed(wrong)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_uses_only_the_libraries_of_its_job(room: str):
    """S-050 among them: joserfc stays in `keys`, so there is one place that reads a JWT."""
    known = set(sys.stdlib_module_names) | {"django", *ROOMS} | OUTSIDE[room]
    wrong = [found for found in ours() if found.room == room and found.module.partition(".")[0] not in known]
    assert not wrong, listed(wrong)


def test_what_is_loaded_late_is_not_loaded_by_the_server_when_it_starts():
    script = "import idp.wsgi, idp.urls, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    large = LATE | {"requests", "PIL", "webauthn", "authlib", "segno", "pydantic", "scim2_models", "ldap3"}
    assert not large & set(loaded.stdout.split())


def part_of(path: Path) -> str:
    """`tokens` for idp/tokens/access.py."""
    room, part, *_ = path.relative_to(ROOT).parts
    return part.removesuffix(".py") if room == "idp" else ""


def test_every_part_of_idp_has_a_floor():
    parts = {part_of(path) for path in sources("idp")}
    assert parts - {"__init__"} - set(FLOOR) == set()


def test_inside_idp_imports_point_one_way():
    wrong = []
    for found in ours():
        room, _, rest = found.module.partition(".")
        target = rest.partition(".")[0] if room == "idp" else ""
        source = part_of(found.path)
        if target in FLOOR and source in FLOOR and target != source and FLOOR[target] >= FLOOR[source]:
            wrong.append(found)
    assert not wrong, listed(wrong)


def test_imports_inside_functions_stay_with_start_up():
    """An import in a function usually means that a thing lives on the wrong floor."""
    wrong = [
        found
        for found in ours()
        if found.nested
        and found.module.partition(".")[0] in ROOMS
        and not found.module.startswith(tuple(LATE))
        and found.path.name != "apps.py"
    ]
    assert not wrong, listed(wrong)


def test_only_settings_reads_the_environment():
    """Beside it: the commands that start other processes, and the WSGI entry that names the settings."""
    allowed = {"idp/settings.py", "idp/environment.py", "idp/wsgi.py"}
    reading = re.compile(r"\bos\.(environ|getenv)\b")
    wrong = [
        name
        for path in sources(*ROOMS)
        if reading.search(path.read_text(encoding="utf-8"))
        and (name := str(path.relative_to(ROOT))) not in allowed
        and not name.startswith("idp/management/")
    ]
    assert not wrong


MARKED_SAFE = ("mark_safe", "SafeString", "SafeText")


def unsafe_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in (
                "mark_safe",
                "SafeString",
                "SafeText",
            ):
                yield f"{node.lineno}: {name}"
            case ast.Call(func=ast.Name(id="format_html"), args=[first, *_]) if not isinstance(
                first, ast.Constant
            ):
                yield f"{node.lineno}: format_html of a variable"


def test_s_080_python_marks_no_text_as_safe_html():
    """format_html is fine with a literal: it escapes what it is given."""
    trees = ((path, ast.parse(path.read_text(encoding="utf-8"))) for path in sources(*ROOMS))
    assert [f"{path}:{found}" for path, tree in trees for found in unsafe_names(tree)] == []


def in_pages(pattern: str) -> list[str]:
    pages = [path for folder in ("templates", *ROOMS) for path in sorted((ROOT / folder).rglob("*.html"))]
    assert pages
    found = ((path, re.search(pattern, path.read_text(encoding="utf-8"))) for path in pages)
    return [f"{path.relative_to(ROOT)}: {match[0]}" for path, match in found if match]


def test_s_080_templates_leave_escaping_on():
    assert in_pages(r"\|\s*safe(seq)?\b|autoescape\s+off") == []


def test_s_081_templates_have_inline_code_only_with_a_nonce():
    assert in_pages(r"<(script|style)(?![^>]*(nonce|src)=)[^>]*>") == []
    assert in_pages(r"\s(on[a-z]+|style)\s*=\s*[\"']") == []


def test_the_top_level_is_the_one_that_is_known():
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {name.partition("/")[0] for name in tracked.split("\0") if name} - TOP_LEVEL == set()
