"""What a check found, what it was asked to look at, and the check itself: the three words that all checks share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.urls import NoReverseMatch, reverse

Level = Literal["error", "warning", "hint"]


@dataclass(frozen=True)
class Finding:
    """`error` keeps Signet from doing its work, `warning` weakens it, `hint` is good to know.

    `mend` says what to do, `link` where.
    """

    level: Level
    about: str
    what: str
    mend: str
    link: str = ""


def page(name: str, *args: object) -> str:
    """A page of the admin, as a `link`."""
    try:
        return reverse(f"admin:{name}", args=args)
    except NoReverseMatch:  # IDP_ADMIN_PATH is empty
        return ""


@dataclass(frozen=True)
class Asked:
    """The moment, and what an operator wants looked at beside the installation itself."""

    now: datetime
    url: str = ""  # the address that apps use; empty: nothing is fetched
    mail_to: str = ""  # somebody who expects a mail; empty: none is sent


@dataclass(frozen=True)
class Check:
    """One thing to look at. `run` yields nothing where all is well."""

    name: str
    looks_at: str
    run: Callable[[Asked], Iterable[Finding]]


@dataclass(frozen=True)
class Checked:
    check: Check
    findings: tuple[Finding, ...]
