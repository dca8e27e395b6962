"""scim2-tester, an outside judge of SCIM servers, against the WSGI app: every check, what it discovers by itself."""

from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application

from .conftest import Scim


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Any:
    """As gunicorn calls it, but that the test's transaction stays open between requests."""
    for signal in (request_started, request_finished):
        monkeypatch.setattr(signal, "receivers", [])
        signal.sender_receivers_cache.clear()
    return get_wsgi_application()


@pytest.fixture(autouse=True)
def without_likeness(settings: Any) -> None:
    """The tester's user names and passwords are random UUIDs, which are often alike to Django's measure."""
    settings.AUTH_PASSWORD_VALIDATORS = [
        each for each in settings.AUTH_PASSWORD_VALIDATORS if "Similarity" not in each["NAME"]
    ]


@pytest.mark.django_db
def test_every_check_of_scim2_tester_passes(scim: Scim, app: Any, settings: Any) -> None:
    # Here, for its models take two seconds to be made, and each worker reads all files.
    from scim2_client.engines.wsgi import WSGISCIMClient
    from scim2_tester import Status, check_server

    client = WSGISCIMClient(
        app,
        base_url=f"{settings.ISSUER}/scim/v2",
        headers={"Authorization": f"Bearer {scim.token}"},
    )
    results = check_server(client)
    bad = [_told(each) for each in results if each.status is not Status.SUCCESS]
    assert not bad, "\n".join(bad)
    assert len(results) > 60
    assert {each.resource_type for each in results} >= {"User", "Group"}


def _told(result: Any) -> str:
    return f"{result.status.name} {result.resource_type} {result.title}: {result.reason} {result.data!r}"[
        :900
    ]
