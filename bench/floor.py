"""This machine at its best: an RSA-2048 signature, which is the unit of the bars, and an Argon2id hash."""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

_MESSAGE = b"x" * 600  # about the signing input of an ID token
_PADDING, _SHA256 = padding.PKCS1v15(), SHA256()


def _cpu_milliseconds(work: Callable[[], object], *, seconds: float) -> float:
    deadline, count, before = time.perf_counter() + seconds, 0, time.process_time()
    while time.perf_counter() < deadline or count < 3:
        work()
        count += 1
    return (time.process_time() - before) * 1000 / count


class Signature:
    """The unit, taken again around each load: a shared machine changes its pace from minute to minute."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._samples: list[float] = []

    def sample(self, seconds: float = 0.15) -> float:
        """Milliseconds."""
        self._samples.append(
            _cpu_milliseconds(lambda: self._key.sign(_MESSAGE, _PADDING, _SHA256), seconds=seconds)
        )
        return self._samples[-1]

    @property
    def milliseconds(self) -> float:
        return statistics.median(self._samples)

    @property
    def spread(self) -> tuple[float, float]:
        return min(self._samples), max(self._samples)


def argon2id_milliseconds(processes: int, seconds: float = 0.5) -> float:
    """The parameters of `accounts.hashers.Argon2id` (OWASP: t=2, 19 MiB, p=1).

    As many at once as the server has workers: a hash fills caches and waits for memory, so two cost each other time.
    """
    with ProcessPoolExecutor(processes) as pool:
        return statistics.mean(pool.map(_argon2id_milliseconds, [seconds] * processes))


def _argon2id_milliseconds(seconds: float) -> float:
    def work() -> bytes:
        return hash_secret_raw(
            b"correct horse",
            b"0123456789abcdef",
            time_cost=2,
            memory_cost=19456,
            parallelism=1,
            hash_len=32,
            type=Type.ID,
        )

    return _cpu_milliseconds(work, seconds=seconds)
