"""Many at the same moment, each with a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts import audit, links
from accounts.models import AuditEvent
from accounts.throttling import Throttle
from tests.factories import make_user

from .conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(act: Callable[[int], object], times: int) -> list[object]:
    def connected(number: int) -> object:
        try:
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(connected, range(times)))


def test_s_102_parallel_tries_get_no_more_than_their_share() -> None:
    throttle = Throttle("password")
    waits = at_once(lambda number: throttle.attempt("alice", f"10.0.{number}.1", NOW), 40)
    assert waits.count(0) == 10


def test_s_143_the_chain_holds_when_many_write() -> None:
    def write(number: int) -> None:
        if number % 2:
            audit.record("user.enabled", number=number)
            return
        with transaction.atomic():
            audit.record("user.enabled", number=number)

    at_once(write, 60)
    assert AuditEvent.objects.count() == 60
    assert list(audit.problems()) == []


def test_s_106_a_link_is_redeemed_by_exactly_one() -> None:
    now = timezone.now()
    token = links.issue(links.Purpose.LOGIN, make_user(), now=now)

    def redeem(_: int) -> bool:
        link = links.find(links.Purpose.LOGIN, token, now=now)
        return link is not None and links.redeem(link, now=now)

    assert at_once(redeem, 24).count(True) == 1
