"""Argon2id (RFC 9106) in memory that this process keeps for it: page-aligned, fetched once, given back when idle.

The library's own call takes 19 MiB from the allocator for each hash, which lie across cache lines there; that costs a
twentieth of the hash, and fetching them anew from the system half as much as the hash. What is computed is the
library's: tests hold each result against its `hash_secret_raw`.
"""

import mmap
from threading import Lock
from typing import Any

from argon2.exceptions import HashingError
from argon2.low_level import ARGON2_VERSION, Type, core, error_to_str, ffi

_PAGE = 2 * 1024 * 1024  # a huge one of x86-64 and ARM: fewer of them to look up
_OK, _NO_FLAGS = 0, 0  # ARGON2_OK, ARGON2_DEFAULT_FLAGS
_TOO_MUCH = -22  # ARGON2_MEMORY_ALLOCATION_ERROR


class Memory:
    """For one hash at a time of at most `kib` KiB."""

    def __init__(self, kib: int) -> None:
        self.size = kib * 1024
        self._region = mmap.mmap(-1, self.size + _PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        if hasattr(mmap, "MADV_HUGEPAGE"):
            self._region.madvise(mmap.MADV_HUGEPAGE)
        start = int(ffi.cast("uintptr_t", ffi.from_buffer(self._region)))
        self._start = ffi.cast("uint8_t *", -(-start // _PAGE) * _PAGE)
        self._take = ffi.callback("int(uint8_t **, size_t)", self._taken, error=_TOO_MUCH)
        self._leave = ffi.callback(
            "void(uint8_t *, size_t)", lambda start, size: None
        )  # the library has wiped it
        self._lock = Lock()

    def _taken(self, into: Any, size: int) -> int:
        if size > self.size:
            return _TOO_MUCH
        into[0] = self._start
        return 0

    def hash(self, secret: bytes, salt: bytes, *, passes: int, kib: int, lanes: int, length: int) -> bytes:
        """Raises HashingError as the library does, for parameters that the specification does not allow."""
        out = ffi.new("uint8_t[]", length)
        of_secret, of_salt = ffi.from_buffer("uint8_t[]", secret), ffi.from_buffer("uint8_t[]", salt)
        context = ffi.new(
            "argon2_context *",
            {
                "version": ARGON2_VERSION,
                "out": out, "outlen": length,
                "pwd": of_secret, "pwdlen": len(secret),
                "salt": of_salt, "saltlen": len(salt),
                "secret": ffi.NULL, "secretlen": 0,
                "ad": ffi.NULL, "adlen": 0,
                "t_cost": passes, "m_cost": kib, "lanes": lanes, "threads": lanes,
                "allocate_cbk": self._take, "free_cbk": self._leave,
                "flags": _NO_FLAGS,
            },
        )  # fmt: skip
        with self._lock:
            error = core(context, Type.ID.value)
        if error != _OK:
            raise HashingError(error_to_str(error))
        return bytes(ffi.buffer(out, length))

    def give_back(self) -> None:
        """To the system, until the next hash."""
        if hasattr(mmap, "MADV_DONTNEED"):
            with self._lock:
                self._region.madvise(mmap.MADV_DONTNEED)
