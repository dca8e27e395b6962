"""Registration tokens, in Django admin and by command: made, shown once, revoked (RFC 7591 section 3)."""

import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import AuditEvent
from idp.clients import registration_tokens
from idp.models import RegistrationToken
from idp.protocol.errors import InvalidBearer
from tests.factories import make_admin, make_user, sign_in

pytestmark = pytest.mark.django_db
LIST = "/admin/idp/registrationtoken/"


@pytest.fixture
def admin() -> Browser:
    browser = Browser()
    sign_in(browser, make_admin("root"))
    return browser


def command(*arguments: str) -> Any:
    out = io.StringIO()
    call_command("registration-token", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def is_live(value: str) -> bool:
    try:
        registration_tokens.find(value, now=timezone.now())
    except InvalidBearer:
        return False
    return True


def test_the_admin_shows_a_new_token_once(admin: Browser) -> None:
    form = {"note": "CI", "uses": "3", "days": "30"}
    page = admin.post(f"{LIST}add/", form).content.decode()
    found = re.search(r'<code class="value">([A-Za-z0-9_-]{43})</code>', page)
    assert found is not None, page
    assert is_live(found[1])
    assert found[1] not in admin.get(LIST).content.decode()
    assert found[1] not in str(AuditEvent.objects.values())


def test_the_admin_and_the_command_make_one_for_all_of_openid_connect(admin: Browser) -> None:
    admin.post(
        f"{LIST}add/", {"note": "a certification run", "uses": "1", "days": "1", "openid_connect": "on"}
    )
    command("create", "another", "--openid-connect")
    command("create", "a plain one")
    made = dict(RegistrationToken.objects.values_list("note", "openid_connect"))
    assert made == {"a certification run": True, "another": True, "a plain one": False}


@pytest.mark.parametrize(("uses", "days"), [("0", "7"), ("10001", "7"), ("1", "0"), ("1", "366"), ("", "7")])
def test_the_admin_makes_none_without_bounds(admin: Browser, uses: str, days: str) -> None:
    admin.post(f"{LIST}add/", {"note": "CI", "uses": uses, "days": days})
    assert not RegistrationToken.objects.exists()


def test_the_admin_shows_what_became_of_one(admin: Browser) -> None:
    command("create", "CI")
    page = admin.get(f"{LIST}{RegistrationToken.objects.get().pk}/change/")
    assert page.status_code == 200
    assert RegistrationToken.objects.get().hint in page.content.decode()


def test_the_admin_revokes(admin: Browser) -> None:
    value = command("create", "CI")["registration_token"]
    chosen = {"action": "revoke", "_selected_action": [RegistrationToken.objects.get().pk]}
    admin.post(LIST, chosen)
    assert not is_live(value)
    assert AuditEvent.objects.filter(type="registration.token_revoked").exists()
    history = admin.get(f"{LIST}{RegistrationToken.objects.get().pk}/history/", follow=True)
    assert [event.what for event in history.context["cl"].result_list] == [
        "registration token revoked",
        "registration token made",
    ]


def test_nobody_changes_a_token_and_people_without_a_role_see_none(admin: Browser) -> None:
    command("create", "CI")
    pk = RegistrationToken.objects.get().pk
    admin.post(f"{LIST}{pk}/change/", {"note": "CI", "uses": "9999"})
    assert RegistrationToken.objects.get().uses == 1
    staff = Browser()
    sign_in(staff, make_user("staff", is_staff=True))
    assert staff.get(LIST).status_code == 403
    assert staff.get(f"{LIST}add/").status_code == 403


def test_the_command_makes_one_for_its_uses_and_time() -> None:
    made = command("create", "the build server", "--uses", "5", "--expires", "1h")
    token = RegistrationToken.objects.get()
    assert is_live(made["registration_token"])
    assert (made["uses"], made["used"], made["state"]) == (5, 0, "live")
    assert token.expires_at - token.created_at == timedelta(hours=1)


def test_the_command_lists_without_values_and_revokes() -> None:
    value = command("create", "CI")["registration_token"]
    listed = command("list")
    assert value not in str(listed)
    assert listed[0]["hint"] == value[-4:]
    assert command("revoke", str(listed[0]["id"]))["state"] == "revoked"
    assert not is_live(value)


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "x", "--uses", "0"),
        ("create", "x", "--uses", "-1"),
        ("create", "x", "--expires", "soon"),
        ("create", ""),
        ("create", "x" * 200),
        ("revoke", "77"),
    ],
)
def test_the_command_says_what_is_wrong(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        command(*arguments)
    assert not RegistrationToken.objects.exists()


def test_the_command_prints_for_people_too() -> None:
    out = io.StringIO()
    call_command("registration-token", "create", "CI", stdout=out)
    call_command("registration-token", "list", stdout=out)
    call_command("registration-token", "revoke", str(RegistrationToken.objects.get().pk), stdout=out)
    assert "shown only now" in out.getvalue()
    assert "0 of 1 used" in out.getvalue()


def test_what_is_done_by_command_is_in_the_audit_log() -> None:
    command("create", "CI")
    command("revoke", str(RegistrationToken.objects.get().pk))
    command("revoke", str(RegistrationToken.objects.get().pk))
    types = list(AuditEvent.objects.order_by("id").values_list("type", flat=True))
    assert types == ["registration.token_made", "registration.token_revoked"]


def test_of_two_who_spend_the_last_use_one_gets_it() -> None:
    value = command("create", "CI")["registration_token"]
    now = timezone.now()
    first, second = (registration_tokens.find(value, now=now) for _ in range(2))
    registration_tokens.spend(first, now=now)
    with pytest.raises(InvalidBearer):
        registration_tokens.spend(second, now=now)


@pytest.mark.parametrize(("registration", "is_told"), [("closed", True), ("token", False), ("open", False)])
def test_where_it_would_open_nothing_the_setting_is_named(
    admin: Browser, settings: Any, registration: str, is_told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.REGISTRATION = registration
    words = "while IDP_REGISTRATION is closed"
    assert (words in admin.get(f"{LIST}add/").content.decode()) == is_told
    made = admin.post(f"{LIST}add/", {"note": "CI", "uses": "3", "days": "30"}).content.decode()
    assert (words in made) == is_told
    assert is_live(command("create", "CI")["registration_token"])
    assert (words in capsys.readouterr().err) == is_told
