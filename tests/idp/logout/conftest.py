"""Fixtures of logout: a receiver on loopback, and an app that has it."""

import ipaddress
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from idp.logout.backchannel import deliver_next
from idp.models import LogoutNotice
from tests.idp.app import App, make_client
from tests.idp.logout.receiver import Receiver


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.FETCH_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    with Receiver() as made:
        yield made


@pytest.fixture
def app(make_app: Callable[..., App], receiver: Receiver) -> App:
    """Alice has signed in at it, and it wants to hear of the end."""
    made = make_app(
        make_client(
            backchannel_logout_uri=receiver.uri, post_logout_redirect_uris=["https://app.example/bye"]
        )
    )
    made.sign_in()
    made.code()
    return made


def deliver(now: datetime | None = None) -> list[LogoutNotice]:
    """All that is due, as they were when they were claimed."""
    now = now or timezone.now()
    return list(iter(lambda: deliver_next(now), None))
