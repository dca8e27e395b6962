"""The command: `python -m bench --help`."""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from bench import report, servers
from bench.operations import OPERATIONS
from bench.profile import profile
from bench.run import Plan, run
from bench.soak import soak
from bench.wire import BenchError

PAGE = servers.ROOT / "docs" / "performance.md"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__import__("bench").__doc__)
    parser.add_argument("--only", action="append", choices=OPERATIONS, help="this operation; may be repeated")
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--seconds", type=float, default=1.2, help="load in each cell of the table")
    parser.add_argument("--no-peer", action="store_true", help="leave npm oidc-provider out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument(
        "--write", action="store_true", help=f"put the tables into {PAGE.relative_to(servers.ROOT)}"
    )
    parser.add_argument(
        "--profile", choices=OPERATIONS, help="show where this operation spends its time instead"
    )
    parser.add_argument(
        "--soak", type=float, metavar="SECONDS", help="watch memory and p99 under a steady load instead"
    )
    options = parser.parse_args()
    if options.write and (options.only or options.no_peer or options.database != "both"):
        parser.error("--write takes a whole run")
    return options


async def main(options: argparse.Namespace, folder: Path) -> None:
    databases = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    if options.profile:
        return await profile(options.profile, databases[0], options.seconds, folder)
    if options.soak:
        return await soak(databases[0], options.soak, folder)
    peer = not options.no_peer and servers.peer_is_possible()
    plan = Plan(tuple(options.only or OPERATIONS), databases, options.seconds, peer)
    results = await run(plan, folder, lambda line: print(line, file=sys.stderr, flush=True))
    text = report.report(results)
    print(text)
    if options.json:
        options.json.write_text(json.dumps(results.as_json(), indent=1))
    if options.write:
        report.write(PAGE, text)
    return None


def told(error: BaseException) -> str:
    """One of the connections that met it speaks for all; a note has the server's last lines."""
    notes = getattr(error, "__notes__", [])
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
        notes = [*getattr(error, "__notes__", []), *notes]
    return "\n".join([str(error), *dict.fromkeys(notes)])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="signet-bench-") as temporary:
        try:
            asyncio.run(main(arguments(), Path(temporary)))
        except* BenchError as group:
            sys.exit(f"bench: {told(group)}")
