"""Python imports this first if its folder is on PYTHONPATH; the process then lives at SIGNET_CLOCK's offset.

The product has no hook for tests. The file is mapped into memory, so that a move is seen at once by every
worker, also by one forked later. Monotonic time stays real.
"""

import mmap
import os

import _time_machine  # type: ignore[import-not-found]
import time_machine

with open(os.environ["SIGNET_CLOCK"], "rb") as file:
    offset = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)


def _moved() -> int:
    real: int = _time_machine.original_time_ns()
    return real + int.from_bytes(offset, "little", signed=True)


time_machine.travel(0).start().time_ns = _moved  # type: ignore[method-assign]
