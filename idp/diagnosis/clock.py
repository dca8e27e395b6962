"""This machine's clock against the database's: nodes agree on keys and lifetimes by their clocks alone (R-09)."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.utils import timezone

from idp.diagnosis.finding import Asked, Finding, Level
from keys.verification import LEEWAY  # what every check of a token allows (S-054)

NOTED = 5
MEND = "Let NTP set the clocks (timedatectl set-ntp true)."


def check(asked: Asked) -> Iterator[Finding]:
    if connection.vendor != "postgresql":  # a file of this machine has its clock
        return
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        there: datetime = cursor.fetchone()[0]
    yield from apart(
        "clock", "the database's", (before + (timezone.now() - before) / 2 - there).total_seconds()
    )


def apart(about: str, whose: str, seconds: float) -> Iterator[Finding]:
    """`seconds` by which ours is ahead of another's."""
    if abs(seconds) <= NOTED:
        return
    level: Level = "error" if abs(seconds) > LEEWAY.total_seconds() else "warning"
    word = "ahead of" if seconds > 0 else "behind"
    yield Finding(level, about, f"This machine's clock is {abs(seconds):.0f} s {word} {whose}.", MEND)
