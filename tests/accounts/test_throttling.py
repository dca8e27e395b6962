import ipaddress
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import AuditEvent, ThrottleBucket, User
from accounts.throttling import ADDRESS, Limit, Throttle, address_block
from tests.factories import PASSWORD, make_user

from .conftest import NOW

HERE = "192.0.2.1"


def addresses() -> Any:
    return (f"10.{n // 250}.{n % 250}.1" for n in range(10_000))


def fail_times(
    throttle: Throttle, times: int, *, now: datetime = NOW, address: str | None = None
) -> list[int]:
    """Tries as soon as it may, always wrong, each time from elsewhere unless `address` is given."""
    waits, source = [], addresses()
    for _ in range(times):
        where = address or next(source)
        while wait := throttle.attempt("alice", where, now):
            waits.append(wait)
            now += timedelta(seconds=wait)
        throttle.missed(where, now)
    return waits


@pytest.mark.django_db
class TestCounters:
    throttle = Throttle("password")

    def test_s_102_ten_failures_are_free(self) -> None:
        assert fail_times(self.throttle, 10) == []

    def test_s_102_then_each_one_waits_longer_up_to_five_minutes(self) -> None:
        waits = fail_times(self.throttle, 90)
        assert waits[:3] == [5, 10, 15]
        assert sorted(waits) == waits
        assert waits[-1] == 300

    def test_s_102_after_a_hundred_in_a_row_only_an_unlock_helps(self) -> None:
        now = NOW
        for address, _ in zip(addresses(), range(100), strict=False):
            assert self.throttle.attempt("alice", address, now) == 0
            now += timedelta(minutes=6)
        assert self.throttle.locked("alice")
        assert self.throttle.attempt("alice", HERE, now + timedelta(days=365)) == 300
        self.throttle.unlock("alice")
        assert self.throttle.attempt("alice", HERE, now) == 0

    def test_a_success_ends_the_row(self) -> None:
        fail_times(self.throttle, 10)
        self.throttle.succeeded("alice")
        assert self.throttle.attempt("alice", HERE, NOW) == 0

    def test_s_102_a_success_does_not_clear_the_address(self) -> None:
        for number in range(11):
            self.throttle.attempt(f"user{number}", HERE, NOW)
            self.throttle.missed(HERE, NOW)
            self.throttle.succeeded(f"user{number}")
        assert self.throttle.attempt("bob", HERE, NOW) > 0

    @pytest.mark.parametrize(
        ("neighbour", "stranger"),
        [
            ("192.0.2.254", "192.0.3.1"),
            ("2001:db8::ffff", "2001:db8:0:1::1"),
            ("::ffff:192.0.2.9", "::ffff:192.0.3.9"),
        ],
    )
    def test_s_102_an_address_has_its_neighbours_too(self, neighbour: str, stranger: str) -> None:
        here = HERE if "." in neighbour else "2001:db8::1"
        for number in range(12):
            self.throttle.failed(f"user{number}", here, NOW)
        assert self.throttle.attempt("bob", neighbour, NOW) > 0
        assert self.throttle.attempt("bob", stranger, NOW) == 0

    def test_an_address_forgets(self) -> None:
        for number in range(12):
            self.throttle.failed(f"user{number}", HERE, NOW)
        assert self.throttle.attempt("bob", HERE, NOW + timedelta(seconds=2 / ADDRESS.leak)) == 0

    def test_s_102_everybody_together_is_slowed_down(self) -> None:
        for number in range(1010):
            self.throttle.missed(f"10.{number // 250}.{number % 250}.1", NOW)
        assert 1 <= self.throttle.attempt("alice", HERE, NOW) <= 5

    def test_s_102_a_known_device_has_a_budget_of_its_own(self) -> None:
        fail_times(self.throttle, 100, now=NOW - timedelta(days=3))
        for number in range(12):
            self.throttle.failed(f"user{number}", HERE, NOW)
        assert self.throttle.attempt("alice", HERE, NOW) > 0
        assert self.throttle.attempt("alice", HERE, NOW, device="laptop") == 0

    def test_s_102_a_known_device_has_no_endless_budget(self) -> None:
        now = NOW
        for _ in range(50):
            assert self.throttle.attempt("alice", HERE, now, device="laptop") == 0
            now += timedelta(minutes=6)
        fail_times(self.throttle, 10, now=now)
        assert self.throttle.attempt("alice", "203.0.113.1", now, device="laptop") > 0

    def test_what_a_refused_try_costs_nothing_more(self) -> None:
        fail_times(self.throttle, 10)
        first = self.throttle.attempt("alice", HERE, NOW)
        assert {self.throttle.attempt("alice", HERE, NOW) for _ in range(20)} == {first}

    def test_exempt_networks_are_left_alone(self, settings: Any) -> None:
        settings.THROTTLE_EXEMPT = [ipaddress.ip_network("192.0.2.0/24")]
        assert fail_times(self.throttle, 150, address=HERE) == []
        assert not ThrottleBucket.objects.exists()

    def test_kinds_do_not_share_counters(self) -> None:
        fail_times(self.throttle, 10)
        assert Throttle("reset").attempt("alice", HERE, NOW) == 0

    def test_keys_tell_nothing(self) -> None:
        self.throttle.attempt("hunter2-typed-as-a-name", HERE, NOW)
        assert all(len(key) == 64 for key in ThrottleBucket.objects.values_list("key", flat=True))

    def test_a_clock_that_goes_back_forgives_nothing(self) -> None:
        fail_times(self.throttle, 10)
        assert self.throttle.attempt("alice", HERE, NOW - timedelta(hours=1)) > 0

    def test_failed_and_check_for_callers_that_only_tell_of_failures(self) -> None:
        throttle = Throttle("client secret", Limit(free=3, step=5, longest=60))
        for _ in range(3):
            assert throttle.check("app", HERE, NOW) == 0
            throttle.failed("app", HERE, NOW)
        assert throttle.check("app", HERE, NOW) == 5


@pytest.mark.parametrize(("address", "block"), [("", ""), ("unknown", "unknown"), ("1.2.3.4", "1.2.3.0/24")])
def test_odd_addresses_are_blocks_of_their_own(address: str, block: str) -> None:
    assert address_block(address) == block


# --- At the login page ---------------------------------------------------------------------------------------


def wrong(log_in: Callable[..., Any], name: str, times: int) -> list[Any]:
    return [log_in(name, "wrong password") for _ in range(times)]


def test_s_102_the_page_says_how_long_to_wait(alice: User, log_in: Any) -> None:
    with time_machine.travel(NOW, tick=False):
        *_, refused = wrong(log_in, "alice", 11)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 5
    assert "too many tries" in refused.content.decode()


def test_s_102_the_right_password_does_not_help_while_waiting(alice: User, log_in: Any) -> None:
    with time_machine.travel(NOW, tick=False):
        wrong(log_in, "alice", 10)
        assert log_in("alice").status_code == 429
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        assert log_in("alice").status_code == 303


@pytest.mark.parametrize("spellings", [["alice", "ALICE", "Ａlice", "alice@example.com", " Alice"]])
def test_s_102_one_account_has_one_counter_however_it_is_spelt(
    alice: User, log_in: Any, spellings: list[str]
) -> None:
    with time_machine.travel(NOW, tick=False):
        responses = [log_in(name, "wrong", REMOTE_ADDR=f"10.0.{n}.1") for n, name in enumerate(spellings * 3)]
    assert [response.status_code for response in responses[:10]] == [200] * 10
    assert {response.status_code for response in responses[10:]} == {429}


def test_s_102_strangers_never_lock_out_the_owners_browser(alice: User, browser: Client, log_in: Any) -> None:
    log_in("alice")
    browser.post("/logout")
    stranger = Client()
    with time_machine.travel(NOW, tick=False):
        for number in range(12):
            stranger.post(
                "/login", {"username": "alice", "password": "wrong"}, REMOTE_ADDR=f"10.0.{number}.1"
            )
        assert stranger.post("/login", {"username": "alice", "password": PASSWORD}).status_code == 429
        assert log_in("alice").status_code == 303


def test_s_102_a_device_of_another_person_buys_nothing(alice: User, browser: Client, log_in: Any) -> None:
    make_user("mallory", password=PASSWORD)
    log_in("mallory")
    browser.post("/logout")
    stranger = Client()
    with time_machine.travel(NOW, tick=False):
        for number in range(10):
            stranger.post(
                "/login", {"username": "alice", "password": "wrong"}, REMOTE_ADDR=f"10.0.{number}.1"
            )
        assert log_in("alice", "wrong").status_code == 429


def test_s_102_trying_many_names_from_one_address_is_slowed_down(alice: User, log_in: Any) -> None:
    with time_machine.travel(NOW, tick=False):
        codes = [log_in(f"name{number}", "wrong").status_code for number in range(11)]
        assert log_in("alice").status_code == 429
    assert codes == [200] * 10 + [429]


def test_s_102_a_lock_is_lifted_by_mail(alice: User, browser: Client, mails: Any, log_in: Any) -> None:
    now = NOW
    for number in range(100):
        with time_machine.travel(now, tick=False):
            log_in("alice", "wrong", REMOTE_ADDR=f"10.0.{number}.1")
        now += timedelta(minutes=6)
    with time_machine.travel(now, tick=False):
        assert log_in("alice").status_code == 429
        (mail,) = mails()
        assert mail.to == ["alice@example.com"]
        link = next(word for word in mail.body.split() if "/unlock/" in word)
        assert browser.get(link, follow=True).status_code == 200
        assert log_in("alice").status_code == 429
        browser.post("/unlock")
        assert log_in("alice").status_code == 303
    assert AuditEvent.objects.filter(type="login.locked").count() == 1


def test_s_102_a_wait_is_one_line_of_the_audit_log_however_often_one_tries(alice: User, log_in: Any) -> None:
    """M8: strangers decide how often, and the log only grows."""
    told = AuditEvent.objects.filter(type="login.throttled")
    with time_machine.travel(NOW, tick=False):
        wrong(log_in, "alice", 9)
        assert not told.exists()
        wrong(log_in, "alice", 20)
        assert told.count() == 1
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        wrong(log_in, "alice", 20)
    assert told.count() == 2
