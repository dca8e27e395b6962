"""Hashes in memory of our own: the library's results, to the byte."""

import argon2
import pytest
from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret, hash_secret_raw
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.argon2id import Memory
from accounts.hashers import KIB, Argon2id

memory = Memory(1024)


@settings(max_examples=50)
@given(
    secret=st.binary(max_size=200),
    salt=st.binary(min_size=8, max_size=64),
    passes=st.integers(1, 3),
    kib=st.integers(32, 1024),
    lanes=st.integers(1, 3),
    length=st.integers(4, 64),
)
def test_it_is_what_the_library_computes(
    secret: bytes, salt: bytes, passes: int, kib: int, lanes: int, length: int
) -> None:
    expected = hash_secret_raw(secret, salt, passes, kib, lanes, length, Type.ID)
    assert memory.hash(secret, salt, passes=passes, kib=kib, lanes=lanes, length=length) == expected


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"kib": 4}, "Memory cost is too small"),
        ({"kib": 2048}, "Memory allocation error"),
        ({"passes": 0}, "Time cost is too small"),
        ({"length": 3}, "Output is too short"),
        ({"salt": b"short"}, "Salt is too short"),
    ],
)
def test_parameters_that_cannot_be_are_refused_and_the_next_hash_is_right(
    wrong: dict[str, int], words: str
) -> None:
    right = {"salt": b"saltsalt", "passes": 1, "kib": 1024, "lanes": 1, "length": 32}
    with pytest.raises(HashingError, match=words):
        memory.hash(b"password", **{**right, **wrong})
    assert memory.hash(b"password", **right) == hash_secret_raw(
        b"password", b"saltsalt", 1, 1024, 1, 32, Type.ID
    )


def test_nothing_of_a_hash_stays_in_its_memory() -> None:
    memory.hash(b"password", b"saltsalt", passes=1, kib=1024, lanes=1, length=32)
    assert not any(memory._region[:])


def test_it_can_be_given_back_and_used_again() -> None:
    before = memory.hash(b"password", b"saltsalt", passes=1, kib=1024, lanes=1, length=32)
    memory.give_back()
    assert memory.hash(b"password", b"saltsalt", passes=1, kib=1024, lanes=1, length=32) == before


@pytest.mark.parametrize("password", ["correct horse", "", "naïve café", "x" * 300])
def test_what_is_stored_is_the_string_of_the_reference_implementation(password: str) -> None:
    encoded = Argon2id().encode(password, "sixteen-of-salt!")
    assert argon2.PasswordHasher().verify(encoded.removeprefix("argon2"), password)
    theirs = hash_secret(password.encode(), b"sixteen-of-salt!", 2, KIB, 1, 32, Type.ID).decode()
    assert encoded == f"argon2{theirs}"
    assert Argon2id().verify(password, f"argon2{theirs}")
    assert not Argon2id().verify(f"{password}.", f"argon2{theirs}")


@pytest.mark.parametrize(("cost", "length"), [((2, KIB, 1), 16), ((1, KIB, 1), 32), ((2, 1024, 2), 32)])
def test_hashes_with_other_parameters_are_the_librarys(cost: tuple[int, int, int], length: int) -> None:
    theirs = "argon2" + hash_secret(b"password", b"saltsalt", *cost, length, Type.ID).decode()
    assert Argon2id().verify("password", theirs)
    assert not Argon2id().verify("Password", theirs)
