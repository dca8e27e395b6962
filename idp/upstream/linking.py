"""Whose account an identity opens: a pure decision that takes no e-mail for a person without two words for it.

The provider has to say that the address is proved, and an admin that this provider speaks for its domain; `Facts.owner`
is looked for by such an address only (decision 40).
"""

from dataclasses import dataclass
from enum import Enum, auto


class Owner(Enum):
    """Who has the address here."""

    NOBODY = auto()
    PERSON = auto()
    UNPROVED = auto()  # somebody, who never showed that it is theirs
    ADMIN = auto()
    DISABLED = auto()


class Way(Enum):
    SIGN_IN = auto()
    LINK = auto()
    LINK_ANEW = auto()  # and nothing of what was there before opens the account
    CREATE = auto()
    ASK = auto()  # link after proving the account here; or, if they may, make one
    REFUSE = auto()


@dataclass(frozen=True)
class Facts:
    is_linked: bool
    email_counts: bool
    owner: Owner = Owner.NOBODY
    may_create: bool = False


def decide(facts: Facts) -> Way:
    if facts.is_linked:
        return Way.SIGN_IN
    if not facts.email_counts:
        return Way.ASK
    if facts.owner is Owner.NOBODY:
        return Way.CREATE if facts.may_create else Way.ASK
    return _BY_OWNER[facts.owner]


_BY_OWNER = {
    Owner.PERSON: Way.LINK,
    Owner.UNPROVED: Way.LINK_ANEW,
    Owner.ADMIN: Way.ASK,  # the keys to everything are not another site's to hand out
    Owner.DISABLED: Way.REFUSE,
}
