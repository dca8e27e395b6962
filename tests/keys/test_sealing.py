"""Secrets at rest open only with their key, for their purpose, unchanged (S-140)."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from keys import sealing
from keys.sealing import CannotOpen, open_sealed, reseal, seal

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


@pytest.fixture(autouse=True)
def encryption_keys(settings: Settings) -> None:
    settings.KEYS_ENCRYPTION_KEYS = {"2": NEW, "1": OLD}


def test_a_sealed_secret_opens() -> None:
    assert open_sealed(seal(b"secret", context="a"), context="a") == b"secret"


def test_s_140_the_secret_is_not_to_be_seen() -> None:
    sealed = seal(b"secret" * 20, context="a")
    assert b"secret" not in base64.urlsafe_b64decode(sealed.partition(".")[2])


def test_the_same_secret_is_never_sealed_to_the_same_text() -> None:
    assert seal(b"secret", context="a") != seal(b"secret", context="a")


def test_the_first_encryption_key_seals_and_the_others_still_open(settings: Settings) -> None:
    settings.KEYS_ENCRYPTION_KEYS = {"1": OLD}
    sealed = seal(b"secret", context="a")
    settings.KEYS_ENCRYPTION_KEYS = {"2": NEW, "1": OLD}
    assert sealing.sealed_version(sealed) == "1"
    assert open_sealed(sealed, context="a") == b"secret"
    resealed = reseal(sealed, context="a")
    settings.KEYS_ENCRYPTION_KEYS = {"2": NEW}
    assert open_sealed(resealed, context="a") == b"secret"


def test_s_140_another_context_opens_nothing() -> None:
    """A sealed key copied to another row, or another purpose, is refused."""
    with pytest.raises(CannotOpen):
        open_sealed(seal(b"secret", context="signing-key:a"), context="signing-key:b")


@pytest.mark.parametrize("keys", [{"2": OLD}, {"3": NEW}, {"1": NEW}])
def test_s_140_a_wrong_or_missing_encryption_key_opens_nothing(
    settings: Settings, keys: dict[str, bytes]
) -> None:
    sealed = seal(b"secret", context="a")
    settings.KEYS_ENCRYPTION_KEYS = keys
    with pytest.raises(CannotOpen):
        open_sealed(sealed, context="a")


def test_s_140_every_changed_byte_is_noticed() -> None:
    version, _, encoded = seal(b"secret", context="a").partition(".")
    raw = base64.urlsafe_b64decode(encoded)
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises(CannotOpen):
            open_sealed(f"{version}.{base64.urlsafe_b64encode(changed).decode()}", context="a")


@given(st.text() | st.text(alphabet="0123456789.AZaz_-=").map(lambda text: f"2.{text}"))
def test_no_text_breaks_the_opening(text: str) -> None:
    with pytest.raises(CannotOpen):
        open_sealed(text, context="a")


@given(st.binary(), st.text(st.characters(codec="utf-8")))
def test_whatever_was_sealed_comes_back(secret: bytes, context: str) -> None:
    assert open_sealed(seal(secret, context=context), context=context) == secret
