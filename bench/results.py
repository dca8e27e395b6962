"""What a run found, and the bars it is held against (issue 2, section 5)."""

from dataclasses import asdict, dataclass, field
from typing import Any

from bench.load import Sample

CONNECTIONS = (1, 8, 32)
JUDGED_AT = 8  # connections: both workers are busy, none waits for a wake-up, and the queue is short
PASSES = 3  # of what is judged
SIGNET = ("sqlite", "postgres")


@dataclass(frozen=True)
class Bar:
    """At most so many units of CPU an operation; the aim is what npm oidc-provider takes in memory."""

    limit: float
    aim: float | None = None
    unit: str = "signature"


BARS = {
    "discovery": Bar(0.5, 0.3),
    "jwks": Bar(0.5, 0.3),
    "client_credentials": Bar(4.5, 2.3),
    "code_flow": Bar(9, 5),
    "refresh": Bar(6, 2.7),
    "userinfo": Bar(3, 0.8),
    "introspection": Bar(3, 0.8),
    "password_login": Bar(1.15, unit="argon2id"),
}
PSS_LIMIT_MIB = 130.0
COLD_START_LIMIT = 1.0


@dataclass
class Results:
    """Cells by (provider, operation, connections); providers are sqlite, postgres, peer and bare."""

    machine: dict[str, str]
    units: dict[str, float] = field(
        default_factory=dict
    )  # milliseconds of one signature, one argon2id by provider
    signature_spread: tuple[float, float] = (0.0, 0.0)
    cells: dict[tuple[str, str, int], Sample] = field(default_factory=dict)
    pss_mib: dict[str, float] = field(default_factory=dict)
    cold_start: dict[str, float] = field(default_factory=dict)

    def ratio(self, provider: str, operation: str) -> float | None:
        sample = self.cells.get((provider, operation, JUDGED_AT))
        return sample.multiple if sample else None

    def missed(self) -> list[str]:
        """One line for each bar that was not reached."""
        lines = []
        for provider in SIGNET:
            for operation, bar in BARS.items():
                ratio = self.ratio(provider, operation)
                if ratio is not None and ratio > bar.limit:
                    lines.append(f"{operation} on {provider}: {ratio:.2f} against {bar.limit} ({bar.unit})")
            if self.pss_mib.get(provider, 0) > PSS_LIMIT_MIB:
                lines.append(
                    f"memory on {provider}: {self.pss_mib[provider]:.0f} MiB against {PSS_LIMIT_MIB:.0f}"
                )
            if self.cold_start.get(provider, 0) > COLD_START_LIMIT:
                lines.append(
                    f"cold start on {provider}: {self.cold_start[provider]:.2f} s against {COLD_START_LIMIT}"
                )
        return lines

    def as_json(self) -> dict[str, Any]:
        return {
            "machine": self.machine,
            "units_ms": self.units,
            "signature_spread_ms": self.signature_spread,
            "pss_mib": self.pss_mib,
            "cold_start_s": self.cold_start,
            "cells": [
                {"provider": provider, "operation": operation, "connections": connections, **asdict(sample)}
                for (provider, operation, connections), sample in self.cells.items()
            ],
            "missed": self.missed(),
        }
