"""Another e-mail address: proved from there, told to the old one, with a fresh sign-in (S-107)."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import email_change, links
from accounts.models import AuditEvent, OneTimeLink, User
from tests.factories import add_app, make_user, sign_in

pytestmark = pytest.mark.django_db
NEW = "liddell@example.org"


@pytest.fixture
def ask(alice: User, browser: Client, mails: Callable) -> Callable[..., str]:
    """Signed in as Alice: asks for another address, and gives the path in the mail to it."""
    sign_in(browser, alice)

    def post(email: str = NEW) -> str:
        assert browser.post("/account/email", {"email": email})["Location"] == "/account/profile"
        [mail] = [mail for mail in mails() if mail.to == [email]][-1:]
        return re.search(r"http://localhost:8000(/account/email/confirm/\S+)", mail.body)[1]  # type: ignore[index]

    return post


def confirm(browser: Client, path: str) -> int:
    browser.get(path)
    return browser.post("/account/email/confirm").status_code


def test_s_107_changes_once_it_is_confirmed_from_there(
    ask: Callable, browser: Client, alice: User, mails: Callable
) -> None:
    path = ask()
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    assert browser.get(path)["Location"] == "/account/email/confirm"
    assert NEW in browser.get("/account/email/confirm").content.decode()
    assert browser.post("/account/email/confirm")["Location"] == "/account/profile"
    alice.refresh_from_db()
    assert (alice.email, alice.email_verified, alice.email_verified_by) == (NEW, True, "mail link")
    event = AuditEvent.objects.get(type="email.changed")
    assert event.detail == {"before": "alice@example.com", "after": NEW}


def test_s_107_the_old_address_is_told_before_and_after(
    ask: Callable, browser: Client, mails: Callable
) -> None:
    confirm(browser, ask())
    told = [mail.subject.partition(" ·")[0] for mail in mails() if mail.to == ["alice@example.com"]]
    assert told == ["Your e-mail address is about to change", "Your e-mail address was changed"]


@pytest.mark.parametrize("minutes", [10, 600])
def test_s_107_needs_a_sign_in_of_the_last_ten_minutes(
    alice: User, browser: Client, mails: Callable, minutes: int
) -> None:
    sign_in(browser, alice, auth_time=timezone.now() - timedelta(minutes=minutes))
    for response in (browser.get("/account/email"), browser.post("/account/email", {"email": NEW})):
        assert response["Location"] == "/login?next=%2Faccount%2Femail&again=1"
    assert mails() == []


def test_s_107_strangers_are_led_to_the_login(browser: Client, db: None) -> None:
    assert browser.post("/account/email", {"email": NEW})["Location"] == "/login?next=%2Faccount%2Femail"


def test_s_107_only_the_person_that_asked_can_confirm(ask: Callable, alice: User) -> None:
    path = ask()
    mallory = Client()
    assert mallory.get(path).status_code == 303
    assert mallory.post("/account/email/confirm")["Location"].startswith("/login")
    sign_in(mallory, make_user("mallory"))
    assert confirm(mallory, path) == 410
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"


def test_s_106_the_link_works_once_and_for_half_an_hour(ask: Callable, browser: Client, alice: User) -> None:
    path = ask()
    assert confirm(browser, path) == 303
    assert confirm(browser, path) == 410
    path = ask("third@example.org")
    OneTimeLink.objects.filter(used_at=None).update(expires_at=timezone.now())
    assert confirm(browser, path) == 410


@pytest.mark.parametrize("change", [{"password": "!"}, {"email": "other@example.com"}])
def test_s_106_the_link_dies_with_a_change_of_password_or_address(
    ask: Callable, browser: Client, alice: User, change: dict[str, str]
) -> None:
    path = ask()
    User.objects.filter(pk=alice.pk).update(**change)
    assert confirm(browser, path) == 410


def test_a_change_on_its_way_is_seen_and_sent_again(ask: Callable, browser: Client, mails: Callable) -> None:
    assert "Waiting for" not in browser.get("/account/profile").content.decode()
    first = ask()
    for path in ("/account/profile", "/account/email"):
        page = browser.get(path).content.decode()
        assert f"Waiting for <strong>{NEW}</strong>" in page
        assert f'name="email" value="{NEW}"' in page
    assert ask() != first
    assert confirm(browser, first) == 410


@pytest.mark.parametrize("age", [0, 600])
def test_a_change_on_its_way_is_taken_back_also_in_a_browser_left_open(
    ask: Callable, browser: Client, alice: User, age: int
) -> None:
    path = ask()
    sign_in(browser, alice, auth_time=timezone.now() - timedelta(minutes=age))
    assert browser.post("/account/email", {"withdraw": "1"})["Location"] == "/account/profile"
    page = browser.get("/account/profile").content.decode()
    assert "stays as it is" in page
    assert "Waiting for" not in page
    assert confirm(browser, path) == 410
    assert AuditEvent.objects.get(type="email.change_withdrawn").detail == {"after": NEW}
    assert browser.post("/account/email", {"withdraw": "1"})["Location"] == "/account/profile"
    assert AuditEvent.objects.filter(type="email.change_withdrawn").count() == 1


@pytest.mark.parametrize(
    "change", [{"expires_at": timezone.now()}, {"binding": "x"}, {"used_at": timezone.now()}]
)
def test_a_link_that_is_dead_is_waited_for_no_more(
    ask: Callable, browser: Client, change: dict[str, object]
) -> None:
    ask()
    OneTimeLink.objects.update(**change)
    assert "Waiting for" not in browser.get("/account/profile").content.decode()


def test_a_newer_link_takes_the_place_of_the_one_before(ask: Callable, browser: Client) -> None:
    first = ask()
    ask("third@example.org")
    assert confirm(browser, first) == 410


def test_s_101_the_answer_does_not_tell_whose_address_it_is(
    ask: Callable, browser: Client, mails: Callable
) -> None:
    bob = make_user("bob")
    free = browser.post("/account/email", {"email": NEW})
    said = [browser.get(path).content.decode().count(NEW) for path in ("/account/profile", "/account/email")]
    taken = browser.post("/account/email", {"email": "BOB@example.com"})
    assert [
        browser.get(path).content.decode().count(bob.email) for path in ("/account/profile", "/account/email")
    ] == [said[0], said[1]], "nor do the pages"
    assert (free.status_code, free["Location"]) == (taken.status_code, taken["Location"])
    assert [mail.subject.partition(" ·")[0] for mail in mails() if mail.to == [bob.email]] == [
        "Your e-mail address was given for another account"
    ]
    assert not [mail for mail in mails() if mail.to == [bob.email] and "/account/email/confirm/" in mail.body]
    own = [mail.subject for mail in mails() if mail.to not in ([bob.email], [NEW])]
    assert len(own) == 2, "nor does the person's own mailbox"
    assert own[0] == own[1]


def test_an_address_that_was_taken_meanwhile_stays_with_who_has_it(
    ask: Callable, browser: Client, alice: User
) -> None:
    path = ask()
    make_user("quick", email=NEW)
    assert confirm(browser, path) == 410
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"


@pytest.mark.parametrize(
    "email", ["", "alice@example.com", "ALICE@EXAMPLE.COM", "no address", "a@b\u202e.example"]
)
def test_bad_addresses_are_refused(alice: User, browser: Client, mails: Callable, email: str) -> None:
    sign_in(browser, alice)
    assert browser.post("/account/email", {"email": email}).status_code == 200
    assert mails() == []


def test_s_102_mails_are_few(alice: User, browser: Client, mails: Callable) -> None:
    sign_in(browser, alice)
    answers = [
        browser.post("/account/email", {"email": f"a{number}@example.org"}).status_code for number in range(7)
    ]
    assert answers == [303] * 5 + [429] * 2


def test_s_106_a_link_for_something_else_is_none_here(alice: User, browser: Client) -> None:
    sign_in(browser, alice)
    token = links.issue(links.Purpose.LOGIN, alice, now=timezone.now(), address=NEW)
    assert browser.get(f"/account/email/confirm/{token}").status_code == 410


def test_s_106_of_two_confirmations_at_once_one_counts(ask: Callable, browser: Client, alice: User) -> None:
    path = ask()
    browser.get(path)
    found = links.find(links.Purpose.EMAIL, path.rpartition("/")[2], now=timezone.now())
    request = RequestFactory().post("/account/email/confirm")
    assert found is not None
    answers = [
        email_change.confirm(found, User.objects.get(pk=alice.pk), request=request, now=timezone.now())
        for _ in range(2)
    ]
    assert answers == [True, False]


def test_s_108_who_has_a_second_factor_proves_it_first_and_only_it(alice: User, browser: Client) -> None:
    add_app(alice)
    sign_in(browser, alice)
    assert browser.get("/account/email")["Location"] == "/login?next=%2Faccount%2Femail&needs=mfa"
    assert browser.post("/account/email", {"email": NEW}).status_code == 303
    assert not OneTimeLink.objects.exists()
    browser.post("/logout")
    sign_in(browser, alice, amr=["pwd", "otp", "mfa"])
    assert browser.get("/account/email").status_code == 200


class TestAnAddressThatNobodyConfirmed:
    OWN = "alice@example.com"

    @pytest.fixture(autouse=True)
    def _unproven(self, alice: User) -> None:
        User.objects.update(email_verified_at=None, email_verified_by="")

    def test_is_confirmed_by_its_person(
        self, ask: Callable, browser: Client, alice: User, mails: Callable
    ) -> None:
        assert 'value="alice@example.com"' in browser.get("/account/email").content.decode()
        path = ask(self.OWN)
        browser.get(path)
        assert "is yours" in browser.get("/account/email/confirm").content.decode()
        browser.post("/account/email/confirm")
        alice.refresh_from_db()
        assert (alice.email, alice.email_verified, alice.email_verified_by) == (self.OWN, True, "mail link")
        assert [mail.subject.partition(" ·")[0] for mail in mails()] == ["Confirm your new e-mail address"]
        assert AuditEvent.objects.filter(type="email.verified").count() == 1
        assert not AuditEvent.objects.filter(type="email.changed").exists()

    def test_s_107_once_confirmed_is_no_address_to_change_to(
        self, ask: Callable, browser: Client, alice: User
    ) -> None:
        confirm(browser, ask(self.OWN))
        page = browser.post("/account/email", {"email": self.OWN}).content.decode()
        assert "the address you have" in page
