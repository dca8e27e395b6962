"""A real slapd for all tests of this worker, each of which leaves it as it was."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.directory import connection
from tests.live.directory import Directory


@pytest.fixture(scope="session")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    with Directory(tmp_path_factory.mktemp("directory")) as directory:
        yield directory


@pytest.fixture
def use(settings: Any) -> Any:
    """`use(slapd, LDAP_URL=…)`: this Signet has that directory."""

    def use(directory: Directory, **changes: object) -> None:
        for name, value in directory.settings(**changes).items():
            setattr(settings, name, value)
        connection.forget_failure()

    connection.forget_failure()
    yield use
    connection.forget_failure()


@pytest.fixture
def directory(slapd: Directory, use: Any) -> Directory:
    use(slapd)
    return slapd
