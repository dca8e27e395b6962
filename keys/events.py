"""What upper rooms hang in here: listeners that record what happens to keys, and counts of what a revocation hits."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

# Called inside the transaction that changes the key, so that the deed and its record are kept, or lost, together.
listeners: list[Callable[[str, dict[str, Any]], None]] = []

# Each says how many of its things (sessions, grants, …) stop working when the key `kid` is revoked at `now`.
impact: list[Callable[[str, datetime], dict[str, int]]] = []

# Each seals what its room keeps sealed under the current encryption key, and says how many that changed.
rewrappers: list[Callable[[], int]] = []


def announce(event: str, **detail: Any) -> None:
    """`key.created`, `key.rotated`, `key.revoked` or `key.rewrapped`; the detail holds no secret."""
    for listener in listeners:
        listener(event, dict(detail))


def impact_of(kid: str, now: datetime) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for count in impact:
        counts.update(count(kid, now))
    return dict(counts)
