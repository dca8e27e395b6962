"""Changes of one app at the same moment: none is lost, on either database (RFC 7592 section 2.2; S-122)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse

from idp.clients import registration
from idp.models import Client

from .test_registration import document, is_open, manage, registered

__all__ = ["is_open", "registered"]
pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 0.7  # seconds for who may not get through, so that the test ends


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What the updates of an app do, one after the other, between reading the app and writing it."""
    meanwhile: list[Callable[[], object]] = []
    refuse_wider = registration._refuse_wider

    def slowly(client: Client, asked: Client) -> None:
        refuse_wider(client, asked)
        if meanwhile:
            meanwhile.pop(0)()

    monkeypatch.setattr(registration, "_refuse_wider", slowly)
    return meanwhile


def connected(act: Callable[[], Any]) -> Any:
    try:
        return act()
    finally:
        connection.close()


def put(app: dict[str, Any], **changes: Any) -> HttpResponse:
    return manage("PUT", app, document(client_id=app["client_id"], **changes))


def test_s_122_an_update_does_not_undo_what_an_admin_does_meanwhile(
    registered: dict[str, Any], between: list[Callable[[], object]]
) -> None:
    with ThreadPoolExecutor(1) as pool:
        disabling: list[Any] = []

        def disable() -> None:
            command = "client", "disable", registered["client_id"]
            disabling.append(pool.submit(connected, lambda: call_command(*command)))
            threading.Event().wait(PATIENCE)

        between.append(disable)
        assert put(registered, client_name="Kanban 2").status_code == 200
        disabling[0].result()
    client = Client.objects.get()
    assert (client.name, client.enabled) == ("Kanban 2", False)


def test_s_122_of_two_updates_the_second_sees_what_the_first_gave_up(
    registered: dict[str, Any], between: list[Callable[[], object]]
) -> None:
    """One gives up a grant type; the other, which still has it, was read before and is written after that."""
    narrow_is_held, wide_was_read, narrow_is_written = (threading.Event() for _ in range(3))
    grants = ["authorization_code", "refresh_token"]

    def wide() -> HttpResponse:
        narrow_is_held.wait(5)
        return put(registered, grant_types=grants)

    between += [
        lambda: (narrow_is_held.set(), wide_was_read.wait(PATIENCE)),
        lambda: (wide_was_read.set(), narrow_is_written.wait(5)),
    ]
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(connected, wide)
        assert put(registered, grant_types=grants[:1]).status_code == 200
        narrow_is_written.set()
        assert other.result().status_code == 400
    assert Client.objects.get().grant_types == grants[:1]
