"""Sign-in by a yes on another device: who may say it, who gets in by it, and what it is worth."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from accounts import login as logins
from accounts import other_device
from accounts.models import DeviceRequest, Session, User
from tests.factories import PASSWORD, add_app, app_code, make_user, sign_in

from .conftest import event_types

TV = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.fixture
def screen() -> Client:
    """The browser that asks."""
    return Client(HTTP_USER_AGENT=TV)


@pytest.fixture
def phone(alice: User) -> Client:
    """Where Alice signed in a minute ago."""
    phone = Client()
    sign_in(phone, alice, now=timezone.now() - timedelta(minutes=1))
    return phone


def ask(screen: Client, query: str = "?next=/account/data", **extra: Any) -> str:
    """The path that the QR code holds."""
    page = screen.post(f"/login/other-device{query}", follow=True, **extra).content.decode()
    found = re.search(r">(http[^<]*/login/approve/\w+)<", page)
    assert found, page[:2000]
    return found[1].removeprefix(settings.ISSUER)


def say(phone: Client, link: str, **answer: Any) -> str:
    """The heading of the page that follows."""
    shown = phone.get(link).content.decode()
    sid = re.search(r'name="sid" value="([^"]*)"', shown)
    response = phone.post(link, {"sid": sid[1] if sid else "", **answer})
    assert response.status_code < 500
    found = re.search(r"<h1>(.*)</h1>", response.content.decode())
    return found[1] if found else ""


def number() -> int:
    return DeviceRequest.objects.latest("id").number


def finish(screen: Client) -> Any:
    return screen.post("/login/other-device/finish")


def test_when_it_was_asked_for_is_said_as_people_say_it(screen: Client, phone: Client) -> None:
    link = ask(screen)
    assert ", just now</time>" in phone.get(link).content.decode()
    DeviceRequest.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert ", 2\xa0minutes ago</time>" in phone.get(link).content.decode()


def test_the_right_number_lets_the_screen_in_where_it_was_going(
    screen: Client, phone: Client, alice: User
) -> None:
    link = ask(screen)
    assert screen.get("/login/other-device/state").json() == {"waiting": True}
    assert say(phone, link, number=number()) == "Go on at the other device"
    assert screen.get("/login/other-device/state").json() == {"waiting": False}
    assert "You said yes" in screen.get("/login/other-device?next=/account/data").content.decode()
    assert finish(screen)["Location"] == "/account/data"
    assert screen.get("/account/").status_code == 200
    session = Session.objects.latest("created_at")
    assert (session.user, session.amr) == (alice, ["xdev"])
    kinds = event_types()
    assert kinds[:2] == ["login.other_device_asked", "login.other_device_approved"]
    assert kinds[2:] == ["login.succeeded"]


def test_the_page_says_who_asks(screen: Client, phone: Client) -> None:
    link = ask(screen, REMOTE_ADDR="203.0.113.9")
    page = phone.get(link, REMOTE_ADDR="198.51.100.4").content.decode()
    assert "Firefox on Linux" in page
    assert "203.0.113.9" in page
    assert "another network" in page
    assert all(f'value="{each}"' in page for each in DeviceRequest.objects.get().choices)


def test_three_numbers_are_offered_of_which_one_is_shown(screen: Client, db: None) -> None:
    for _ in range(20):
        ask(screen)
        asked = DeviceRequest.objects.latest("id")
        assert len(set(asked.choices)) == 3
        assert asked.number in asked.choices
        assert all(10 <= each <= 99 for each in asked.choices)
    assert len({each.choices.index(each.number) for each in DeviceRequest.objects.all()}) > 1


def wrong() -> int:
    waiting = DeviceRequest.objects.latest("id")
    return next(each for each in waiting.choices if each != waiting.number)


@pytest.mark.parametrize(
    "answer",
    [lambda: {"number": wrong()}, lambda: {"decision": "no"}, dict, lambda: {"number": "x\x01"}],
    ids=["a wrong number", "no", "nothing", "rubbish"],
)
def test_s_103_anything_but_the_number_ends_the_request(
    screen: Client, phone: Client, answer: Callable[[], dict[str, Any]]
) -> None:
    link = ask(screen)
    say(phone, link, **answer())
    assert say(phone, link, number=number()) == "This code is over"
    assert finish(screen).status_code == 410
    page = screen.get("/login/other-device?next=/account/data")
    assert (page.status_code, b"said no" in page.content) == (410, True)
    assert b"/login?next=%2Faccount%2Fdata" in page.content
    assert Session.objects.count() == 1
    assert "login.other_device_refused" in event_types()


def test_s_103_only_the_browser_that_began_comes_in(screen: Client, phone: Client) -> None:
    say(phone, ask(screen), number=number())
    other = Client()
    assert finish(other).status_code == 410
    other.cookies[other_device.COOKIE] = other_device.code_of(screen.cookies[other_device.COOKIE].value)
    assert finish(other).status_code == 410
    assert Session.objects.count() == 1


def test_s_103_nobody_comes_in_before_a_yes(screen: Client, db: None) -> None:
    ask(screen)
    assert finish(screen).status_code == 410
    assert not Session.objects.exists()


def test_s_023_a_yes_is_good_once(screen: Client, phone: Client) -> None:
    say(phone, ask(screen), number=number())
    value = screen.cookies[other_device.COOKIE].value
    finish(screen)
    second = Client()
    second.cookies[other_device.COOKIE] = value
    assert finish(second).status_code == 410
    assert Session.objects.count() == 2


def test_it_is_answered_once(screen: Client, phone: Client) -> None:
    link = ask(screen)
    mallory = Client()
    sign_in(mallory, make_user("mallory"))
    shown = mallory.get(link).content.decode()
    say(phone, link, number=number())
    sid = re.search(r'name="sid" value="([^"]*)"', shown)
    assert sid
    assert mallory.post(link, {"sid": sid[1], "number": number()}).status_code == 410
    assert DeviceRequest.objects.get().approved_by.user.username == "alice"


@pytest.mark.parametrize("late", ["the answer", "the screen"])
def test_it_is_over_after_three_minutes(screen: Client, alice: User, late: str) -> None:
    start, phone = timezone.now(), Client()
    sign_in(phone, alice, now=start)
    with time_machine.travel(start, tick=False):
        link = ask(screen)
        if late == "the screen":
            say(phone, link, number=number())
    with time_machine.travel(start + timedelta(minutes=3), tick=False):
        if late == "the answer":
            assert say(phone, link, number=number()) == "This code is over"
        assert finish(screen).status_code == 410
        assert screen.get("/login/other-device?next=/account/data").status_code == 410
    assert Session.objects.count() == 1


def test_s_111_a_session_that_ended_after_its_yes_lets_nobody_in(
    screen: Client, phone: Client, alice: User
) -> None:
    say(phone, ask(screen), number=number())
    alice.sessions.update(ended_at=timezone.now())
    assert finish(screen).status_code == 410


def test_s_108_who_says_yes_has_proved_lately_that_it_is_them(
    screen: Client, alice: User, log_in: Any
) -> None:
    phone, link = Client(), ask(screen)
    page = phone.get(link)
    assert page["Location"] == f"/login?next={link.replace('/', '%2F')}"
    sign_in(phone, alice, now=timezone.now() - timedelta(minutes=11))
    assert "again=1" in phone.get(link)["Location"]
    assert "again=1" in phone.post(link, {"number": number()})["Location"]
    assert DeviceRequest.objects.get().decided_at is None


def test_s_108_and_by_the_second_factor_that_they_have(screen: Client, phone: Client, alice: User) -> None:
    add_app(alice)
    assert "needs=mfa" in phone.get(ask(screen))["Location"]


def test_s_103_a_second_factor_is_asked_on_the_new_device_too(screen: Client, alice: User) -> None:
    """What the approving session has proved is not carried over."""
    add_app(alice)
    phone = Client()
    sign_in(phone, alice, amr=["pwd", "otp", "mfa"])
    say(phone, ask(screen), number=number())
    step = finish(screen)
    assert step["Location"].startswith("/login/second-factor")
    assert screen.get("/account/").status_code == 302
    assert screen.post(step["Location"], {"code": app_code()})["Location"] == "/account/data"
    assert Session.objects.latest("created_at").amr == ["xdev", "otp", "mfa"]


def test_s_103_a_method_that_an_app_asks_for_is_asked(screen: Client, phone: Client) -> None:
    say(phone, ask(screen, "?next=/account/data&needs=pwd"), number=number())
    assert "needs=pwd" in finish(screen)["Location"]
    assert screen.get("/account/").status_code == 302


def test_the_sign_in_is_as_old_as_that_of_who_said_yes(screen: Client, phone: Client, alice: User) -> None:
    before = alice.sessions.get().auth_time
    say(phone, ask(screen), number=number())
    finish(screen)
    assert Session.objects.latest("created_at").auth_time == before


def test_s_108_it_is_never_fresh_enough_for_sensitive_changes_or_another_yes(
    screen: Client, phone: Client
) -> None:
    """A relayed code would otherwise become a passkey, or the next sign-in."""
    say(phone, ask(screen), number=number())
    finish(screen)
    assert not logins.is_fresh(Session.objects.latest("created_at"), now=timezone.now())
    assert "again=1" in screen.get("/account/security/passkeys/new")["Location"]
    assert "again=1" in screen.get(ask(Client()))["Location"]
    screen.post("/login?again=1", {"password": PASSWORD})
    assert logins.is_fresh(Session.objects.get(amr=["pwd"], user_agent=TV), now=timezone.now())


def test_a_new_device_is_announced(screen: Client, phone: Client, alice: User, mails: Any) -> None:
    User.objects.update(last_login=timezone.now())
    say(phone, ask(screen), number=number())
    finish(screen)
    assert "Firefox on Linux" in mails()[-1].body


def test_beside_who_is_signed_in_on_the_screen(screen: Client, phone: Client) -> None:
    bob = sign_in(screen, make_user("bob"))
    say(phone, ask(screen), number=number())
    finish(screen)
    bob.refresh_from_db()
    assert bob.ended_at is None


def test_s_102_beginning_is_throttled(screen: Client, db: None) -> None:
    statuses = [screen.post("/login/other-device").status_code for _ in range(35)]
    assert statuses[:30] == [303] * 30
    assert 429 in statuses


def test_s_102_answering_is_throttled(screen: Client, phone: Client) -> None:
    headings = [say(phone, ask(screen), decision="no") for _ in range(12)]
    assert "Please wait a moment" in headings
    assert headings[:10] == ["Nobody was signed in"] * 10


def test_s_082_every_form_of_it_needs_a_token(screen: Client, phone: Client) -> None:
    link = ask(screen)
    for browser, path in (
        (screen, "/login/other-device"),
        (screen, "/login/other-device/finish"),
        (phone, link),
    ):
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = browser.cookies
        assert strict.post(path, {"number": number()}).status_code == 403
    assert DeviceRequest.objects.get().decided_at is None


def test_a_page_of_another_person_is_shown_again(screen: Client, phone: Client) -> None:
    """S-103: whose page it was decides nothing for who is the current person now."""
    link = ask(screen)
    assert phone.post(link, {"sid": "another", "number": number()}).status_code == 200
    assert DeviceRequest.objects.get().decided_at is None


def test_s_104_neither_code_nor_cookie_is_kept(screen: Client, db: None) -> None:
    code = ask(screen).rpartition("/")[2]
    kept = {str(value) for value in vars(DeviceRequest.objects.get()).values()}
    assert not {code, screen.cookies[other_device.COOKIE].value} & kept


@pytest.mark.parametrize("code", ["x", "0" * 32, "%00" * 10, "é" * 32])
def test_s_015_any_other_code_is_over(phone: Client, code: str) -> None:
    assert phone.get(f"/login/approve/{code}").status_code in (400, 410)


def test_without_cookies_the_page_says_what_to_do(db: None) -> None:
    response = Client().get("/login/other-device?next=/account/data")
    assert response.status_code == 410
    assert b"keeps no cookies" in response.content
    assert b"/login?next=%2Faccount%2Fdata" in response.content


def test_it_is_offered_and_marked_where_it_was_used_last(screen: Client, phone: Client) -> None:
    assert b"Use another device" in screen.get("/login").content
    assert b"last used" not in screen.get("/login").content
    say(phone, ask(screen), number=number())
    finish(screen)
    screen.post("/logout")
    assert b"last used" in screen.get("/login").content


def test_switched_off_there_is_nothing_of_it(screen: Client, phone: Client) -> None:
    link = ask(screen)
    with override_settings(OTHER_DEVICE=False):
        assert b"another device" not in screen.get("/login").content
        assert screen.post("/login/other-device").status_code == 404
        assert screen.get("/login/other-device/state").status_code == 404
        assert finish(screen).status_code == 404
        assert phone.get(link).status_code == 404


def test_s_023_of_two_requests_at_once_one_gets_it(screen: Client, phone: Client) -> None:
    say(phone, ask(screen), number=number())
    waiting = DeviceRequest.objects.get()
    assert [other_device.use(waiting, now=timezone.now()) for _ in range(2)] == [True, False]
