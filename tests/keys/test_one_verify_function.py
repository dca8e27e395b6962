"""S-050: JWTs are read by `keys.verification.verify` and nowhere else; this reads the source for it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOMES = [ROOT / "keys" / name for name in ("verification.py", "encryption.py")]

# joserfc beyond its key classes, any other JOSE library, and reading a part of a token by hand.
FORBIDDEN = re.compile(
    r"joserfc import [^\n]*\b(jwt|jws|jwe)\b"
    r"|joserfc\.(jwt|jws|jwe)\b"
    r"|\b(import|from) (jwt|jose|jwcrypto|authlib\.jose|authlib\.oidc\.core)\b"
    r"|\bextract_compact|deserialize_compact|get_unverified"
)


def sources() -> list[Path]:
    return [
        path
        for room in ("keys", "accounts", "idp")
        for path in (ROOT / room).rglob("*.py")
        if path not in HOMES
    ]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_s_050_nothing_else_decodes_a_jwt(path: Path) -> None:
    found = FORBIDDEN.search(path.read_text(encoding="utf-8"))
    assert found is None, f"{found[0]!r}: use keys.verification.verify"


@pytest.mark.parametrize(
    "line",
    [
        "from joserfc import jwt",
        "from joserfc import errors, jws",
        "from joserfc.jwt import decode",
        "import jwt",
        "from authlib.jose import JsonWebToken",
    ],
)
def test_the_pattern_finds_what_it_is_for(line: str) -> None:
    assert FORBIDDEN.search(line)


def test_s_057_what_encrypts_does_not_decrypt() -> None:
    source = HOMES[1].read_text(encoding="utf-8")
    assert "decrypt_" not in source
    assert "extract_" not in source
    assert re.findall(r"\bjw[set]\.(\w+)", source) == ["encrypt_compact"]


def test_the_pattern_leaves_keys_alone() -> None:
    assert not FORBIDDEN.search("from joserfc.jwk import KeySet")
