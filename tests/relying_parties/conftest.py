"""Who signs in at the relying parties."""

import secrets

import pytest

from tests.live.server import Person, Server


@pytest.fixture(scope="session")
def alice(live: Server) -> Person:
    """A person with all the usual claims."""
    return live.user(
        f"alice-{secrets.token_hex(3)}",
        *("--given-name", "Alice", "--family-name", "Liddell", "--email-verified", "--group", "staff"),
    )
