"""One run: floor, Signet on each database, the peer; every cell after a fresh sample of the unit."""

import asyncio
import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from bench import floor, servers
from bench.load import Maker, Sample, measure
from bench.operations import OPERATIONS, fetch
from bench.processes import pss_mib
from bench.results import CONNECTIONS, JUDGED_AT, PASSES, Results
from bench.servers import Running

Say = Callable[[str], None]
COLD_STARTS = 3
AT_REST = 3.0  # seconds after the load, when a service holds what it keeps


@dataclass(frozen=True)
class Plan:
    operations: tuple[str, ...]
    databases: tuple[str, ...]
    seconds: float
    peer: bool


async def run(plan: Plan, folder: Path, say: Say) -> Results:
    bench = _Bench(plan, folder, say, Results(_machine(plan.peer)))
    await bench.floor()
    for name in plan.databases:
        await bench.signet(name)
    if plan.peer:
        await bench.peer()
    return bench.finished()


class _Bench:
    def __init__(self, plan: Plan, folder: Path, say: Say, results: Results) -> None:
        self._plan, self._folder, self._say, self._results = plan, folder, say, results
        self._signature = floor.Signature()
        self._hashes: dict[str, list[float]] = {}  # milliseconds, by provider: before and after its sign-ins

    async def floor(self) -> None:
        self._say("floor: signature, bare Django view")
        self._signature.sample(1.0)
        with servers.bare(self._folder) as running:
            await self._cells("bare", "hello", running, partial(fetch, running.provider, "/hello", b"hello"))

    async def signet(self, name: str) -> None:
        folder = self._folder / name
        folder.mkdir()
        with database(name, folder) as (url, database_pid):
            installation = servers.install(folder, url)
            self._results.cold_start[name] = min(_cold_start(installation) for _ in range(COLD_STARTS))
            with installation.running(database_pid=database_pid) as running:
                await self._operations(name, running)
                await asyncio.sleep(AT_REST)
                self._results.pss_mib[name] = pss_mib(running.pid)

    async def peer(self) -> None:
        with servers.peer(self._folder) as running:
            await self._operations("peer", running)
            await asyncio.sleep(AT_REST)
            self._results.pss_mib["peer"] = pss_mib(running.pid)
            self._results.cold_start["peer"] = running.cold_start

    def finished(self) -> Results:
        self._results.units["signature"] = self._signature.milliseconds
        for name, hashes in self._hashes.items():
            self._results.units[f"argon2id {name}"] = statistics.median(hashes)
        self._results.signature_spread = self._signature.spread
        return self._results

    async def _operations(self, name: str, running: Running) -> None:
        for operation in self._plan.operations:
            if operation in ("login_page", "password_login") and not running.provider.password:
                continue  # the peer has no passwords
            await self._cells(name, operation, running, partial(OPERATIONS[operation], running.provider))

    async def _cells(self, name: str, operation: str, running: Running, make: Maker) -> None:
        for connections in CONNECTIONS:
            passes = [
                await self._load(name, operation, connections, running, make)
                for _ in range(PASSES if connections == JUDGED_AT else 1)
            ]
            # Who else is on the machine only ever adds: load and unit count as they were at their best.
            best = min(passes, key=lambda each: each.cpu["server"])
            sample = replace(best, unit=min(each.unit for each in passes))
            self._results.cells[name, operation, connections] = sample
            cpu = ", ".join(f"{part} {value:.3f}" for part, value in sample.cpu.items())
            self._say(
                f"{name:9}{operation:19}{connections:3} connections: CPU ms {cpu}; × {sample.multiple:.2f}; "
                f"{sample.throughput:.0f}/s"
            )

    async def _load(
        self, name: str, operation: str, connections: int, running: Running, make: Maker
    ) -> Sample:
        """With the unit as it is right before or after, since the machine's pace changes."""
        unit = partial(self._hash, name) if operation == "password_login" else self._signature.sample
        before = unit()
        sample = await measure(make, connections=connections, seconds=self._plan.seconds, cpu=running.cpu)
        return replace(sample, unit=min(before, unit()))

    def _hash(self, name: str) -> float:
        hashes = self._hashes.setdefault(name, [])
        hashes.append(floor.argon2id_milliseconds(servers.WORKERS))
        return hashes[-1]


@contextmanager
def database(name: str, folder: Path) -> Iterator[tuple[str, int | None]]:
    """The value of IDP_DATABASE_URL (empty is SQLite) and the pid of the database server, if there is one."""
    if name == "sqlite":
        yield "", None
    else:
        with servers.postgres(folder) as found:
            yield found


def _cold_start(installation: servers.Installation) -> float:
    with installation.running() as running:
        return running.cold_start


def _machine(peer: bool) -> dict[str, str]:
    cpuinfo = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(
        (line.partition(": ")[2] for line in cpuinfo if line.startswith("model name")), platform.machine()
    )
    facts = {
        "processor": f"{len(os.sched_getaffinity(0))} cores, {model}",
        "python": platform.python_version(),
        **{name: version(name) for name in ("django", "gunicorn", "cryptography")},
        "load before": f"{os.getloadavg()[0]:.1f}",
    }
    if peer:
        facts["node"] = subprocess.check_output(["node", "--version"], text=True).strip()
    return facts
