import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Session, User
from tests.factories import PASSWORD, make_session, make_user

from .conftest import event_types

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_passwords")]


@pytest.fixture
def user(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """`manage.py user …` with this on standard input; what it prints."""

    def run(*arguments: str, stdin: str = "") -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        call_command("user", *arguments)
        return capsys.readouterr().out

    return run


def test_a_person_is_made_with_all_standard_claims(user: Any) -> None:
    options = {
        "--email": "Alice@Example.com", "--name": "Alice Liddell", "--given-name": "Alice",
        "--family-name": "Liddell", "--middle-name": "P.", "--nickname": "Al", "--profile": "https://a.example/p",
        "--picture": "https://a.example/p.png", "--website": "https://a.example", "--gender": "female",
        "--birthdate": "1852-05-04", "--zoneinfo": "Europe/London", "--locale": "en-GB",
        "--phone-number": "+44 1865 270000", "--street-address": "Christ Church", "--locality": "Oxford",
        "--region": "Oxfordshire", "--postal-code": "OX1 1DP", "--country": "UK", "--address": "Oxford, UK",
    }  # fmt: skip
    arguments = [part for option in options.items() for part in option]
    flags = ["--email-verified", "--phone-number-verified", "--group", "staff", "--group", "chess", "--staff"]
    made = json.loads(
        user("create", "Alice", *arguments, *flags, "--password-stdin", "--json", stdin=PASSWORD + "\n")
    )
    alice = User.objects.get()
    assert made["sub"] == alice.sub
    assert made["groups"] == ["chess", "staff"]
    assert (alice.username, alice.username_display, alice.email) == ("alice", "Alice", "alice@example.com")
    assert alice.check_password(PASSWORD)
    assert (alice.email_verified, alice.email_verified_by) == (True, "admin:command")
    assert alice.phone_number_verified
    assert (alice.is_staff, alice.is_superuser) == (True, False)
    assert alice.address == {
        "formatted": "Oxford, UK", "street_address": "Christ Church", "locality": "Oxford",
        "region": "Oxfordshire", "postal_code": "OX1 1DP", "country": "UK",
    }  # fmt: skip
    assert all(
        made[option[2:].replace("-", "_")] for option in ("--name", "--birthdate", "--locale", "--website")
    )
    assert event_types() == ["user.created"]


def test_s_063_no_hash_is_printed(user: Any) -> None:
    made = user("create", "alice", "--password-stdin", "--json", stdin=PASSWORD)
    assert "argon2" not in made + user("show", "alice") + user("show", "alice", "--json") + user(
        "list", "--json"
    )


def test_without_a_password_a_link_to_choose_one_is_printed(user: Any, browser: Client) -> None:
    link = user("create", "alice").rpartition(" ")[2].strip()
    assert browser.get(link).status_code == 303


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["a b"], "", "letters"),
        (["al\u0456ce"], "", "one script"),
        (["alice", "--email", "nonsense"], "", "email"),
        (["bob"], "", "already"),
        (["alice", "--email", "BOB@example.com"], "", "already"),
        (["bob"], "", r"^user name: [^;]*$"),
        (["alice", "--given-name", "a" * 500], "", "^--given-name: "),
        (["alice", "--zoneinfo", "Mars"], "", "--zoneinfo"),
        (["alice", "--website", "javascript:x"], "", "website"),
        (["alice", "--password-stdin"], "short", "at least 12"),
        (["alice", "--password-stdin"], "", "at least 12"),
        (["alice", "--password-stdin"], "password1234", "tried first"),
    ],
)
def test_what_is_wrong_is_said_and_nobody_made(
    user: Any, arguments: list[str], stdin: str, words: str
) -> None:
    make_user("bob")
    with pytest.raises(CommandError, match=words):
        user("create", *arguments, stdin=stdin)
    assert User.objects.count() == 1


def test_disable_and_enable(user: Any) -> None:
    session = make_session(make_user("alice"))
    assert "disabled" in user("disable", "ALICE")
    session.refresh_from_db()
    assert session.ended_at
    assert json.loads(user("enable", "alice@example.com", "--json"))["active"]
    assert event_types() == ["user.disabled", "user.enabled"]


def test_a_login_link_signs_in(user: Any, browser: Client) -> None:
    make_user("alice")
    browser.get(json.loads(user("login-link", "alice", "--json"))["url"])
    browser.post("/login/link")
    assert Session.objects.get().user.username == "alice"


def test_no_login_link_for_somebody_disabled(user: Any) -> None:
    make_user("alice", is_active=False)
    with pytest.raises(CommandError, match="disabled"):
        user("login-link", "alice")


def test_list_and_show(user: Any) -> None:
    make_user("alice", name="Alice Liddell")
    make_user("bob", is_active=False)
    assert [line.split()[1] for line in user("list").splitlines()] == ["alice", "bob"]
    assert [each["username"] for each in json.loads(user("list", "--json"))] == ["alice", "bob"]
    assert "Alice Liddell" in user("show", "alice")


@pytest.mark.parametrize("action", ["show", "disable", "enable", "login-link"])
def test_nobody_is_called_so(user: Any, action: str) -> None:
    with pytest.raises(CommandError, match="nobody"):
        user(action, "mallory")
