"""How much there is on a person's pages: what this room counts, and what the room above adds."""

from collections.abc import Callable
from datetime import datetime

from accounts import sessions
from accounts.models import User

Count = Callable[[User], int]
_more: dict[str, Count] = {}


def register(name: str, count: Count) -> None:
    """`count(user)` gives what stands under `name`."""
    _more[name] = count


def of(user: User, *, now: datetime) -> dict[str, int]:
    return {
        "sessions": sessions.lives(now).filter(user=user).count(),
        "authenticator_apps": user.totps.count(),
        **{name: count(user) for name, count in _more.items()},
    }
