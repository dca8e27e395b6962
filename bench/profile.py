"""Where one operation's time goes inside the server: cProfile around the WSGI application, one connection."""

import dataclasses
import pstats
from functools import partial
from pathlib import Path

from bench import servers
from bench.load import measure
from bench.operations import OPERATIONS
from bench.run import database

LINES = 45


async def profile(operation: str, database_name: str, seconds: float, folder: Path) -> None:
    """Prints the functions by whole time, ours, and by own time, all; cProfile makes Python code look twice as dear."""
    with database(database_name, folder) as (url, database_pid):
        installation = servers.install(folder, url)
        figures = folder / "profile"
        installation = dataclasses.replace(
            installation, env={**installation.env, "BENCH_PROFILE": str(figures)}
        )
        options = ("-w", "1", "--threads", "1", "bench.profiled:application")
        with installation.running(*options, database_pid=database_pid) as running:
            make = partial(OPERATIONS[operation], running.provider)
            sample = await measure(make, connections=1, seconds=seconds, cpu=running.cpu)
    print(
        f"{sample.operations} operations and the warm-up before them, {sample.cpu} ms each under the profiler"
    )
    stats = pstats.Stats(str(figures))
    stats.sort_stats("cumulative").print_stats(f"^{servers.ROOT}/(idp|accounts|keys)/", LINES)
    stats.sort_stats("tottime").print_stats(LINES)
