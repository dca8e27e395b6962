"""What the login page says one is going to; the room above registers who knows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Destination:
    """The app behind a `next` path. `form_action` are the origins that a login may end at, `img_src` the one of its
    logo (CSP).
    """

    name: str
    host: str = ""
    logo_uri: str = ""
    policy_uri: str = ""
    tos_uri: str = ""
    form_action: Sequence[str] = field(default_factory=tuple)
    img_src: Sequence[str] = field(default_factory=tuple)
    login_hint: str = ""
    max_age: int | None = None  # in seconds, how old a sign-in may be there; 0 for one that is asked for anew


Resolver = Callable[[str], Destination | None]
_resolvers: list[Resolver] = []


def register(resolver: Resolver) -> None:
    """`resolver(next_path)` gives the destination that it knows, or None."""
    if resolver not in _resolvers:
        _resolvers.append(resolver)


def destination(next_path: str) -> Destination | None:
    for resolver in _resolvers:
        if found := resolver(next_path):
            return found
    return None
