"""Password hashes of other systems: checked as they came, and made anew as Argon2id at the first sign-in (S-100)."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.hashers import BasePasswordHasher

ROUNDS_AT_MOST = 5_000_000  # a file can't make the server count for minutes
SCRYPT_MEMORY_AT_MOST = (
    128 * 1024 * 1024
)  # nor take the memory of all its threads; Authelia's default is half of it
SCRYPT_PARALLELISM_AT_MOST = 4  # each is counted one after the other


def packed(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


def unpacked(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


class Imported(BasePasswordHasher):
    """Only ever checks: it has no `encode` of its own, so nothing new is stored in another system's form."""

    def must_update(self, encoded: str) -> bool:
        return True

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Every check counts the rounds that it says."""

    def safe_summary(self, encoded: str) -> Any:
        return {"algorithm": self.algorithm}


class _Pbkdf2(Imported):
    """`algorithm$rounds$salt$hash`, where the salt is any bytes: Keycloak's and Authelia's.

    The names are short, since with a hash of 64 bytes the column of 128 characters is full.
    """

    digest = ""

    def decode(self, encoded: str) -> dict[str, Any]:
        algorithm, rounds, salt, hashed = encoded.split("$")
        return {
            "algorithm": algorithm,
            "rounds": int(rounds),
            "salt": unpacked(salt),
            "hash": unpacked(hashed),
        }

    def verify(self, password: str, encoded: str) -> bool:
        parts = self.decode(encoded)
        found = hashlib.pbkdf2_hmac(
            self.digest, password.encode(), parts["salt"], parts["rounds"], len(parts["hash"])
        )
        return hmac.compare_digest(found, parts["hash"])


class Pbkdf2Sha1(_Pbkdf2):
    algorithm, digest = "raw_sha1", "sha1"


class Pbkdf2Sha256(_Pbkdf2):
    algorithm, digest = "raw_sha256", "sha256"


class Pbkdf2Sha512(_Pbkdf2):
    algorithm, digest = "raw_sha512", "sha512"


class Scrypt(Imported):
    """`algorithm$ln$r$p$salt$hash` (RFC 7914), where N is 2 to the power of ln: Authelia's, and passlib's."""

    algorithm = "raw_scrypt"

    def decode(self, encoded: str) -> dict[str, Any]:
        algorithm, cost, block_size, parallelism, salt, hashed = encoded.split("$")
        return {
            "algorithm": algorithm,
            "n": 1 << int(cost),
            "r": int(block_size),
            "p": int(parallelism),
            "salt": unpacked(salt),
            "hash": unpacked(hashed),
        }

    def verify(self, password: str, encoded: str) -> bool:
        parts = self.decode(encoded)
        n, r, p, size = parts["n"], parts["r"], parts["p"], len(parts["hash"])
        # OpenSSL counts a little more than the 128 N r bytes that it fills.
        memory = scrypt_memory(n, r) + 128 * r * (p + 2) + 1024 * 1024
        found = hashlib.scrypt(
            password.encode(), salt=parts["salt"], n=n, r=r, p=p, maxmem=memory, dklen=size
        )
        return hmac.compare_digest(found, parts["hash"])


def scrypt_memory(n: int, r: int) -> int:
    """Bytes that it takes."""
    return 128 * n * r


class _ShaCrypt(Imported):
    """`algorithm$rounds$salt$hash` after Drepper's "Unix crypt using SHA-256 and SHA-512"."""

    digest = ""
    order: tuple[tuple[int, ...], ...] = ()

    def decode(self, encoded: str) -> dict[str, Any]:
        algorithm, rounds, salt, hashed = encoded.split("$")
        return {"algorithm": algorithm, "rounds": int(rounds), "salt": salt, "hash": hashed}

    def verify(self, password: str, encoded: str) -> bool:
        parts = self.decode(encoded)
        found = self._crypt(password.encode(), parts["salt"].encode(), parts["rounds"])
        return hmac.compare_digest(found, parts["hash"])

    def _crypt(self, password: bytes, salt: bytes, rounds: int) -> str:
        """The steps of the specification: 1 to 8 and 9 to 12, 13 to 16, 17 to 20, 21, 22."""
        size = len(password)
        b = self._hash(password + salt + password)
        a = password + salt + _filled(b, size)
        bits = size
        while bits:
            a += b if bits & 1 else password
            bits >>= 1
        mixed = self._hash(a)
        p = _filled(self._hash(password * size), size)
        s = _filled(self._hash(salt * (16 + mixed[0])), len(salt))
        for number in range(rounds):
            c = p if number & 1 else mixed
            c += s if number % 3 else b""
            c += p if number % 7 else b""
            c += mixed if number & 1 else p
            mixed = self._hash(c)
        return "".join(_characters(mixed, self.order))

    def _hash(self, data: bytes) -> bytes:
        return hashlib.new(self.digest, data).digest()


_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _filled(block: bytes, size: int) -> bytes:
    """The block over and over, up to this size."""
    return (block * (size // len(block) + 1))[:size] if size else b""


def _characters(digest: bytes, order: tuple[tuple[int, ...], ...]) -> Iterator[str]:
    for places in order:
        value = 0
        for place in places:
            value = value << 8 | digest[place]
        for _ in range({3: 4, 2: 3, 1: 2}[len(places)]):
            yield _ALPHABET[value & 63]
            value >>= 6


def _turning(step: int, count: int, first: tuple[int, int, int]) -> tuple[tuple[int, ...], ...]:
    """Triples of places, each turned by `step` from the one before."""
    triples = [first]
    for _ in range(count - 1):
        moved = [(place + step) % (count * 3) for place in triples[-1]]
        triples.append((moved[0], moved[1], moved[2]))
    return tuple(triples)


class Sha512Crypt(_ShaCrypt):
    algorithm, digest = "crypt_sha512", "sha512"
    order = (*_turning(22, 21, (0, 21, 42)), (63,))


class Sha256Crypt(_ShaCrypt):
    algorithm, digest = "crypt_sha256", "sha256"
    order = (*_turning(21, 10, (0, 10, 20)), (31, 30))
