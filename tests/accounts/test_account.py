from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import links, login
from accounts.agents import describe
from accounts.models import AuditEvent, Session, User
from tests.factories import PASSWORD, make_session, make_user, sign_in

from .conftest import event_types

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def mine(alice: User, browser: Client) -> Session:
    return sign_in(browser, alice)


@pytest.mark.usefixtures("mine")
class TestProfile:
    def test_is_saved_and_recorded(self, browser: Client) -> None:
        form = {
            "name": "Alice L.",
            "locale": "de",
            "locality": "Oxford",
            "country": "UK",
            "phone_number": "",
        }
        assert browser.post("/account/profile", form).status_code == 303
        alice = User.objects.get()
        assert (alice.name, alice.locale) == ("Alice L.", "de")
        assert alice.address == {"locality": "Oxford", "country": "UK"}
        event = AuditEvent.objects.get()
        assert event.type == "profile.changed"
        assert event.detail["changes"]["name"] == {"before": "Alice Liddell", "after": "Alice L."}

    def test_name_address_and_rights_are_not_ones_own_to_change(self, browser: Client) -> None:
        before = User.objects.get()
        browser.post(
            "/account/profile",
            {"name": "x", "username": "root", "username_display": "root", "email": "x@y.example", "is_staff": "on",
             "is_superuser": "on", "groups": "1", "email_verified_at": "2020-01-01"},
        )  # fmt: skip
        after = User.objects.get()
        for field in (
            "username",
            "username_display",
            "email",
            "is_staff",
            "is_superuser",
            "email_verified_at",
        ):
            assert getattr(after, field) == getattr(before, field)

    def test_language_and_time_zone_are_chosen_from_lists(self, browser: Client) -> None:
        page = browser.get("/account/profile").content.decode()
        assert '<option value="zh-Hans">简体中文</option>' in page
        assert '<option value="Europe/Berlin">' in page
        assert browser.post("/account/profile", {"locale": "tlh", "zoneinfo": "UTC"}).status_code == 200
        assert User.objects.get().zoneinfo == ""

    def test_a_language_that_came_from_elsewhere_stays(self, browser: Client) -> None:
        User.objects.update(locale="pt-BR", zoneinfo="EST5EDT")
        form = {"locale": "pt-BR", "zoneinfo": "EST5EDT", "name": "Alice Liddell"}
        assert browser.post("/account/profile", form).status_code == 303
        assert (User.objects.get().locale, User.objects.get().zoneinfo) == ("pt-BR", "EST5EDT")

    def test_another_number_is_not_a_verified_one(self, browser: Client) -> None:
        User.objects.update(phone_number="+44 1865 270000", phone_number_verified_at=timezone.now())
        browser.post("/account/profile", {"phone_number": "+44 1865 270001"})
        assert not User.objects.get().phone_number_verified

    def test_s_083_links_lead_to_web_pages_only(self, browser: Client) -> None:
        page = browser.post("/account/profile", {"website": "javascript:alert(1)"})
        assert 'aria-invalid="true"' in page.content.decode()
        assert User.objects.get().website == ""

    def test_s_080_what_is_wrong_is_shown_escaped(self, browser: Client) -> None:
        page = browser.post("/account/profile", {"zoneinfo": '"><script>x'}).content.decode()
        assert "<script>x" not in page

    def test_nothing_changed_is_no_event(self, browser: Client) -> None:
        browser.post("/account/profile", {"name": "Alice Liddell"})
        assert event_types() == []


class TestSessions:
    def test_are_listed_with_browser_and_address(self, alice: User, mine: Session, browser: Client) -> None:
        make_session(alice, user_agent=FIREFOX, address="198.51.100.7")
        make_session(alice, ended_at=timezone.now(), address="198.51.100.8")
        make_session(make_user("bob"), address="198.51.100.9")
        page = browser.get("/account/sessions").content.decode()
        live, ended = page.split("Ended in the last days")
        assert "Firefox on Linux" in live
        assert "198.51.100.7" in live
        assert "198.51.100.8" not in live
        assert "198.51.100.8" in ended
        assert "198.51.100.9" not in page

    def test_one_can_be_ended(self, alice: User, mine: Session, browser: Client) -> None:
        other = make_session(alice)
        browser.post("/account/sessions", {"end": other.sid})
        assert list(Session.objects.filter(ended_at=None)) == [mine]
        assert event_types() == ["session.ended"]

    def test_s_110_only_ones_own(self, mine: Session, browser: Client) -> None:
        bobs = make_session(make_user("bob"))
        browser.post("/account/sessions", {"end": bobs.sid})
        bobs.refresh_from_db()
        assert bobs.ended_at is None
        assert event_types() == []

    def test_all_others_can_be_ended(self, alice: User, mine: Session, browser: Client) -> None:
        make_session(alice)
        make_session(alice)
        browser.post("/account/sessions", {"end": "others"})
        assert list(Session.objects.filter(ended_at=None)) == [mine]

    def test_all_can_be_ended(self, alice: User, mine: Session, browser: Client) -> None:
        make_session(alice)
        response = browser.post("/account/sessions", {"end": "everywhere"})
        assert response["Location"] == "/signed-out"
        assert not Session.objects.filter(ended_at=None).exists()
        assert browser.get("/account/").status_code == 302

    def test_ending_this_one_signs_out(self, mine: Session, browser: Client) -> None:
        assert browser.post("/account/sessions", {"end": mine.sid})["Location"] == "/signed-out"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36 Edg/142.0",
            "Edge on Windows",
        ),
        ("curl/8.5", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_browsers_by_their_names(user_agent: str, words: str) -> None:
    assert describe(user_agent) == words


class TestLoginLink:
    @pytest.fixture
    def link(self, alice: User) -> str:
        return links.url(links.Purpose.LOGIN, links.issue(links.Purpose.LOGIN, alice, now=timezone.now()))

    def test_signs_in_after_a_click_that_says_as_whom(self, alice: User, browser: Client, link: str) -> None:
        page = browser.get(link, follow=True).content.decode()
        assert "Sign in as Alice Liddell?" in page
        assert not Session.objects.exists()
        assert browser.post("/login/link").status_code == 303
        assert (Session.objects.get().user, Session.objects.get().amr) == (alice, ["link"])
        assert event_types() == ["link.used", "login.succeeded"]

    def test_works_once(self, browser: Client, link: str) -> None:
        browser.get(link)
        browser.post("/login/link")
        assert Client().get(link).status_code == 410

    def test_s_103_does_not_get_around_a_new_password(self, browser: Client, link: str) -> None:
        User.objects.update(must_change_password=True)
        browser.get(link)
        assert browser.post("/login/link")["Location"].startswith("/password/new")
        assert not Session.objects.exists()


def test_the_address_of_the_login_page() -> None:
    assert login.url() == "/login"
    assert login.url("/a?b=c&d") == "/login?next=%2Fa%3Fb%3Dc%26d"
    assert login.url("/a", reauthenticate=True) == "/login?next=%2Fa&again=1"
    assert login.url("/a", switch=True) == "/login?next=%2Fa&switch=1"


def test_pages_escape_the_persons_name(db: None, browser: Client) -> None:
    """S-080."""
    sign_in(browser, make_user(name="<img src=x onerror=alert(1)>"))
    for path in ("/account/", "/account/profile", "/logout", "/login?again=1"):
        assert "<img src=x" not in browser.get(path).content.decode()


def test_a_live_session_of_long_ago_is_shown_no_more(
    alice: User, mine: Session, browser: Client, settings: Any
) -> None:
    make_session(
        alice, now=timezone.now() - settings.SESSION_IDLE - timedelta(minutes=1), address="198.51.100.7"
    )
    assert "198.51.100.7" not in browser.get("/account/sessions").content.decode()
    assert PASSWORD
