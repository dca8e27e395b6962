"""A provider that answers in place of the network, and a browser that goes there."""

import pytest

from idp.upstream import metadata
from tests.accounts.conftest import mails
from tests.idp.upstream.fake import Fake, Trip

__all__ = ["fake", "mails", "trip"]


@pytest.fixture
def fake(db: None, monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake()
    for module in ("idp.upstream.metadata", "idp.upstream.exchange"):
        monkeypatch.setattr(f"{module}.fetch", made.fetch)
    monkeypatch.setattr("idp.clients.remote_keys.fetch_for_strangers", made.fetch)
    metadata.forget()
    return made


@pytest.fixture
def trip(fake: Fake) -> Trip:
    return Trip(fake)
