"""Provisioning tokens, in Django admin and by command: made, shown once, revoked (S-042)."""

import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.utils import timezone

from accounts import roles
from accounts.models import AuditEvent
from idp.clients import scim_tokens
from idp.models import ScimToken
from idp.protocol.errors import InvalidBearer
from tests.factories import make_admin, make_user, sign_in

pytestmark = pytest.mark.django_db
LIST = "/admin/idp/scimtoken/"


@pytest.fixture
def admin() -> Browser:
    browser = Browser()
    sign_in(browser, make_admin("root"))
    return browser


def command(*arguments: str) -> Any:
    out = io.StringIO()
    call_command("scim", "token", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def is_live(value: str) -> bool:
    try:
        scim_tokens.find(value, now=timezone.now())
    except InvalidBearer:
        return False
    return True


def test_the_admin_shows_a_new_token_once(admin: Browser) -> None:
    form = {"client": "entra", "days": "30", "may_write": "on"}
    response = admin.post(f"{LIST}add/", form)
    page = response.content.decode()
    found = re.search(r'<code class="value">(scim_[A-Za-z0-9_-]{43})</code>', page)
    assert found is not None, page
    assert "http://localhost:8000/scim/v2" in page
    assert "no-store" in response["Cache-Control"]
    assert is_live(found[1])
    assert found[1] not in admin.get(LIST).content.decode()
    assert found[1] not in str(AuditEvent.objects.values())
    token = ScimToken.objects.get()
    assert (token.may_write, token.vouches) == (True, False)
    assert token.expires_at - token.created_at == timedelta(days=30)


@pytest.mark.parametrize(("client", "days"), [("", "7"), ("entra", "0"), ("entra", "731"), ("x" * 61, "7")])
def test_the_admin_makes_none_without_bounds(admin: Browser, client: str, days: str) -> None:
    admin.post(f"{LIST}add/", {"client": client, "days": days})
    assert not ScimToken.objects.exists()


def test_the_admin_revokes(admin: Browser) -> None:
    value = command("create", "entra")["token"]
    admin.post(LIST, {"action": "revoke", "_selected_action": [ScimToken.objects.get().pk]})
    assert not is_live(value)
    assert AuditEvent.objects.filter(type="scim.token_revoked").exists()


def test_nobody_changes_a_token(admin: Browser) -> None:
    command("create", "entra", "--read-only")
    pk = ScimToken.objects.get().pk
    admin.post(f"{LIST}{pk}/change/", {"client": "entra", "may_write": "on", "days": "9"})
    assert not ScimToken.objects.get().may_write


@pytest.mark.parametrize(
    ("role", "status"), [(roles.PEOPLE, 200), (roles.CLIENTS, 403), (roles.HELPDESK, 403)]
)
def test_s_130_who_manages_people_makes_one_and_who_manages_apps_does_not(role: str, status: int) -> None:
    somebody = make_user("somebody")
    roles.assign(somebody, [role], actor="test")
    browser = Browser()
    sign_in(browser, somebody)
    assert browser.get(f"{LIST}add/").status_code == status


def test_the_command_makes_one_for_its_time_and_rights() -> None:
    made = command("create", "entra", "--expires", "1h", "--read-only", "--vouches")
    token = ScimToken.objects.get()
    assert is_live(made["token"])
    assert made["address"] == "http://localhost:8000/scim/v2"
    assert (token.may_write, token.vouches) == (False, True)
    assert token.expires_at - token.created_at == timedelta(hours=1)
    assert made["token"] not in str(AuditEvent.objects.values())


def test_the_command_lists_without_values_and_revokes() -> None:
    value = command("create", "entra")["token"]
    listed = command("list")
    assert value not in str(listed)
    assert (listed[0]["hint"], listed[0]["state"], listed[0]["client"]) == (value[-4:], "live", "entra")
    assert command("revoke", str(listed[0]["id"]))["state"] == "revoked"
    assert not is_live(value)


def test_it_is_printed_for_people_too() -> None:
    out = io.StringIO()
    call_command("scim", "token", "create", "okta", stdout=out)
    call_command("scim", "token", "list", stdout=out)
    assert "shown only now" in out.getvalue()
    assert "okta: writes, never used" in out.getvalue()


@pytest.mark.parametrize(
    "arguments",
    [("create", "entra", "--expires", "soon"), ("create", "x" * 61), ("create", ""), ("revoke", "99")],
)
def test_the_command_refuses(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        call_command("scim", "token", *arguments)
    assert not ScimToken.objects.exists()
