"""One SCIM operation, read once, and what is answered: alone or as one of a bulk request."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from idp.conf import conf

ROOT = "/scim/v2"


@dataclass(frozen=True)
class Caller:
    """A provisioning client: `source` is its name, under which its external ids are kept."""

    source: str
    may_write: bool
    vouches: bool
    client_id: str = ""

    @property
    def actor(self) -> str:
        return f"scim:{self.source}"


@dataclass(frozen=True)
class Call:
    """`path` is what follows the root, in segments; `document` the JSON body, `query` the address's parameters."""

    method: str
    path: tuple[str, ...]
    caller: Caller
    request: HttpRequest
    now: datetime
    query: dict[str, str] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    if_match: str = ""
    if_none_match: str = ""

    def within(self, method: str, path: tuple[str, ...], document: dict[str, Any], if_match: str) -> "Call":
        """An operation of this bulk request."""
        return replace(self, method=method, path=path, document=document, if_match=if_match, query={})


@dataclass(frozen=True)
class Reply:
    status: int
    body: dict[str, Any] | None = None
    location: str = ""
    version: str = ""
    allow: tuple[str, ...] = ()


def address(*path: object) -> str:
    return conf().url("/".join([ROOT, *map(str, path)]))
