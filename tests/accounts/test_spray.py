"""The spray (S-102): 10,000 passwords over 1,000 accounts from 100 addresses, as fast as the throttle lets.

The clock is moved and hashing costs nothing, so that an hour of attack is some seconds of test.
"""

import heapq
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import BasePasswordHasher
from django.test import Client, RequestFactory

from accounts import devices, emails, login
from accounts.models import AuditEvent, ThrottleBucket, User
from accounts.throttling import ACCOUNT, ADDRESS, EVERYBODY
from tests.factories import make_user

from .conftest import NOW

pytestmark = pytest.mark.django_db
ACCOUNTS, ADDRESSES, PASSWORDS = 1000, 100, 10  # so many passwords each: 10,000 guesses
RIGHT = "an owner's own words"


class Counting(BasePasswordHasher):
    """Costs nothing, and counts how many passwords were looked at."""

    algorithm = "counting"
    looked_at = 0

    def salt(self) -> str:
        return ""

    def encode(self, password: str, salt: str) -> str:
        return f"counting$${password}"

    def verify(self, password: str, encoded: str) -> bool:
        Counting.looked_at += 1
        return encoded == self.encode(password, "")

    def harden_runtime(self, password: str, encoded: str) -> None:
        return None

    def must_update(self, encoded: str) -> bool:
        return False


@pytest.fixture(autouse=True)
def counting(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.Counting"]
    Counting.looked_at = 0
    monkeypatch.setattr(emails, "new_device", lambda *_: None)


@pytest.fixture
def people() -> list[User]:
    found = [
        User(username=f"p{number}", email=f"p{number}@x.example", password=f"counting$${RIGHT}")
        for number in range(ACCOUNTS)
    ]
    for each in found:
        each._canonicalise()
    return User.objects.bulk_create(found)


def address_of(number: int) -> str:
    return f"10.1.{number}.7"


def by_throttle(person: User, password: str, address: str, now: datetime) -> int:
    """What `login.prove` asks of the throttle, without the rest: twenty thousand times it has to be quick."""
    if wait := login.THROTTLE.attempt(person.sub, address, now):
        return wait
    login.THROTTLE.missed(address, now)
    return 0


def by_login(person: User, password: str, address: str, now: datetime) -> int:
    request = RequestFactory().post("/login", REMOTE_ADDR=address)
    request.device_cookie = ""  # type: ignore[attr-defined]
    with pytest.raises(login.Refused) as refusal:
        login.prove(request, person.username, password, now=now)  # type: ignore[arg-type]
    return refusal.value.wait


@dataclass
class Spray:
    """Each address has its share of the guesses, and tries again as soon as it is let."""

    people: list[User]
    guess: Callable[[User, str, str, datetime], int] = by_throttle
    at: list[tuple[float, int, int]] = field(default_factory=list)
    looked_at: list[float] = field(
        default_factory=list
    )  # seconds from the start, of each guess that got through
    refused: int = 0

    def __post_init__(self) -> None:
        self.at = [(0.0, number, 0) for number in range(ADDRESSES)]

    def run(
        self, *, until: float = float("inf"), meanwhile: Callable[[float], None] = lambda _: None
    ) -> None:
        closed = (
            -1.0,
            0,
        )  # a moment at which everybody was refused, and for how long: the others need not ask
        while self.at and self.at[0][0] <= until:
            seconds, number, turn = heapq.heappop(self.at)
            meanwhile(seconds)
            now = NOW + timedelta(seconds=seconds)
            wait = closed[1] if closed[0] == seconds else self._guess(number, turn, now)
            if wait:
                self.refused += 1
                heapq.heappush(self.at, (seconds + wait, number, turn))
                if closed[0] < seconds and (
                    everybody := login.THROTTLE.check("nobody", "203.0.113.200", now)
                ):
                    closed = (seconds, everybody)
                continue
            self.looked_at.append(seconds)
            if turn + 1 < ACCOUNTS * PASSWORDS // ADDRESSES:
                heapq.heappush(self.at, (seconds, number, turn + 1))

    def _guess(self, number: int, turn: int, now: datetime) -> int:
        """One password over all accounts, then the next: no account sees one twice from the same address."""
        guess = turn * ADDRESSES + number
        person, password = self.people[guess % ACCOUNTS], f"wrong {guess // ACCOUNTS}"
        return self.guess(person, password, address_of(number), now)

    def by(self, seconds: float) -> int:
        return sum(each <= seconds for each in self.looked_at)


def stated_for_one_address(seconds: float) -> int:
    """How many tries docs and ADDRESS promise at most: worked out here once more, in plain steps."""
    level, now, last, tries = 0.0, 0.0, 0.0, 0
    while now <= seconds:
        level, last, tries = max(0.0, level - (now - last) * ADDRESS.leak) + 1, now, tries + 1
        wait = min((level - (ADDRESS.free - 1)) * ADDRESS.step, ADDRESS.longest)
        now += max(0.0, wait) if level > ADDRESS.free - 1 else 0.0
    return tries


def stated_for_all(seconds: float) -> float:
    """EVERYBODY: so many at once, what leaks, and one a wait when there is no more."""
    return EVERYBODY.free + seconds * EVERYBODY.leak + seconds / EVERYBODY.step


def test_s_102_ten_thousand_guesses_take_most_of_an_hour_and_lock_nobody_out(people: list[User]) -> None:
    spray = Spray(people)
    owners = Owners(people[:: ACCOUNTS // 40])
    spray.run(meanwhile=owners.come)

    assert len(spray.looked_at) == ACCOUNTS * PASSWORDS
    for seconds in (0, 1, 10, 60, 300, 600, 1200, 1800, 2400):
        stated = min(ADDRESSES * stated_for_one_address(seconds), stated_for_all(seconds))
        assert spray.by(seconds) <= stated, seconds
    assert spray.by(0) == 1000  # ten of each address
    assert spray.by(60) < 2000
    assert spray.by(600) < 4700
    assert spray.looked_at[-1] > 2400  # the last guess comes after forty minutes
    assert owners.signed_in == 40
    assert owners.refused == 0
    assert not any(login.THROTTLE.locked(person.sub) for person in people)
    assert AuditEvent.objects.filter(type="login.locked").count() == 0


@dataclass
class Owners:
    """People with a browser that they know, one a minute: at home, or in the very office that the spray comes from."""

    people: list[User]
    signed_in: int = 0
    refused: int = 0

    def come(self, seconds: float) -> None:
        number = self.signed_in + self.refused
        if number < len(self.people) and seconds >= 60 * number:
            address = "198.51.100.4" if number % 2 else address_of(number).replace(".7", ".9")
            browser = known_browser(self.people[number])
            with time_machine.travel(NOW + timedelta(seconds=seconds), tick=False):
                form = {"username": self.people[number].username, "password": RIGHT}
                response = browser.post("/login", form, REMOTE_ADDR=address)
            self.signed_in += response.status_code == 303
            self.refused += response.status_code != 303


def known_browser(person: User) -> Client:
    browser, request = Client(), RequestFactory().get("/")
    request.device_cookie = ""  # type: ignore[attr-defined]
    with time_machine.travel(NOW, tick=False):
        devices.remember(request, person)  # type: ignore[arg-type]
    browser.cookies[devices.COOKIE] = request.device_cookie  # type: ignore[attr-defined]
    return browser


class TestTheAnswers:
    """S-101: the spray learns nothing of who exists, who has been locked, or who is disabled."""

    NAMES = ("p1", "nobody-of-this-name", "p2")

    def ask(self, name: str, seconds: float, address: str) -> tuple[int, str, str]:
        with time_machine.travel(NOW + timedelta(seconds=seconds), tick=False):
            response = Client().post("/login", {"username": name, "password": "wrong"}, REMOTE_ADDR=address)
        body = re.sub(r'(nonce|value|data-options)="[^"]*"', "", response.content.decode())
        return response.status_code, response.get("Retry-After", ""), body.replace(name, "NAME")

    def test_s_101_are_equal_while_one_may_try_and_while_one_has_to_wait(self, people: list[User]) -> None:
        User.objects.filter(username="p2").update(is_active=False)
        Spray(people).run(until=2)
        free = [self.ask(name, 3600, "203.0.113.1") for name in self.NAMES]
        assert {each[0] for each in free} == {200}
        assert len(set(free)) == 1
        blocked = [self.ask(name, 2.1, address_of(3)) for name in self.NAMES]
        assert {each[0] for each in blocked} == {429}
        assert len(set(blocked)) == 1

    def test_s_101_an_account_that_is_not_there_is_blocked_as_one_that_is(self, people: list[User]) -> None:
        answers = {
            name: [self.ask(name, 0, f"10.9.{number}.1") for number in range(ACCOUNT.free + 2)]
            for name in self.NAMES[:2]
        }
        assert [each[0] for each in answers["p1"]] == [200] * ACCOUNT.free + [429] * 2
        assert answers["p1"] == answers["nobody-of-this-name"]


def test_s_102_one_account_from_everywhere_is_locked_for_strangers_and_open_to_its_owner(
    people: list[User],
) -> None:
    """The other shape of a spray: 200 addresses, one account. Then it takes a mailed link, or an admin."""
    alice, now = people[0], NOW
    request = RequestFactory().post("/login")
    request.device_cookie = ""  # type: ignore[attr-defined]
    tried: Counter[str] = Counter()
    for number in range(200):
        request.META["REMOTE_ADDR"] = f"10.2.{number}.1"
        with pytest.raises(login.Refused) as refusal:
            login.prove(request, alice.username, "wrong", now=now)  # type: ignore[arg-type]
        tried["waited" if refusal.value.wait else "looked at"] += 1
        now += timedelta(seconds=refusal.value.wait or 300)
    assert tried["looked at"] == ACCOUNT.last
    assert login.THROTTLE.locked(alice.sub)
    with time_machine.travel(now, tick=False):
        form = {"username": alice.username, "password": RIGHT}
        assert Client().post("/login", form).status_code == 429
        assert known_browser(alice).post("/login", form).status_code == 303


def test_s_102_the_login_looks_at_as_many_passwords_as_the_throttle_lets_through(people: list[User]) -> None:
    """The same spray, its first second, through the login itself."""
    at_login, modelled = Spray(people, by_login), Spray(people)
    at_login.run(until=1)
    assert Counting.looked_at == len(at_login.looked_at)
    ThrottleBucket.objects.all().delete()
    modelled.run(until=1)
    assert at_login.looked_at == modelled.looked_at
    assert at_login.refused == modelled.refused


def test_s_102_what_the_spray_leaves_is_bounded(people: list[User]) -> None:
    """A counter an account, an address and one for all: nothing grows with the guesses."""
    Spray(people).run(until=2)
    assert ThrottleBucket.objects.count() <= ACCOUNTS + ADDRESSES + 1


def test_a_person_made_by_hand_is_no_part_of_it() -> None:
    """The hasher of this file is the one in use, or its count would mean nothing."""
    user = make_user("bob", password=RIGHT)
    assert user.password.startswith("counting$")
    assert user.check_password(RIGHT)
    assert Counting.looked_at == 1
