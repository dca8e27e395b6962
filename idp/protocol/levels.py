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


def needed(
    amr: Collection[str], asked: Collection[str], attainable: Collection[str], ladder: Ladder
) -> frozenset[str]:
    """The methods of the first level asked for that the person can reach; without one, of the first there is.

    Empty where the sign-in reaches one of them already.
    """
    known = [name for name in asked if name in ladder]
    if not known or is_reached(amr, known, ladder):
        return frozenset()
    could = reached({*amr, *attainable}, ladder)
    name = next((name for name in known if name in could), known[0])
    # A level above it does for it too, so what the person can do may be the methods of that one.
    names = list(ladder)
    fitting = [ladder[each] for each in names[names.index(name) :] if ladder[each] <= {*amr, *attainable}]
    return fitting[0] if fitting else ladder[name]


def level(amr: Collection[str], asked: Collection[str], ladder: Ladder) -> str:
    """The acr to say: the first asked for that is reached, else the highest there is; "" for none at all."""
    good_for = reached(amr, ladder)
    return next((name for name in asked if name in good_for), good_for[-1] if good_for else "")


def is_reached(amr: Collection[str], wanted: Collection[str], ladder: Ladder) -> bool:
    """Whether a sign-in reaches one of these levels."""
    return not set(wanted).isdisjoint(reached(amr, ladder))


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
    return not acr_values or is_reached(amr, acr_values, ladder)
