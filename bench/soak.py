"""R-15 in short: all operations in turn at a steady rate for minutes; memory, and the slowest answers."""

import asyncio
import itertools
import statistics
import time
from pathlib import Path

from bench import servers
from bench.load import Operation, quantile
from bench.operations import OPERATIONS
from bench.processes import pss_mib
from bench.run import AT_REST, database

RATE = 20  # operations a second
EVERY = 60  # seconds: one line of the report


async def soak(database_name: str, seconds: float, folder: Path) -> None:
    """Prints a line a minute, and how far memory strayed from its median once the first minute had warmed it up."""
    with database(database_name, folder) as (url, database_pid):
        installation = servers.install(folder, url)
        with installation.running(database_pid=database_pid) as running:
            operations = [await make(running.provider, 0) for make in OPERATIONS.values()]
            turns, held = itertools.cycle(operations), list[float]()
            for minute in range(max(2, round(seconds / EVERY))):
                took = sorted(await _at_rate(turns, EVERY))
                await asyncio.sleep(AT_REST)
                held.append(pss_mib(running.pid))
                slowest = quantile(took, 0.99) * 1000
                told = f"{held[-1]:.1f} MiB, {len(took)} operations, p99 {slowest:.0f} ms"
                print(f"minute {minute + 1}: {told}", flush=True)
    middle = statistics.median(held[1:])
    strayed = max(abs(each - middle) for each in held[1:]) / middle
    print(f"{database_name}: memory within {strayed:.1%} of {middle:.1f} MiB after the first minute")


async def _at_rate(turns: "itertools.cycle[Operation]", seconds: float) -> list[float]:
    """One after the other, each begun when it is due; one that is late does not make the next one early."""
    took: list[float] = []
    start = time.perf_counter()
    for number in range(round(seconds * RATE)):
        await asyncio.sleep(max(0.0, start + number / RATE - time.perf_counter()))
        begun = time.perf_counter()
        await next(turns)()
        took.append(time.perf_counter() - begun)
    return took
