"""Groups over SCIM (RFC 7643 section 4.2), their members, and what is out of reach (S-130)."""

import time
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import groups as tree
from accounts import roles
from accounts.models import AuditEvent, GroupPolicy, User
from idp.models import Client, ClientGroup
from tests.factories import make_user

from .conftest import GROUP, Scim

pytestmark = pytest.mark.django_db


def names_in(group: str) -> set[str]:
    return set(User.objects.filter(groups__name=group).values_list("username", flat=True))


def crowd(number: int) -> list[str]:
    people = [User(username=f"p{n}", email=f"p{n}@x.example") for n in range(number)]
    for each in people:
        each._canonicalise()
    User.objects.bulk_create(people)
    return [str(each.pk) for each in people]


def test_a_group_is_made_with_its_members(scim: Scim) -> None:
    alice = scim.user("alice")
    made = scim.group("chess", [alice["id"]], externalId="g-1")
    location = alice["meta"]["location"]
    assert made["members"] == [{"value": alice["id"], "$ref": location, "type": "User"}]
    assert (made["displayName"], made["externalId"]) == ("chess", "g-1")
    assert names_in("chess") == {"alice"}
    assert scim.get(f"/Groups/{made['id']}").json() == made
    event = AuditEvent.objects.filter(type="group.changed").latest("id")
    assert (event.actor, event.detail["change"]) == ("scim:token:entra", "created")
    assert event.detail["people_added"] == {"count": 1, "first": [alice["id"]]}


@pytest.mark.parametrize("name", ["", None, "x" * 151, "two\nlines", "\ud800", "n\0l", 5])
def test_a_group_is_refused_with_the_name(scim: Scim, name: Any) -> None:
    response = scim("POST", "/Groups", {"schemas": [GROUP], "displayName": name})
    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")


@pytest.mark.parametrize("name", ["chess", "CHESS"])
def test_a_name_that_a_group_has_is_409(scim: Scim, name: str) -> None:
    scim.group("chess")
    response = scim("POST", "/Groups", {"schemas": [GROUP], "displayName": name})
    assert (response.status_code, response.json()["scimType"]) == (409, "uniqueness")


@pytest.mark.parametrize("member", [str(uuid.UUID(int=1)), "999999", "9" * 40, "nobody", "", "\0", "\ud800"])
def test_a_member_that_is_nobody_is_refused_and_nothing_is_made(scim: Scim, member: str) -> None:
    document = {"schemas": [GROUP], "displayName": "chess", "members": [{"value": member}]}
    assert scim("POST", "/Groups", document).status_code == 400
    assert not Group.objects.filter(name="chess").exists()


def test_put_leaves_exactly_the_members_that_it_names(scim: Scim) -> None:
    alice, bob, carol = (scim.user(name)["id"] for name in ("alice", "bob", "carol"))
    group = scim.group("chess", [alice, bob])
    document = {
        "schemas": [GROUP],
        "displayName": "go",
        "members": [{"value": bob}, {"value": carol.upper()}],
    }
    assert scim("PUT", f"/Groups/{group['id']}", document).status_code == 200
    assert names_in("go") == {"bob", "carol"}


class TestPatch:
    @pytest.fixture
    def people(self, scim: Scim) -> list[str]:
        return [scim.user(name)["id"] for name in ("alice", "bob", "carol")]

    @pytest.mark.parametrize(
        ("operation", "left"),
        [
            ({"op": "Add", "path": "members", "value": [{"value": "{2}"}]}, {"alice", "bob", "carol"}),
            ({"op": "add", "value": {"members": [{"value": "{2}"}]}}, {"alice", "bob", "carol"}),
            ({"op": "add", "path": "members", "value": {"value": "{2}"}}, {"alice", "bob", "carol"}),
            (
                {"op": "add", "path": f"{GROUP}:members", "value": [{"value": "{2}"}]},
                {"alice", "bob", "carol"},
            ),
            ({"op": "Remove", "path": "members", "value": [{"value": "{0}"}]}, {"bob"}),
            ({"op": "remove", "path": 'members[value eq "{0}"]'}, {"bob"}),
            ({"op": "remove", "path": 'members[type eq "User" and value eq "{0}"]'}, {"bob"}),
            ({"op": "remove", "path": 'members[value eq "{2}"]'}, {"alice", "bob"}),
            ({"op": "remove", "path": "members"}, set()),
            ({"op": "Replace", "path": "members", "value": [{"value": "{2}"}]}, {"carol"}),
            ({"op": "replace", "value": {"members": [{"value": "{2}"}], "displayName": "chess"}}, {"carol"}),
            ({"op": "replace", "path": "members", "value": []}, set()),
        ],
    )
    def test_members(self, scim: Scim, people: list[str], operation: dict[str, Any], left: set[str]) -> None:
        group = scim.group("chess", people[:2])
        filled = fill(operation, people)
        response = scim.patch(f"/Groups/{group['id']}", filled)
        assert response.status_code == 204, response.content
        assert response["ETag"] != group["meta"]["version"] or left == {"alice", "bob"}
        assert names_in("chess") == left

    def test_operations_follow_one_another(self, scim: Scim, people: list[str]) -> None:
        group = scim.group("chess", people[:1])
        scim.patch(
            f"/Groups/{group['id']}",
            {"op": "remove", "path": "members"},
            {"op": "add", "path": "members", "value": [{"value": people[1]}]},
            {"op": "replace", "path": "displayName", "value": "go"},
            {"op": "add", "path": "members", "value": [{"value": people[2]}]},
            {"op": "remove", "path": f'members[value eq "{people[1]}"]'},
        )
        assert names_in("go") == {"carol"}

    def test_one_bad_operation_undoes_them_all(self, scim: Scim, people: list[str]) -> None:
        group = scim.group("chess", people[:1])
        response = scim.patch(
            f"/Groups/{group['id']}",
            {"op": "replace", "path": "displayName", "value": "go"},
            {"op": "add", "path": "members", "value": [{"value": str(uuid.UUID(int=7))}]},
        )
        assert response.status_code == 400
        assert names_in("chess") == {"alice"}

    @pytest.mark.parametrize(
        ("operation", "scim_type"),
        [
            ({"op": "remove"}, "noTarget"),
            ({"op": "remove", "path": "displayName"}, "mutability"),
            ({"op": "add", "path": "members[", "value": []}, "invalidPath"),
            ({"op": "explode", "path": "members"}, "invalidValue"),
            ({"op": "replace", "path": "id", "value": "5"}, "mutability"),
            ({"op": "add", "path": "members", "value": ["x"]}, "invalidValue"),
            ({"op": "add", "path": "members", "value": [{"value": {}}]}, "invalidValue"),
            ({"op": "replace", "path": "displayName", "value": ["x"]}, "invalidValue"),
        ],
    )
    def test_a_patch_is_refused(self, scim: Scim, operation: dict[str, Any], scim_type: str) -> None:
        group = scim.group("chess")
        response = scim.patch(f"/Groups/{group['id']}", operation)
        assert (response.status_code, response.json()["scimType"]) == (400, scim_type), response.content

    def test_the_whole_is_told_where_attributes_are_asked_for(self, scim: Scim) -> None:
        group = scim.group("chess")
        change = {"op": "replace", "path": "displayName", "value": "go"}
        response = scim.patch(f"/Groups/{group['id']}?attributes=displayName", change)
        assert response.json()["displayName"] == "go"


def fill(value: Any, people: list[str]) -> Any:
    if isinstance(value, str):
        for number, each in enumerate(people):
            value = value.replace(f"{{{number}}}", each)
        return value
    if isinstance(value, dict):
        return {name: fill(each, people) for name, each in value.items()}
    return [fill(each, people) for each in value] if isinstance(value, list) else value


class TestThousands:
    """Statements don't grow with the group but for the batches in which a database takes rows."""

    def statements(self, scim: Scim, number: int) -> int:
        people = crowd(number)
        group = scim.group("big", [])
        values = [{"value": each} for each in people]
        with CaptureQueriesContext(connection) as added:
            response = scim.patch(f"/Groups/{group['id']}", {"op": "Add", "path": "members", "value": values})
        assert response.status_code == 204
        assert len(names_in("big")) == number
        with CaptureQueriesContext(connection) as removed:
            scim.patch(f"/Groups/{group['id']}", {"op": "Remove", "path": "members", "value": values[:-1]})
        assert len(names_in("big")) == 1
        User.objects.all().delete()
        Group.objects.filter(name="big").delete()
        return len(added) + len(removed)

    def test_a_thousand_members_cost_a_few_statements_more_than_ten(self, scim: Scim) -> None:
        few, many = self.statements(scim, 10), self.statements(scim, 1000)
        assert few < 60
        assert many - few <= 12

    def test_a_thousand_removals_by_path_are_quick(self, scim: Scim) -> None:
        people = crowd(1000)
        group = scim.group("big", [])
        scim.patch(
            f"/Groups/{group['id']}",
            {"op": "add", "path": "members", "value": [{"value": p} for p in people]},
        )
        started = time.process_time()
        gone = [{"op": "remove", "path": f'members[value eq "{each}"]'} for each in people[:900]]
        assert scim.patch(f"/Groups/{group['id']}", *gone).status_code == 204
        assert len(names_in("big")) == 100
        assert time.process_time() - started < 5  # the library alone takes half a minute


class TestNesting:
    def test_a_group_may_be_part_of_another(self, scim: Scim) -> None:
        inner = scim.group("inner", [scim.user("alice")["id"]])
        outer = scim.group("outer", [inner["id"]])
        assert outer["members"] == [
            {"value": inner["id"], "$ref": inner["meta"]["location"], "type": "Group"}
        ]
        assert tree.names(User.objects.get()) == ["inner", "outer"]
        scim.patch(f"/Groups/{outer['id']}", {"op": "remove", "path": f'members[value eq "{inner["id"]}"]'})
        assert tree.names(User.objects.get()) == ["inner"]

    def test_no_circles(self, scim: Scim) -> None:
        inner = scim.group("inner")
        outer = scim.group("outer", [inner["id"]])
        for target, part in ((inner, outer), (inner, inner)):
            operation = {"op": "add", "path": "members", "value": [{"value": part["id"]}]}
            response = scim.patch(f"/Groups/{target['id']}", operation)
            assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")

    def test_a_group_is_part_of_one(self, scim: Scim) -> None:
        inner = scim.group("inner")
        scim.group("outer", [inner["id"]])
        document = {"schemas": [GROUP], "displayName": "other", "members": [{"value": inner["id"]}]}
        assert scim("POST", "/Groups", document).status_code == 400


class TestOutOfReach:
    @pytest.fixture(params=["role", "rights"])
    def powerful(self, request: Any) -> Group:
        if request.param == "role":
            return Group.objects.get(node__role=roles.HELPDESK)
        group = Group.objects.create(name="powerful")
        group.permissions.add(Permission.objects.first())  # type: ignore[arg-type]
        return group

    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
    def test_s_130_a_group_with_rights_is_not_there(self, scim: Scim, powerful: Group, method: str) -> None:
        alice = scim.user("alice")
        members = [{"value": alice["id"]}]
        document = {
            "PUT": {"schemas": [GROUP], "displayName": "x", "members": members},
            "PATCH": {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "add", "path": "members", "value": members}],
            },
        }.get(method)
        assert scim(method, f"/Groups/{powerful.pk}", document).status_code == 404
        assert powerful.name not in scim.found("Groups")
        assert scim.found("Groups", filter=f'displayName eq "{powerful.name}"') == []
        assert powerful.user_set.count() == 0

    def test_s_130_nor_can_it_be_made_part_of_another(self, scim: Scim, powerful: Group) -> None:
        document = {"schemas": [GROUP], "displayName": "mine", "members": [{"value": str(powerful.pk)}]}
        assert scim("POST", "/Groups", document).status_code == 400

    def test_s_130_nobody_learns_who_is_in_it(self, scim: Scim, powerful: Group) -> None:
        alice = scim.user("alice")
        powerful.user_set.add(alice["id"])
        assert "groups" not in scim.get(f"/Users/{alice['id']}").json()
        assert scim.found("Users", filter=f'groups.value eq "{powerful.pk}"') == []

    def test_its_name_is_taken(self, scim: Scim, powerful: Group) -> None:
        response = scim("POST", "/Groups", {"schemas": [GROUP], "displayName": powerful.name})
        assert response.status_code == 409

    def test_who_is_in_it_is_still_in_when_others_change(self, scim: Scim, powerful: Group) -> None:
        alice = make_user("alice")
        powerful.user_set.add(alice)
        group = scim.group("chess", [str(alice.pk)])
        scim.patch(f"/Groups/{group['id']}", {"op": "remove", "path": "members"})
        assert powerful.user_set.get() == alice


def test_a_deleted_group_is_gone_and_its_parts_stand_by_themselves(scim: Scim) -> None:
    inner = scim.group("inner")
    outer = scim.group("outer", [inner["id"]], externalId="g")
    assert scim("DELETE", f"/Groups/{outer['id']}").status_code == 204
    assert scim.get(f"/Groups/{outer['id']}").status_code == 404
    assert scim.get(f"/Groups/{inner['id']}").status_code == 200


def test_a_group_that_apps_are_for_is_kept(scim: Scim) -> None:
    """An app that is only for a group would be for all when the group went."""
    group = scim.group("chess")
    app = Client.objects.create(name="App", redirect_uris=["https://a.example/cb"])
    ClientGroup.objects.create(client=app, group_id=group["id"])
    assert scim("DELETE", f"/Groups/{group['id']}").status_code == 409
    assert scim.get(f"/Groups/{group['id']}").status_code == 200


def test_who_scim_deleted_is_in_no_group(scim: Scim) -> None:
    alice = scim.user("alice")
    group = scim.group("chess", [alice["id"]])
    scim("DELETE", f"/Users/{alice['id']}")
    assert "members" not in scim.get(f"/Groups/{group['id']}").json()


class TestAPolicyThatIsInherited:
    """S-130: how people have to sign in is for owners to say, and a provisioning client can't end it."""

    @pytest.fixture
    def inside(self, scim: Scim) -> dict[str, Any]:
        """A group that is part of one with a policy."""
        part = scim.group("web")
        whole = scim.group("company", [part["id"]])
        GroupPolicy.objects.create(group_id=whole["id"])
        return {"part": part["id"], "whole": whole["id"]}

    def test_s_130_a_group_is_not_taken_out_of_it(self, scim: Scim, inside: dict[str, Any]) -> None:
        response = scim(
            "PUT", f"/Groups/{inside['whole']}", {"schemas": [GROUP], "displayName": "company", "members": []}
        )
        assert response.status_code == 403
        assert tree.parent(Group.objects.get(pk=inside["part"])) == Group.objects.get(pk=inside["whole"])

    @pytest.mark.parametrize("which", ["part", "whole"])
    def test_s_130_nor_is_one_deleted_that_has_it(
        self, scim: Scim, inside: dict[str, Any], which: str
    ) -> None:
        assert scim("DELETE", f"/Groups/{inside[which]}").status_code == 403
        assert Group.objects.filter(pk=inside[which]).exists()

    def test_once_an_owner_has_ended_it_both_are_possible(self, scim: Scim, inside: dict[str, Any]) -> None:
        GroupPolicy.objects.all().delete()
        document = {"schemas": [GROUP], "displayName": "company", "members": []}
        assert scim("PUT", f"/Groups/{inside['whole']}", document).status_code == 200
        assert scim("DELETE", f"/Groups/{inside['whole']}").status_code == 204
