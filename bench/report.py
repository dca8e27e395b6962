"""The tables, as Markdown that also reads well on a terminal."""

from pathlib import Path

from bench.operations import OPERATIONS
from bench.results import BARS, COLD_START_LIMIT, CONNECTIONS, JUDGED_AT, PSS_LIMIT_MIB, SIGNET, Results

BEGIN, END = "<!-- written by `make bench ARGS=--write` -->", "<!-- to here -->"
NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL", "peer": "oidc-provider", "bare": "bare Django view"}


def report(results: Results) -> str:
    return "\n\n".join(
        [
            " · ".join(f"{name} {value}" for name, value in results.machine.items()) + ".",
            _units(results),
            f"### CPU an operation, {JUDGED_AT} connections",
            _table(_cpu_rows(results)),
            "### Memory and start",
            _table(_service_rows(results)),
            "### Throughput and latency",
            _table(_load_rows(results)),
            _verdict(results),
        ]
    )


def _units(results: Results) -> str:
    signature = results.units["signature"]
    hashes = [
        f"{results.units[f'argon2id {name}']:.1f}" for name in SIGNET if f"argon2id {name}" in results.units
    ]
    low, high = results.signature_spread
    return (
        f"One RSA-2048 signature: {signature:.3f} ms of CPU (median; {low:.3f} to {high:.3f}, "
        "each load against the least of those around it)."
        + (
            f" One Argon2id hash (t=2, 19 MiB, p=1) beside another: {' and '.join(hashes)} ms."
            if hashes
            else ""
        )
    )


def _cpu_rows(results: Results) -> list[list[str]]:
    providers = [name for name in (*SIGNET, "peer") if any(key[0] == name for key in results.cells)]
    rows = [
        [
            "operation",
            "bar ×",
            "aim ×",
            *(NAMES[name] + unit for name in providers for unit in (", ms", " ×")),
        ]
    ]
    for operation in OPERATIONS:
        bar = BARS.get(operation)
        cells = [text for name in providers for text in _cpu_cells(results, name, operation)]
        if any(cells):
            limits = [f"{bar.limit:g}", f"{bar.aim:g}" if bar.aim else ""] if bar else ["", ""]
            rows.append([_words(operation), *limits, *cells])
    bare = results.cells.get(("bare", "hello", JUDGED_AT))
    if bare is not None:
        cpu, ratio = f"{bare.cpu['server']:.3f}", f"{bare.multiple:.2f}"
        rows.append([NAMES["bare"], "", "", cpu, ratio, *[""] * (2 * len(providers) - 2)])
    return rows


def _cpu_cells(results: Results, provider: str, operation: str) -> list[str]:
    sample, ratio = results.cells.get((provider, operation, JUDGED_AT)), results.ratio(provider, operation)
    if sample is None or ratio is None:
        return ["", ""]
    milliseconds = " + ".join(f"{value:.3f}" for value in sample.cpu.values())
    bar = BARS.get(operation)
    mark = "" if provider == "peer" or bar is None else " ✓" if ratio <= bar.limit else " ✗"
    return [milliseconds, f"{ratio:.2f}{mark}"]


def _service_rows(results: Results) -> list[list[str]]:
    rows = [["", "bar", *(NAMES[name] for name in results.pss_mib)]]
    for title, values, limit, unit in (
        ("memory (PSS) 3 s after the load", results.pss_mib, PSS_LIMIT_MIB, "MiB"),
        ("cold start to the first answer", results.cold_start, COLD_START_LIMIT, "s"),
    ):
        cells = []
        for name in results.pss_mib:
            mark = "" if name == "peer" else " ✓" if values[name] <= limit else " ✗"
            cells.append(
                (f"{values[name]:.0f}" if unit == "MiB" else f"{values[name]:.2f}") + f" {unit}{mark}"
            )
        rows.append([title, f"{limit:g} {unit}", *cells])
    return rows


def _load_rows(results: Results) -> list[list[str]]:
    rows = [["operation", "provider", "connections", "CPU, ms", "a second", "p50, ms", "p95, ms", "p99, ms"]]
    for operation in (*OPERATIONS, "hello"):
        for provider, name in NAMES.items():
            for connections in CONNECTIONS:
                sample = results.cells.get((provider, operation, connections))
                if sample:
                    times = [f"{value:.1f}" for value in (sample.p50, sample.p95, sample.p99)]
                    cpu = " + ".join(f"{value:.3f}" for value in sample.cpu.values())
                    rows.append(
                        [_words(operation), name, str(connections), cpu, f"{sample.throughput:.0f}", *times]
                    )
    return rows


def _verdict(results: Results) -> str:
    missed = results.missed()
    if not any(provider in SIGNET for provider, _, _ in results.cells):
        return "No bar applies: Signet was not measured."
    return "Every bar is reached." if not missed else "Missed:\n" + "\n".join(f"- {line}" for line in missed)


def _words(operation: str) -> str:
    special = {
        "jwks": "JWKS",
        "hello": "bare Django view",
        "private_key_jwt": "client credentials by private_key_jwt",
        "par_dpop_code_flow": "code flow with PAR and DPoP",
    }
    return special.get(operation, operation.replace("_", " "))


def _table(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def write(page: Path, text: str) -> None:
    """Puts the report between the two marks of the page."""
    head, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    page.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", encoding="utf-8")
