"""One provider and one relying party's site for all plans of a worker."""

from collections.abc import Iterator

import pytest

from tests.certification import certificate, modules  # noqa: F401  the table is filled by reading it
from tests.certification.plan import Apps, Bench
from tests.certification.provider import SETTINGS, Provider
from tests.certification.site import Site
from tests.conftest import MakeServer
from tests.live.clock import Clock


@pytest.fixture(scope="session")
def provider(make_server: MakeServer, tmp_path_factory: pytest.TempPathFactory) -> Provider:
    folder = tmp_path_factory.mktemp("certification")
    clock, tls = Clock(folder / "clock"), certificate.write(folder / "localhost.pem")
    return Provider(make_server(clock=clock, certificate=tls, workers=1, **SETTINGS), clock)


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture(scope="session")
def apps(provider: Provider) -> Apps:
    return Apps(provider)


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest, provider: Provider, site: Site, apps: Apps) -> Bench:
    """For one plan: a browser of its own; by form_post where the plan's file says so."""
    form_post = getattr(request.module, "RESPONSE_MODE", "default") == "form_post"
    return Bench(provider, site, apps, form_post, provider.browser())
