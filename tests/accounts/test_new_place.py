"""A sign-in from a place that is new for its person: told of once a day, and shown until they say it was them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts import places
from accounts.models import Place, Session, User
from tests.factories import make_session, make_user, sign_in

from .conftest import event_types

HOME, NEXT_DOOR, CAFE, HOTEL = "198.51.100.7", "198.51.100.99", "203.0.113.5", "192.0.2.9"


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("::ffff:198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_a_place_is_a_block_of_addresses(address: str, block: str) -> None:
    assert places.block(address) == block


@pytest.fixture
def sign_in_from(alice: User, log_in: Any, browser: Client) -> Any:
    """Alice in her own browser, at this address; she is in afterwards."""

    def at(address: str) -> Session:
        browser.post("/logout")
        assert log_in("alice", REMOTE_ADDR=address).status_code == 303
        return Session.objects.latest("created_at")

    return at


class TestANewPlace:
    def test_is_told_with_a_link_that_ends_that_session(self, sign_in_from: Any, mails: Any) -> None:
        sign_in_from(HOME)
        session = sign_in_from(CAFE)
        (mail,) = mails()
        assert "new place" in mail.subject
        assert CAFE in mail.body
        assert session.unfamiliar == "place"
        url = re.search(r"http://\S+(/login/not-me/\S+)", mail.body)
        assert url
        stranger = Client()
        stranger.get(url[1])
        stranger.post("/login/not-me")
        session.refresh_from_db()
        assert session.end_reason == "ended by the person"

    @pytest.mark.parametrize("address", [HOME, NEXT_DOOR])
    def test_is_none_where_one_was_before(self, sign_in_from: Any, mails: Any, address: str) -> None:
        sign_in_from(HOME)
        assert sign_in_from(address).unfamiliar == ""
        assert mails() == []

    def test_is_mailed_once_a_day_and_marked_each_time(self, sign_in_from: Any, mails: Any) -> None:
        sign_in_from(HOME)
        sign_in_from(CAFE)
        assert sign_in_from(HOTEL).unfamiliar == "place"
        assert len(mails()) == 1
        Place.objects.update(told_at=timezone.now() - timedelta(days=1, minutes=1))
        Place.objects.filter(block=places.block(HOTEL)).delete()
        sign_in_from(HOTEL)
        assert len(mails()) == 2

    def test_with_a_new_device_is_one_mail_about_the_device(
        self, alice: User, sign_in_from: Any, mails: Any
    ) -> None:
        sign_in_from(HOME)
        form = {"username": "alice", "password": "correct horse battery staple"}
        Client().post("/login", form, REMOTE_ADDR=CAFE)
        (mail,) = mails()
        assert "new device" in mail.subject
        assert Session.objects.latest("created_at").unfamiliar == "device"
        assert sign_in_from(CAFE).unfamiliar == "", "she has been there"

    def test_can_be_switched_off(self, sign_in_from: Any, mails: Any, settings: Any) -> None:
        settings.TELL_OF_NEW_PLACES = False
        sign_in_from(HOME)
        assert sign_in_from(CAFE).unfamiliar == ""
        assert mails() == []
        assert not Place.objects.exists()

    def test_is_forgotten_after_a_year_without_a_visit(self, sign_in_from: Any) -> None:
        sign_in_from(HOME)
        Place.objects.update(last_seen_at=timezone.now() - places.KEPT - timedelta(days=1))
        call_command("purge")
        assert not Place.objects.exists()


class TestAnUnfamiliarSignIn:
    @pytest.fixture
    def strange(self, alice: User) -> Session:
        return make_session(alice, unfamiliar="device")

    def test_is_looked_at_and_settled(self, alice: User, browser: Client, strange: Session) -> None:
        sign_in(browser, alice)
        assert "Look at a sign-in" in browser.get("/account/").content.decode()
        page = browser.get("/account/sessions").content.decode()
        assert "a device new to us" in page
        assert "It was me" in page
        browser.post("/account/sessions", {"known": strange.sid})
        assert "Look at a sign-in" not in browser.get("/account/").content.decode()
        assert event_types() == ["session.known"]

    def test_s_110_cannot_speak_for_itself(self, alice: User, browser: Client) -> None:
        session = sign_in(browser, alice, unfamiliar="device")
        assert "It was me" not in browser.get("/account/sessions").content.decode()
        browser.post("/account/sessions", {"known": session.sid})
        session.refresh_from_db()
        assert session.unfamiliar == "device"

    def test_s_110_of_another_person_is_not_ones_to_settle(self, browser: Client, strange: Session) -> None:
        sign_in(browser, make_user("mallory"))
        browser.post("/account/sessions", {"known": strange.sid})
        strange.refresh_from_db()
        assert strange.unfamiliar == "device"

    def test_that_the_person_ended_is_settled(self, alice: User, browser: Client, strange: Session) -> None:
        sign_in(browser, alice)
        browser.post("/account/sessions", {"end": strange.sid})
        assert "Look at a sign-in" not in browser.get("/account/").content.decode()
