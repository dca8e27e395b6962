"""Hashes of other systems in the form that our hashers check; what can't be checked is refused with a word why."""

import binascii
import re

from accounts.imported_hashers import (
    ROUNDS_AT_MOST,
    SCRYPT_MEMORY_AT_MOST,
    SCRYPT_PARALLELISM_AT_MOST,
    packed,
    scrypt_memory,
    unpacked,
)

ARGON2_MEMORY_AT_MOST = 1024 * 1024  # KiB
_DJANGO = re.compile(r"(argon2|pbkdf2_sha256|pbkdf2_sha1|bcrypt_sha256|bcrypt)\$.{20,}")
_ARGON2 = re.compile(
    r"\$argon2(?:id|i|d)\$v=19\$m=(\d{1,9}),t=(\d{1,4}),p=(\d{1,3})\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+"
)
_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_SHA_CRYPT = re.compile(r"\$([56])\$(?:rounds=(\d{1,9})\$)?([./A-Za-z0-9]{1,16})\$([./A-Za-z0-9]{43,86})")
_PBKDF2 = re.compile(r"\$pbkdf2(?:-(sha1|sha256|sha512))?\$(\d{1,9})\$([./+A-Za-z0-9]+)\$([./+A-Za-z0-9]+)")
_SCRYPT = re.compile(
    r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{1,64})\$([A-Za-z0-9+/]{22,88})"
)
LONGEST = 128  # characters that the column takes


class Unknown(Exception):
    """Nothing here checks such a hash."""


def read(value: str) -> str:
    """A hash in crypt's or PHC's notation, or in Django's. Raises Unknown."""
    return _fitting(_read(value))


def _fitting(found: str) -> str:
    if len(found) > LONGEST:
        raise Unknown("the hash is too long")
    return found


def _read(value: str) -> str:
    if _DJANGO.fullmatch(value):
        return _checked_django(value)
    if match := _ARGON2.fullmatch(value):
        if (
            int(match[1]) > ARGON2_MEMORY_AT_MOST
            or int(match[2]) > 100
            or not int(match[2])
            or not int(match[3])
        ):
            raise Unknown("the hash asks for too much")
        return f"argon2{value}"
    if match := _BCRYPT.fullmatch(value):
        _check_bcrypt(match[1])
        return f"bcrypt${value}"
    if match := _SHA_CRYPT.fullmatch(value):
        return _sha_crypt(match)
    if match := _PBKDF2.fullmatch(value):
        salt, hashed = (unpacked(part.replace(".", "+")) for part in (match[3], match[4]))
        return pbkdf2(match[1] or "sha1", int(match[2]), salt, hashed)
    if match := _SCRYPT.fullmatch(value):
        return _scrypt(match)
    raise Unknown("a hash of this kind is not known here")


def _scrypt(match: re.Match[str]) -> str:
    cost, r, p = (int(match[place]) for place in (1, 2, 3))
    salt, hashed = decoded(match[4]), decoded(match[5])
    # RFC 7914 section 2: N is above 1, and below 2^(128 r / 8).
    is_sound = 1 <= cost < 16 * r and 1 <= p <= SCRYPT_PARALLELISM_AT_MOST
    if not is_sound or scrypt_memory(1 << cost, r) > SCRYPT_MEMORY_AT_MOST:
        raise Unknown("the hash asks for too much or too little")
    return _fitting(f"raw_scrypt${cost}${r}${p}${packed(salt)}${packed(hashed)}")


def pbkdf2(digest: str, rounds: int, salt: bytes, hashed: bytes) -> str:
    if digest not in ("sha1", "sha256", "sha512"):
        raise Unknown(f"PBKDF2 with {digest} is not known here")
    if not 1 <= rounds <= ROUNDS_AT_MOST or len(hashed) < 16 or not salt:
        raise Unknown("the hash asks for too much or too little")
    return _fitting(f"raw_{digest}${rounds}${packed(salt)}${packed(hashed)}")


def decoded(value: str) -> bytes:
    """Base64 of a file. Raises Unknown."""
    try:
        return unpacked(value.rstrip("="))
    except (binascii.Error, ValueError) as error:
        raise Unknown("the hash is not base64") from error


def _checked_django(value: str) -> str:
    """As it is, unless it would make the server work for minutes."""
    kind, _, rest = value.partition("$")
    if kind.startswith("pbkdf2") and not (
        rest.partition("$")[0].isdecimal() and int(rest.partition("$")[0]) <= ROUNDS_AT_MOST
    ):
        raise Unknown("the hash asks for too much")
    if kind == "argon2":
        return _read(f"${rest}")
    if kind.startswith("bcrypt"):
        if not (match := _BCRYPT.fullmatch(rest)):
            raise Unknown("a hash of this kind is not known here")
        _check_bcrypt(match[1])
    return value


def _check_bcrypt(cost: str) -> None:
    if not 4 <= int(cost) <= 16:
        raise Unknown("the hash asks for too much")


def _sha_crypt(match: re.Match[str]) -> str:
    """crypt(3) keeps rounds between 1000 and 999999999, and 5000 where none are named."""
    rounds, size = max(int(match[2] or 5000), 1000), {"5": 43, "6": 86}[match[1]]
    if rounds > ROUNDS_AT_MOST // 10 or len(match[4]) != size:
        raise Unknown("the hash asks for too much, or is cut short")
    kind = "sha256" if match[1] == "5" else "sha512"
    return f"crypt_{kind}${rounds}${match[3]}${match[4]}"
