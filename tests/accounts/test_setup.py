import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import setup
from accounts.models import User
from tests.factories import make_admin, make_user

from .conftest import event_types

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_passwords")]
FORM = {
    "username_display": "Olga",
    "email": "Olga@Example.com",
    "name": "",
    "new_password": "a sentence to begin with",
}


@pytest.fixture
def link() -> str:
    return setup.new_link(timezone.now()).removeprefix("http://localhost:8000")


def test_s_133_the_first_admin_is_made_and_let_in(browser: Client, link: str) -> None:
    assert browser.get(link, follow=True).status_code == 200
    response = browser.post("/setup", FORM)
    assert (response.status_code, response["Location"]) == (303, "/admin/")
    olga = User.objects.get()
    assert (olga.username, olga.email, olga.is_superuser, olga.is_staff) == (
        "olga",
        "olga@example.com",
        True,
        True,
    )
    assert browser.get("/admin/").status_code == 200
    assert event_types() == ["link.issued", "setup.completed", "login.succeeded"]


def test_s_107_an_address_that_was_only_typed_is_not_verified(browser: Client, link: str) -> None:
    browser.get(link)
    browser.post("/setup", FORM)
    olga = User.objects.get()
    assert (olga.email, olga.email_verified, olga.email_verified_by) == ("olga@example.com", False, "")
    page = browser.get("/account/").content.decode()
    assert "Confirm your e-mail address" in page
    assert 'href="/account/email"' in page


def test_s_133_once_only(browser: Client, link: str) -> None:
    other = Client()
    other.get(link)
    browser.get(link)
    browser.post("/setup", FORM)
    assert other.post("/setup", FORM | {"username_display": "mallory", "email": ""}).status_code == 410
    assert Client().get(link).status_code in (303, 410)
    assert Client().get(link, follow=True).status_code == 410
    assert User.objects.count() == 1


def test_s_133_for_an_hour(browser: Client, link: str) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert browser.get(link).status_code == 410


def test_s_133_not_once_there_is_an_admin(browser: Client, link: str) -> None:
    browser.get(link)
    make_admin()
    assert browser.post("/setup", FORM).status_code == 410


@pytest.mark.parametrize("path", ["/setup", "/setup/guess", "/setup/again/guess"])
def test_s_133_nobody_gets_in_without_the_link(browser: Client, link: str, path: str) -> None:
    assert browser.get(path).status_code == 410
    assert browser.post(path, FORM).status_code in (405, 410)
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"username_display": "a b"},
        {"email": "nonsense"},
        {"new_password": "short"},
        {"new_password": "olga@example.com"},
        {"username_display": "BOB"},
    ],
)
def test_mistakes_can_be_mended(browser: Client, link: str, change: dict[str, str]) -> None:
    make_user("bob")
    browser.get(link)
    assert browser.post("/setup", FORM | change).status_code == 200
    assert browser.post("/setup", FORM).status_code == 303


def test_the_command_prints_a_link(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("setup-link")
    assert capsys.readouterr().out.startswith("http://localhost:8000/setup/")
    call_command("setup-link", "--json")
    assert json.loads(capsys.readouterr().out)["url"].startswith("http://localhost:8000/setup/")


def test_the_command_refuses_when_there_is_an_admin(
    browser: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    make_admin()
    with pytest.raises(CommandError, match="--force"):
        call_command("setup-link")
    call_command("setup-link", "--force")
    link: Any = capsys.readouterr().out.strip()
    browser.get(link)
    assert browser.post("/setup", FORM).status_code == 303


def test_a_dead_setup_link_names_the_command_and_no_mail(browser: Client, link: str) -> None:
    browser.get(link)
    browser.post("/setup", FORM)
    for path in (link, "/setup"):
        page = Client().get(path, follow=True)
        text = page.content.decode()
        assert page.status_code == 410
        assert "manage.py setup-link --force" in text, "without it the command refuses now"
        assert "by mail" not in text


def test_while_there_is_no_admin_a_dead_link_names_the_plain_command(db: None) -> None:
    text = Client().get("/setup/made-up", follow=True).content.decode()
    assert "manage.py setup-link" in text
    assert "--force" not in text


def test_the_sign_in_page_says_that_nobody_can_sign_in_yet(
    browser: Client, monkeypatch: pytest.MonkeyPatch, settings: Any, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(setup, "_has_anybody", False)
    words = "Nobody can sign in here yet."
    assert words in browser.get("/login").content.decode()
    settings.LDAP_URL = "ldaps://directory.example"
    assert words not in browser.get("/login").content.decode(), "people of the directory can"
    settings.LDAP_URL = ""
    make_user("alice")
    assert words not in browser.get("/login").content.decode()
    with django_assert_num_queries(0):
        setup.has_anybody()
