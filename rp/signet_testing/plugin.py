"""The pytest fixture `signet`: one provider for a whole test run, started when the first test asks for it."""

from collections.abc import Iterator

import pytest

from signet_testing.bed import Signet


@pytest.fixture(scope="session")
def signet() -> Iterator[Signet]:
    with Signet() as running:
        yield running
