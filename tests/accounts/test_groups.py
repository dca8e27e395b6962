"""Nested groups: who is in a part is in the whole; no circles, one statement."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import groups, roles
from accounts.models import GroupNode, GroupPolicy, User
from idp import claims
from idp.clients import registry
from idp.models import Client as App
from tests.factories import make_admin, make_user, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree() -> dict[str, Group]:
    """company > engineering > {web, data}; and chess, which is part of nothing."""
    made = {
        name: Group.objects.create(name=name) for name in ("company", "engineering", "web", "data", "chess")
    }
    groups.nest(made["engineering"], made["company"])
    groups.nest(made["web"], made["engineering"])
    groups.nest(made["data"], made["engineering"])
    return made


@pytest.mark.parametrize(
    ("member_of", "names"),
    [
        ([], []),
        (["chess"], ["chess"]),
        (["company"], ["company"]),
        (["web"], ["company", "engineering", "web"]),
        (["web", "data"], ["company", "data", "engineering", "web"]),
        (["web", "company", "chess"], ["chess", "company", "engineering", "web"]),
    ],
)
def test_who_is_in_a_part_is_in_the_whole(
    tree: dict[str, Group], member_of: list[str], names: list[str]
) -> None:
    user = make_user()
    user.groups.set([tree[name] for name in member_of])
    with CaptureQueriesContext(connection) as queries:
        assert groups.names(user) == names
    assert len(queries) == 1


def test_apps_hear_of_the_whole(tree: dict[str, Group]) -> None:
    user = make_user()
    user.groups.add(tree["web"])
    assert claims.of_scope(user, ("groups",)) == {"groups": ["company", "engineering", "web"]}


@pytest.mark.parametrize(
    ("app_for", "may"),
    [([], True), (["company"], True), (["web"], True), (["data"], False), (["chess"], False)],
)
def test_an_app_for_the_whole_is_for_its_parts(tree: dict[str, Group], app_for: list[str], may: bool) -> None:
    user = make_user()
    user.groups.add(tree["web"])
    app = App.objects.create(name="App", redirect_uris=["https://a.example"])
    app.groups.set([tree[name] for name in app_for])
    assert registry.may_use(app, user) is may


@pytest.mark.parametrize("path", [("company", "company"), ("company", "web"), ("engineering", "data")])
def test_no_group_is_part_of_itself(tree: dict[str, Group], path: tuple[str, str]) -> None:
    with pytest.raises(groups.Circle):
        groups.nest(tree[path[0]], tree[path[1]])


def test_the_database_refuses_the_shortest_circle(tree: dict[str, Group]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupNode.objects.create(group=tree["chess"], parent=tree["chess"])


def test_a_circle_that_two_admins_made_at_once_is_no_endless_one(tree: dict[str, Group]) -> None:
    GroupNode.objects.create(group=tree["company"], parent=tree["web"])
    user = make_user()
    user.groups.add(tree["web"])
    assert groups.names(user) == ["company", "engineering", "web"]
    with pytest.raises(groups.Circle):
        groups.nest(tree["chess"], tree["web"])


def test_the_parts_of_a_group_that_is_deleted_stand_by_themselves(tree: dict[str, Group]) -> None:
    user = make_user()
    user.groups.add(tree["web"])
    tree["engineering"].delete()
    assert groups.names(user) == ["web"]


@pytest.mark.usefixtures("olga")
class TestTheAdmin:
    def test_nests_a_group(self, browser: Client, tree: dict[str, Group]) -> None:
        path = f"/admin/auth/group/{tree['chess'].pk}/change/"
        assert browser.post(path, {"name": "chess", "part_of": tree["company"].pk}).status_code == 302
        assert groups.parent(tree["chess"]) == tree["company"]
        assert "company" in browser.get("/admin/auth/group/").content.decode()
        browser.post(path, {"name": "chess", "part_of": ""})
        assert groups.parent(tree["chess"]) is None

    def test_tells_of_a_circle(self, browser: Client, tree: dict[str, Group]) -> None:
        path = f"/admin/auth/group/{tree['company'].pk}/change/"
        page = browser.post(path, {"name": "company", "part_of": tree["web"].pk}).content.decode()
        assert "web is part of company already" in page

    def test_makes_one_that_is_part_of_another(self, browser: Client, tree: dict[str, Group]) -> None:
        browser.post("/admin/auth/group/add/", {"name": "ops", "part_of": tree["engineering"].pk})
        assert groups.parent(Group.objects.get(name="ops")) == tree["engineering"]


class TestAPolicyThatIsInherited:
    """S-130: a user manager looks after groups, and may not change how their people have to sign in."""

    @pytest.fixture(autouse=True)
    def policy(self, tree: dict[str, Group]) -> GroupPolicy:
        return GroupPolicy.objects.create(group=tree["company"])

    def change(self, browser: Client, group: Group, into: Group | None) -> HttpResponse:
        path = f"/admin/auth/group/{group.pk}/change/"
        return browser.post(path, {"name": group.name, "part_of": into.pk if into else ""})

    def manager(self, browser: Client) -> None:
        user = make_user("pat")
        roles.assign(user, [roles.PEOPLE], actor="test")
        sign_in(browser, User.objects.get(pk=user.pk))

    @pytest.mark.parametrize("into", [None, "chess"])
    def test_s_130_a_user_manager_takes_no_group_out_of_it(
        self, browser: Client, tree: dict[str, Group], into: str | None
    ) -> None:
        self.manager(browser)
        page = self.change(browser, tree["engineering"], tree[into] if into else None)
        assert "Only who may change policies can end that." in page.content.decode()
        assert groups.parent(tree["engineering"]) == tree["company"]

    @pytest.mark.parametrize("name", ["company", "engineering", "web"])
    def test_s_130_nor_do_they_delete_one_that_has_it(
        self, browser: Client, tree: dict[str, Group], name: str
    ) -> None:
        self.manager(browser)
        browser.post(f"/admin/auth/group/{tree[name].pk}/delete/", {"post": "yes"})
        browser.post(
            "/admin/auth/group/",
            {"action": "delete_selected", "_selected_action": [tree[name].pk], "post": "yes"},
        )
        assert Group.objects.filter(name=name).exists()

    def test_they_move_groups_within_it_and_delete_others(
        self, browser: Client, tree: dict[str, Group]
    ) -> None:
        self.manager(browser)
        assert self.change(browser, tree["web"], tree["company"]).status_code == 302
        assert groups.parent(tree["web"]) == tree["company"]
        browser.post(f"/admin/auth/group/{tree['chess'].pk}/delete/", {"post": "yes"})
        assert not Group.objects.filter(name="chess").exists()

    def test_an_owner_does_either(self, browser: Client, tree: dict[str, Group]) -> None:
        sign_in(browser, make_admin("olga"))
        assert self.change(browser, tree["engineering"], None).status_code == 302
        assert groups.parent(tree["engineering"]) is None
        browser.post(f"/admin/auth/group/{tree['company'].pk}/delete/", {"post": "yes"})
        assert not Group.objects.filter(name="company").exists()


class TestTheCommand:
    @pytest.fixture
    def group(self, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
        def run(*arguments: str) -> Any:
            call_command("group", *arguments, "--json")
            out = capsys.readouterr().out
            return json.loads(out) if out else None

        return run

    def test_makes_nests_fills_and_deletes(self, group: Callable) -> None:
        alice = make_user("alice")
        group("create", "company")
        assert group("create", "web", "--part-of", "company") == [
            {"name": "web", "part_of": "company", "people": 0}
        ]
        assert group("add", "web", "alice")[0]["people"] == 1
        assert groups.names(alice) == ["company", "web"]
        assert group("nest", "web")[0]["part_of"] == ""
        assert group("remove", "web", "alice@example.com")[0]["people"] == 0
        group("delete", "web")
        assert [each["name"] for each in group("list")] == ["company"]

    @pytest.mark.parametrize(
        "arguments",
        [
            ["create", "company"], ["create", "x", "--part-of", "nothing"], ["nest", "company", "--part-of", "web"],
            ["nest", "nothing"], ["add", "web", "nobody"], ["add", "Signet viewer", "alice"], ["delete", "used"],
        ],
    )  # fmt: skip
    def test_refuses(self, group: Callable, tree: dict[str, Group], arguments: list[str]) -> None:
        make_user("alice")
        app = App.objects.create(name="App", redirect_uris=["https://a.example"])
        app.groups.add(Group.objects.create(name="used"))
        with pytest.raises(CommandError):
            group(*arguments)
