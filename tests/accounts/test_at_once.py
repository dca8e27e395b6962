"""Many at the same moment, each with a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import audit, links
from accounts.factors import passkeys, recovery, totp
from accounts.factors.passkeys import PasskeyRefused
from accounts.models import AuditEvent, Session
from accounts.throttling import Throttle
from tests.factories import PASSWORD, add_app, app_code, make_user

from .conftest import NOW
from .test_passkey_sign_in import give_passkey

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


def test_s_105_a_code_is_taken_by_exactly_one() -> None:
    alice, now = make_user(), timezone.now()
    add_app(alice)
    assert at_once(lambda _: totp.check(alice, app_code(now=now), now=now), 24).count(True) == 1


def test_s_105_a_recovery_code_is_taken_by_exactly_one() -> None:
    alice, now = make_user(), timezone.now()
    code = recovery.make(alice, now=now)[0]
    assert at_once(lambda _: recovery.check(alice, code, now=now), 24).count(True) == 1


def test_s_105_a_challenge_is_answered_by_exactly_one() -> None:
    alice, now = make_user(), timezone.now()
    device = give_passkey(alice)
    answer = device.get(passkeys.login_options())

    def check(_: int) -> bool:
        try:
            return passkeys.check(answer, purpose=passkeys.LOGIN, now=now).user == alice
        except PasskeyRefused:
            return False

    assert at_once(check, 24).count(True) == 1


def test_s_103_a_sign_in_becomes_one_session(cheap_passwords: None) -> None:
    add_app(make_user("alice", password=PASSWORD))
    browser = Client()
    browser.post("/login", {"username": "alice", "password": PASSWORD})
    cookies = browser.cookies

    def finish(number: int) -> int:
        """Eight tabs of one browser, each with another right code."""
        tab = Client()
        tab.cookies = cookies
        code = app_code(now=timezone.now() + timedelta(seconds=30 * (number % 2)))
        return tab.post("/login/second-factor", {"code": code}).status_code

    assert all(status < 500 for status in at_once(finish, 8))
    assert Session.objects.count() == 1
