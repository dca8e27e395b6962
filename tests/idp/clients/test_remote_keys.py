"""Keys at an app's jwks_uri: kept, fetched again for a new kid, and never more often than the app's share."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idp.clients import bounds, remote, remote_keys
from idp.clients.remote_keys import KeysOf
from idp.models import Client
from idp.outbound import Busy, Fetched, Unreachable
from tests.idp.signing_app import as_text, key_set, public

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Site:
    """What stands at the address, and how often it was asked for."""

    def __init__(self) -> None:
        self.answer: Fetched | None = None
        self.fetched = 0
        self.publish("one")

    def publish(self, *kids: str) -> None:
        self.answer = Fetched(200, "application/json", as_text(key_set(*(public(name=kid) for kid in kids))))

    def fetch(self, url: str, *, max_bytes: int) -> Fetched:
        assert (url, max_bytes) == ("https://app.example/jwks", 256 * 1024)
        self.fetched += 1
        if self.answer is None:
            raise Unreachable("down")
        return self.answer


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    remote_keys.forget()
    site = Site()
    monkeypatch.setattr(remote_keys, "fetch_for_strangers", site.fetch)
    yield site
    remote_keys.forget()


def find(kid: str, now: datetime = NOW, **fields: Any) -> Any:
    fields = {"client_id": "app", "jwks_uri": "https://app.example/jwks", **fields}
    return KeysOf(Client(**fields), now).find(kid)


def test_keys_are_fetched_once_and_kept(site: Site) -> None:
    assert find("one") is not None
    assert find("one", NOW + timedelta(minutes=59)) is not None
    assert site.fetched == 1


def test_interop_14_an_unknown_kid_is_looked_for_at_once(site: Site) -> None:
    find("one")
    site.publish("two")
    assert find("two", NOW + SECOND) is not None
    assert site.fetched == 2
    assert find("one", NOW + SECOND) is None


def test_kids_without_end_cost_an_apps_share_and_no_more(site: Site) -> None:
    for number in range(50):
        find(f"unknown {number}")
    assert site.fetched == remote.MOST_IN_WINDOW
    site.publish("two")
    assert find("two", NOW + bounds.WINDOW) is not None


def test_another_app_has_a_share_of_its_own(site: Site) -> None:
    for number in range(10):
        find(f"unknown {number}")
    assert find("one", client_id="another") is not None


def test_a_failure_is_remembered_for_a_moment(site: Site) -> None:
    site.answer = None
    assert find("one") is None
    assert find("one", NOW + SECOND) is None
    assert site.fetched == 1
    site.publish("one")
    assert find("one", NOW + remote.PAUSE_AFTER_FAILURE) is not None


def test_s_014_one_slow_address_holds_one_thread(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "LONGEST_WAIT", 0.3)
    find("one")
    is_asked, answer = threading.Event(), threading.Event()

    def slow(url: str, *, max_bytes: int) -> Fetched:
        is_asked.set()
        assert answer.wait(10)
        raise Unreachable("too slow")

    monkeypatch.setattr(remote_keys, "fetch_for_strangers", slow)
    held = threading.Thread(target=find, args=["two", NOW])
    held.start()
    assert is_asked.wait(10)
    began = time.monotonic()
    assert [find("two") for _ in range(10)] == [None] * 10
    assert find("one", NOW + timedelta(hours=2)) is not None  # what is at hand goes on
    assert time.monotonic() - began < 1  # not each a wait of its own
    answer.set()
    held.join()


def test_s_014_an_address_that_was_not_tried_is_not_held_for_down(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(url: str, *, max_bytes: int) -> Fetched:
        raise Busy("too many at once")

    with monkeypatch.context() as patched:
        patched.setattr(remote_keys, "fetch_for_strangers", busy)
        assert [find("one") for _ in range(remote.MOST_IN_WINDOW + 1)] == [None] * (remote.MOST_IN_WINDOW + 1)
    assert find("one", NOW + SECOND) is not None


def test_old_keys_go_on_while_the_address_is_down_but_not_for_ever(site: Site) -> None:
    find("one")
    site.answer = None
    assert find("one", NOW + timedelta(hours=2)) is not None
    assert find("one", NOW + remote.LONGEST_STALE) is None


def test_a_key_that_was_taken_back_is_gone_within_the_hour(site: Site) -> None:
    find("one")
    site.publish("two")
    assert find("one", NOW + remote.MAX_AGE) is None


@pytest.mark.parametrize(
    "answer",
    [
        Fetched(404, "application/json", as_text(key_set())),
        Fetched(200, "text/html", b"<html>"),
        Fetched(200, "application/json", b"[]"),
        Fetched(200, "application/json", b'{"keys": 1}'),
        Fetched(200, "application/json", b'{"keys":' * 5000),
    ],
)
def test_s_072_an_answer_that_is_no_key_set_is_a_failure_like_any(site: Site, answer: Fetched) -> None:
    site.answer = answer
    assert find("one") is None


def test_the_cache_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "KEPT", 2)
    for name in ("a", "b", "c", "a"):
        find("one", client_id=name)
    assert site.fetched == 4


def test_registered_keys_are_read_again_when_the_app_is_changed() -> None:
    assert find("one", jwks_uri="", jwks=key_set(), revision="1") is not None
    assert find("two", jwks_uri="", jwks=key_set(public(name="two")), revision="2") is not None
    assert find("one", jwks_uri="", jwks=None, revision="3") is None
