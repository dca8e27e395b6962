"""Where an invited person may land: the room above registers which places there are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Landing:
    """A place with the address that opens it. `form_action` are the origins on the way there (CSP)."""

    name: str
    address: str
    form_action: Sequence[str] = field(default_factory=tuple)


Places = Callable[[], Mapping[str, Landing]]
_sources: list[Places] = []


def register(places: Places) -> None:
    """`places()` gives those that there are now, by id."""
    if places not in _sources:
        _sources.append(places)


def choices() -> list[tuple[str, str]]:
    """Ids and names, for a form."""
    return sorted(((key, place.name) for key, place in _all().items()), key=lambda each: each[1].casefold())


def find(key: str) -> Landing | None:
    """The place with this id; None when there is none, or none any more."""
    return _all().get(key) if key else None


def _all() -> dict[str, Landing]:
    return {key: place for places in _sources for key, place in places().items()}
