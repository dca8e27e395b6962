"""The load: so many connections, each doing one operation after another for so many seconds."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

WARM_UP = 0.4

# An operation is made once per connection (which may log in, fetch a token, …) and then called over and over.
Operation = Callable[[], Awaitable[None]]
Maker = Callable[[int], Awaitable[Operation]]
CpuClock = Callable[[], dict[str, float]]


@dataclass(frozen=True)
class Sample:
    """What one cell of the table measured; times in milliseconds."""

    operations: int
    seconds: float
    cpu: dict[str, float]  # by part of the service (server, database), milliseconds an operation
    p50: float
    p95: float
    p99: float
    # Milliseconds of one signature, or of one hash at a password login, around this load.
    unit: float = math.nan

    @property
    def multiple(self) -> float:
        """What the bars are for: CPU of the server's process tree, in units."""
        return self.cpu["server"] / self.unit

    @property
    def throughput(self) -> float:
        return self.operations / self.seconds


def quantile(ordered: list[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


async def measure(make: Maker, *, connections: int, seconds: float, cpu: CpuClock) -> Sample:
    operations = [await make(number) for number in range(connections)]
    await _run_all(operations, WARM_UP)
    before, start = cpu(), time.perf_counter()
    latencies = sorted(await _run_all(operations, seconds))
    elapsed, after = time.perf_counter() - start, cpu()
    return Sample(
        operations=len(latencies),
        seconds=elapsed,
        cpu={part: (after[part] - before[part]) * 1000 / len(latencies) for part in after},
        p50=quantile(latencies, 0.50) * 1000,
        p95=quantile(latencies, 0.95) * 1000,
        p99=quantile(latencies, 0.99) * 1000,
    )


async def _run_all(operations: list[Operation], seconds: float) -> list[float]:
    deadline = time.perf_counter() + seconds
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_repeat(operation, deadline)) for operation in operations]
    return [latency for task in tasks for latency in task.result()]


async def _repeat(operation: Operation, deadline: float) -> list[float]:
    """At least once, then until the deadline; what has begun is finished and counted."""
    latencies: list[float] = []
    while not latencies or time.perf_counter() < deadline:
        start = time.perf_counter()
        await operation()
        latencies.append(time.perf_counter() - start)
    return latencies
