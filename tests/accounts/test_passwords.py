import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, identify_hasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts import hashers
from accounts.login import matches
from accounts.models import User
from accounts.passwords import is_too_long
from tests.factories import make_user


def test_s_100_argon2id_with_the_parameters_of_owasp() -> None:
    assert make_password("correct horse battery staple").startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "zwölf Zeichen ÄÖÜ",
        "пароль из слов",
        "🐎🔋📎🧷🪁🐎🔋📎🧷🪁🐎🔋",
        " spaces at both ends ",
        "x" * 60 + "yzabcdefgh" * 100,
    ],
)
def test_s_100_long_passwords_of_any_characters_are_accepted_whole(
    cheap_passwords: None, password: str
) -> None:
    validate_password(password, User(username="alice"))
    encoded = make_password(password)
    assert check_password(password, encoded)
    assert not check_password(password[:-1], encoded)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", "password_too_short"),
        ("long words " * 400, "password_too_long"),
        ("ü" * 10 + "words" * 820, "password_too_long"),
        ("password1234", "password_common"),
        ("1q2w3e4r5t6y", "password_common"),
        ("aaaaaaaaaaaaaaaa", "password_common"),
        ("123456789012", "password_common"),
        ("abcabcabcabcabc", "password_common"),
        ("abcdefghijkl", "password_common"),
        ("!!!sunshine!!!2024", "password_common"),
        ("aliceliddell", "password_context"),
        ("Alice-Liddell-1", "password_context"),
        ("Signet-Alice1", "password_context"),
        ("signet@localhost", "password_context"),
        ("wonderland.example", "password_context"),
    ],
)
def test_s_100_refused(password: str, code: str) -> None:
    alice = User(username="alice", email="alice@wonderland.example", name="Alice Liddell")
    with pytest.raises(ValidationError) as refusal:
        validate_password(password, alice)
    assert code in {error.code for error in refusal.value.error_list}


def test_s_100_the_cap_comes_before_the_hash(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(User, "check_password", lambda *_: pytest.fail("hashed"))
    monkeypatch.setattr("accounts.login.check_password", lambda *_: pytest.fail("hashed"))
    assert is_too_long("x" * 4097)
    assert not matches(User(username="alice"), "x" * 4097)
    assert not matches(None, "x" * 4097)


OLD = {
    "pbkdf2_sha256": "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "bcrypt_sha256": "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "bcrypt": "django.contrib.auth.hashers.BCryptPasswordHasher",
}


@pytest.mark.parametrize("algorithm", OLD)
def test_s_100_hashes_of_other_systems_are_accepted_and_made_anew(
    db: None, cheap_passwords: None, algorithm: str
) -> None:
    alice = make_user("alice")
    alice.password = make_password("a password from elsewhere", hasher=algorithm)
    alice.save()
    assert not matches(alice, "another password")
    assert matches(alice, "a password from elsewhere")
    alice.refresh_from_db()
    assert identify_hasher(alice.password).algorithm == "argon2"
    assert matches(alice, "a password from elsewhere")


def test_s_100_a_hash_with_other_parameters_is_made_anew(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashers.Argon2id, "memory_cost", 1024)
    alice = make_user("alice", password="correct horse battery staple")
    monkeypatch.undo()
    assert matches(alice, "correct horse battery staple")
    assert "m=19456,t=2,p=1" in User.objects.get(pk=alice.pk).password


def test_a_password_too_long_for_bcrypt_is_wrong_and_no_error(db: None) -> None:
    alice = make_user("alice")
    alice.password = make_password("short", hasher="bcrypt")
    assert not matches(alice, "x" * 100)


def test_s_101_an_unknown_person_costs_as_much_as_a_known_one(db: None) -> None:
    alice = make_user("alice", password="correct horse battery staple")
    nobody_set_one = make_user("bob")

    def cost(user: User | None) -> float:
        times = []
        for _ in range(5):
            start = time.process_time()
            matches(user, "wrong password")
            times.append(time.process_time() - start)
        return sorted(times)[2]

    known = cost(alice)
    for other in (None, nobody_set_one):
        unknown = cost(other)
        assert max(known, unknown) < 2 * min(known, unknown) or abs(known - unknown) < 0.015


def test_s_100_one_hash_at_a_time_bounds_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, running, most = threading.Lock(), 0, 0

    def slow(*_: Any) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        return False

    monkeypatch.setattr(Argon2PasswordHasher, "verify", slow)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: hashers.Argon2id().verify("password", "hash"), range(48)))
    assert most == 1


def test_a_hash_that_fails_fails_for_its_caller_and_the_next_one_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any) -> bool:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(Argon2PasswordHasher, "verify", broken)
        with pytest.raises(MemoryError):
            hashers.Argon2id().verify("password", "hash")
    encoded = hashers.Argon2id().encode("password", "saltsalt")
    assert hashers.Argon2id().verify("password", encoded)


def test_memory_goes_back_when_nobody_signs_in_any_more() -> None:
    """In a process of its own, for the test run's is full of other things."""
    script = """
import time
from pathlib import Path
from django.conf import settings
settings.configure()
from accounts import hashers

def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

hasher = hashers.Argon2id()
before = resident()
for _ in range(3):
    hasher.encode("password", "saltsalt")
busy = resident() - before
time.sleep(hashers.IDLE + 1)
print(busy, resident() - before)
"""
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    busy, idle = map(int, answer.stdout.split())
    assert busy > 15 * 2**20, "it is kept between one and the next"
    assert idle < 8 * 2**20
