"""The metadata is true: each value that it advertises has an exercise that does it, so nothing is promised untried.

A value is a case of its own, by member and value. Who advertises something new writes its exercise, or
`test_nothing_is_advertised_that_is_not_tried` fails.
"""

from typing import Any

import pytest

from tests.certification.exercises import EXERCISES, Room
from tests.certification.provider import Provider
from tests.certification.site import Site

DOCUMENTS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


@pytest.fixture(scope="module")
def room(provider: Provider, site: Site) -> Room:
    return Room(provider, site, provider.browser())


def advertised(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Each (member, value); the value of an address, and of a flag that is up, is ""."""
    found = set()
    for member, value in document.items():
        if isinstance(value, list):
            found |= {(member, each.replace(document["issuer"], "{issuer}")) for each in value}
        else:
            found.add((member, "false" if value is False else ""))
    return found


@pytest.mark.parametrize("path", DOCUMENTS)
def test_nothing_is_advertised_that_is_not_tried(provider: Provider, path: str) -> None:
    document = provider.http.get(f"{provider.url}{path}", timeout=30).json()
    assert advertised(document) - set(EXERCISES) == set()


@pytest.mark.parametrize(("member", "value"), sorted(EXERCISES))
def test_what_is_advertised_is_done(room: Room, member: str, value: str) -> None:
    assert (member, value) in advertised(room.provider.metadata), "an exercise of what is not advertised"
    EXERCISES[member, value](room, value.replace("{issuer}", room.provider.url))
