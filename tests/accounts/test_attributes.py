"""Attributes of people that an admin declared: typed, and seen and changed by whom it says."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import attributes, roles
from accounts.models import Attribute, AuditEvent, User
from tests.factories import make_admin, make_user, sign_in

pytestmark = pytest.mark.django_db
Type = Attribute.Type


def declare(name: str, type: str = "text", access: str = "admins", **fields: Any) -> Attribute:
    attribute = Attribute(name=name, label=name.capitalize(), type=type, access=access, **fields)
    attribute.full_clean()
    attribute.save()
    return attribute


@pytest.mark.parametrize(
    ("type", "typed", "stored"),
    [
        (Type.TEXT, " Research ", "Research"),
        (Type.NUMBER, "42", 42),
        (Type.BOOLEAN, "true", True),
        (Type.BOOLEAN, "no", False),
        (Type.DATE, "2026-02-28", "2026-02-28"),
        (Type.URL, "https://example.com/x", "https://example.com/x"),
        (Type.CHOICE, "red", "red"),
        (Type.LIST, "a\n\n b \na", ["a", "b"]),
    ],
)
def test_a_value_is_stored_by_its_type(type: str, typed: str, stored: Any) -> None:
    assert attributes.read(declare("thing", type, options=["red", "blue"]), typed) == stored


@pytest.mark.parametrize(
    ("type", "typed"),
    [
        (Type.TEXT, "x\u202ey"),
        (Type.TEXT, "x" * 501),
        (Type.TEXT, "x\0y"),
        (Type.NUMBER, "4.5"),
        (Type.NUMBER, "1" * 40),
        (Type.DATE, "2026-02-30"),
        (Type.URL, "javascript:alert(1)"),
        (Type.URL, "ftp://example.com"),
        (Type.CHOICE, "green"),
        (Type.LIST, "x\ny\u202ez"),
        (Type.LIST, "\n".join(map(str, range(51)))),
    ],
)
def test_a_value_of_another_type_is_refused(type: str, typed: str) -> None:
    with pytest.raises(ValidationError):
        attributes.read(declare("thing", type, options=["red", "blue"]), typed)


@pytest.mark.parametrize(
    "fields",
    [{"name": "A"}, {"name": "a-b"}, {"name": "1a"}, {"type": "choice"}, {"type": "blob"}, {"access": "all"}],
)
def test_a_declaration_has_to_make_sense(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        declare(**{"name": "thing", **fields})


class TestThePersonsPage:
    @pytest.fixture
    def declared(self) -> None:
        declare("cost_center", "number", "admins")
        declare("desk", "text", "seen")
        declare("motto", "text", "own")
        declare("remote", "boolean", "own")

    @pytest.fixture(autouse=True)
    def signed_in(self, alice: User, browser: Client) -> None:
        alice.attributes = {"cost_center": 4711, "desk": "3.14"}
        alice.save()
        sign_in(browser, alice)

    def test_shows_what_may_be_seen_and_asks_for_what_is_theirs(
        self, declared: None, browser: Client
    ) -> None:
        page = browser.get("/account/profile").content.decode()
        assert "3.14" in page
        assert 'name="attribute_motto"' in page
        assert "4711" not in page
        assert 'name="attribute_desk"' not in page

    def test_keeps_what_they_change_and_nothing_else(
        self, declared: None, browser: Client, alice: User
    ) -> None:
        data = {
            "name": "Alice", "attribute_motto": "Curiouser", "attribute_remote": "on",
            "attribute_cost_center": "1", "attribute_desk": "corner", "attribute_admin": "yes",
        }  # fmt: skip
        assert browser.post("/account/profile", data).status_code == 303
        alice.refresh_from_db()
        assert alice.attributes == {"cost_center": 4711, "desk": "3.14", "motto": "Curiouser", "remote": True}
        changes = AuditEvent.objects.get(type="profile.changed").detail["changes"]
        assert changes["attribute_motto"] == {"before": "", "after": "Curiouser"}

    def test_a_bad_value_is_told(self, declared: None, browser: Client, alice: User) -> None:
        assert browser.post("/account/profile", {"attribute_motto": "x" * 501}).status_code == 200
        alice.refresh_from_db()
        assert "motto" not in alice.attributes


class TestTheAdmin:
    def form(self, **change: Any) -> dict[str, Any]:
        return {
            "username_display": "bob",
            "email": "bob@example.com",
            "is_active": "on",
            "address": "{}",
            **change,
        }

    def test_has_a_field_for_each(self, browser: Client) -> None:
        sign_in(browser, make_admin("olga"))
        declare("team", "list")
        declare("started", "date")
        bob = make_user("bob")
        path = f"/admin/accounts/user/{bob.pk}/change/"
        assert 'name="attribute_team"' in browser.get(path).content.decode()
        data = self.form(attribute_team="web\r\ndata", attribute_started="2026-01-31")
        assert browser.post(path, data).status_code == 302
        bob.refresh_from_db()
        assert bob.attributes == {"team": ["web", "data"], "started": "2026-01-31"}
        assert browser.post(path, self.form(attribute_started="never")).status_code == 200
        assert browser.post(path, self.form()).status_code == 302
        bob.refresh_from_db()
        assert bob.attributes == {}

    def test_shows_them_to_who_may_only_look(self, browser: Client) -> None:
        declare("team", "list")
        viewer = make_user()
        roles.assign(viewer, [roles.VIEWER], actor="test")
        sign_in(browser, viewer)
        bob = make_user("bob", attributes={"team": ["web"]})
        page = browser.get(f"/admin/accounts/user/{bob.pk}/change/").content.decode()
        assert "Team: web" in page

    def test_a_declaration_that_is_deleted_takes_the_values_along(self, browser: Client) -> None:
        sign_in(browser, make_admin("olga"))
        team = declare("team")
        bob = make_user("bob", attributes={"team": "web", "other": 1})
        browser.post(f"/admin/accounts/attribute/{team.pk}/delete/", {"post": "yes"})
        bob.refresh_from_db()
        assert bob.attributes == {"other": 1}
        assert not Attribute.objects.exists()


class TestTheCommand:
    @pytest.fixture
    def attribute(self, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
        def run(*arguments: str) -> Any:
            call_command("attribute", *arguments, "--json")
            return json.loads(capsys.readouterr().out)

        return run

    def test_declares_sets_and_deletes(self, attribute: Callable) -> None:
        make_user("bob")
        attribute("create", "team", "--type", "list", "--access", "own")
        assert attribute("list")[0]["access"] == "own"
        assert attribute("set", "bob", "team", "web\ndata") == {"team": ["web", "data"]}
        assert attribute("set", "bob", "team") == {}
        assert attribute("delete", "team") == []

    @pytest.mark.parametrize(
        "arguments",
        [
            ["create", "Bad Name"], ["create", "x", "--type", "choice"], ["set", "bob", "nothing", "1"],
            ["set", "nobody", "age", "1"], ["set", "bob", "age", "old"], ["delete", "nothing"],
        ],
    )  # fmt: skip
    def test_refuses(self, attribute: Callable, arguments: list[str]) -> None:
        make_user("bob")
        declare("age", "number")
        with pytest.raises(CommandError):
            attribute(*arguments)
