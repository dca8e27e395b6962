"""An entry of the directory has several names and one budget of guesses (S-102)."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from accounts import login as logins
from accounts.directory import connection
from accounts.models import AuditEvent, Session, ThrottleBucket, User
from tests.live.directory import PASSWORD, Directory

pytestmark = pytest.mark.django_db
NAMES = ("dora", "dora@corp.example")
Try = Callable[..., int]


@pytest.fixture
def guess(directory: Directory) -> Iterator[Try]:
    """Each from another network, so that none is stopped for its address."""
    networks = iter(range(1, 250))

    def post(name: str, password: str = "wrong", browser: Browser | None = None) -> int:
        address = f"10.9.{next(networks)}.1"
        form = {"username": name, "password": password}
        return (browser or Browser()).post("/login", form, REMOTE_ADDR=address).status_code

    with time_machine.travel(timezone.now(), tick=False):
        yield post


def renamed(user: User) -> None:
    """Known here by another name and address: those of the directory are aliases that only it knows."""
    User.objects.filter(pk=user.pk).update(username="somebody", email="somebody@example.org")


def test_s_102_the_names_of_somebody_who_was_never_here_share_one_budget(
    guess: Try, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [guess(NAMES[number % 2]) for number in range(10)] == [200] * 10
    sent: list[str] = []
    binds = connection._binds
    monkeypatch.setattr(
        connection,
        "_binds",
        lambda opened, dn, password: sent.append(password) or binds(opened, dn, password),
    )
    assert [guess(name, PASSWORD) for name in NAMES] == [429, 429]
    assert PASSWORD not in sent, "it is counted before the directory is asked"
    assert len(sent) == 2, "the same questions go out all the same (S-101)"
    assert not Session.objects.exists()
    assert AuditEvent.objects.filter(type="login.throttled").count() == 1, "where the wait begins"


def test_s_102_the_names_of_somebody_known_here_count_on_the_person(guess: Try, mails: Callable) -> None:
    guess("dora", PASSWORD)
    dora = User.objects.get()
    renamed(dora)
    assert [guess(NAMES[number % 2]) for number in range(10)] == [200] * 10
    assert [guess(name, PASSWORD) for name in (*NAMES, "somebody")] == [429] * 3
    assert Session.objects.count() == 1
    key = logins.THROTTLE._subject_key(dora.sub)
    ThrottleBucket.objects.filter(key=key).update(level=99, blocked_until=0)
    ThrottleBucket.objects.exclude(key=key).delete()
    guess("dora")
    assert any(mail.to == ["somebody@example.org"] for mail in mails()), "the unlock is for the person"


def test_s_102_a_browser_of_the_person_keeps_its_own_budget_by_any_name(guess: Try) -> None:
    own = Browser()
    guess("dora", PASSWORD, own)
    renamed(User.objects.get())
    for number in range(10):
        guess(NAMES[number % 2])
    ThrottleBucket.objects.exclude(key=logins.THROTTLE._subject_key(User.objects.get().sub)).delete()
    assert guess("dora", PASSWORD) == 429
    assert guess("dora@corp.example", PASSWORD, own) == 303


def test_s_102_strangers_lock_nobody_out_for_good_who_could_not_be_mailed(guess: Try) -> None:
    key = logins.ENTRY_THROTTLE._subject_key(entry_id())
    ThrottleBucket.objects.create(key=key, level=500, counted_at=timezone.now().timestamp(), blocked_until=0)
    assert guess("dora") == 200
    assert guess("dora", PASSWORD) == 429
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        assert guess("dora", PASSWORD) == 303
    assert not ThrottleBucket.objects.filter(key=key).exists()


def entry_id() -> str:
    entry = connection.look_up("dora", now=timezone.now())
    assert entry
    return entry.uid
