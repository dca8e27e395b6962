"""The ladder of sign-in levels (acr): which level a sign-in reached, told from how the person proved themselves.

OIDC Core sections 2 and 5.5.1.1. A level stands above those before it in IDP_ACR_LADDER, so it does for them too.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

Ladder = Mapping[str, frozenset[str]]


def reached(amr: Collection[str], ladder: Ladder) -> tuple[str, ...]:
    """The levels that a sign-in by these methods is good for, the weakest first."""
    names = list(ladder)
    met = [position for position, name in enumerate(names) if ladder[name] <= set(amr)]
    return tuple(names[: met[-1] + 1]) if met else ()


def level(amr: Collection[str], asked: Collection[str], ladder: Ladder) -> str:
    """The acr to say: the first asked for that is reached, else the highest there is; "" for none at all."""
    good_for = reached(amr, ladder)
    return next((name for name in asked if name in good_for), good_for[-1] if good_for else "")


def is_enough(
    amr: Collection[str],
    age: timedelta,
    *,
    acr_values: Collection[str],
    max_age: int | None,
    ladder: Ladder,
) -> bool:
    """Whether a sign-in so long ago reaches one of these levels, as a resource wants it (RFC 9470 section 3)."""
    if max_age is not None and age > timedelta(seconds=max_age):
        return False
    return not acr_values or not set(acr_values).isdisjoint(reached(amr, ladder))
