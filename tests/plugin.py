"""What the whole suite understands on its command line; loaded with `-p`, so before Django's settings.

`--postgres` runs the tests that touch a database on PostgreSQL, started here from a wheel and thrown away.
`SIGNET_NO_SKIPS=1` makes a test that cannot run a failure, so that CI leaves nothing out in silence.
"""

import os
from collections.abc import Generator

import pytest

from tests.live.postgres import Postgres

# Under --postgres these would only be run a second time: they choose their engine, or never meet it.
ENGINE_DOES_NOT_MATTER = ("browser", "node", "engines")
MEETS_A_DATABASE = {
    "db",
    "transactional_db",
    "make_server",
    "postgres",
}  # fixtures, of a test or of its fixtures
STARTS_SOMETHING = ("make_server", "browser", "postgres")  # likewise


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="run the database tests on PostgreSQL")


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """A wrapper, since pytest-django reads the settings in the innermost turn of this same hook."""
    # xdist's workers inherit the address, so only the controller starts a server.
    if early_config.known_args_namespace.postgres and "SIGNET_TEST_DATABASE" not in os.environ:
        postgres = Postgres()
        early_config.add_cleanup(postgres.remove)
        postgres.start()
        os.environ["SIGNET_TEST_DATABASE"] = postgres.url("postgres")
    yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("postgres"):
        left = {item for item in items if _is_of_no_engine(item)}
        config.hook.pytest_deselected(items=list(left))
        items[:] = [item for item in items if item not in left]
    # What takes long begins first, so that no worker is left with it at the end. pytest-django has put tests that
    # empty the database behind those that only roll back, and so they stay.
    items.sort(key=_takes_long, reverse=True)


def _takes_long(item: pytest.Item) -> int:
    database = item.get_closest_marker("django_db")
    if database is not None and database.kwargs.get("transaction"):
        return 0
    if item.get_closest_marker("slow"):
        return 2
    return int(any(name in getattr(item, "fixturenames", ()) for name in STARTS_SOMETHING))


def _is_of_no_engine(item: pytest.Item) -> bool:
    if any(item.get_closest_marker(name) for name in ENGINE_DOES_NOT_MATTER):
        return True
    fixtures = set(getattr(item, "fixturenames", ()))
    return not (item.get_closest_marker("django_db") or fixtures & MEETS_A_DATABASE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _no_skips(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped:
        _no_skips(report)
    return report


def _no_skips(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("SIGNET_NO_SKIPS") == "1":
        report.outcome = "failed"
        report.longrepr = f"SIGNET_NO_SKIPS is set, and this was skipped: {report.longrepr}"
