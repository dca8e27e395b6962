"""Bulk requests (RFC 7644 section 3.7)."""

from typing import Any

import pytest

from accounts.models import AuditEvent, User

from .conftest import BULK, GROUP, PATCH, USER, Scim

pytestmark = pytest.mark.django_db


def person(name: str, bulk_id: str = "") -> dict[str, Any]:
    data = {"schemas": [USER], "userName": name}
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id or name, "data": data}


def group(name: str, *members: str, bulk_id: str = "") -> dict[str, Any]:
    data = {"schemas": [GROUP], "displayName": name, "members": [{"value": each} for each in members]}
    return {"method": "POST", "path": "/Groups", "bulkId": bulk_id or name, "data": data}


def run(scim: Scim, *operations: Any, **members: Any) -> list[dict[str, Any]]:
    response = scim("POST", "/Bulk", {"schemas": [BULK], "Operations": list(operations), **members})
    assert response.status_code == 200, response.content
    assert response.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]
    return list(response.json()["Operations"])


def test_people_and_a_group_of_them_in_one_request_in_any_order(scim: Scim) -> None:
    results = run(scim, group("chess", "bulkId:a", "bulkId:b"), person("alice", "a"), person("bob", "b"))
    assert [each["status"] for each in results] == ["201"] * 3
    assert [each["bulkId"] for each in results] == ["chess", "a", "b"]
    assert all(each["location"].startswith("http://localhost:8000/scim/v2/") for each in results)
    assert set(User.objects.filter(groups__name="chess").values_list("username", flat=True)) == {
        "alice",
        "bob",
    }
    assert AuditEvent.objects.filter(type="user.created").count() == 2


def test_every_method_and_a_reference_in_a_path(scim: Scim) -> None:
    made, gone = scim.user("alice"), scim.user("gone")
    patch = {
        "schemas": [PATCH],
        "Operations": [{"op": "Add", "path": "members", "value": [{"value": made["id"]}]}],
    }
    results = run(
        scim,
        {"method": "PUT", "path": f"/Users/{made['id']}", "data": {"schemas": [USER], "userName": "alicia"},
         "version": made["meta"]["version"]},
        {"method": "PATCH", "path": "/Groups/bulkId:g", "data": patch},
        {"method": "DELETE", "path": f"/Users/{gone['id']}"},
        group("chess", bulk_id="g"),
    )  # fmt: skip
    assert [each["status"] for each in results] == ["200", "204", "204", "201"]
    assert results[0]["version"] != made["meta"]["version"]
    assert results[2]["location"] == gone["meta"]["location"]
    assert User.objects.get(groups__name="chess").username == "alicia"


def test_each_fails_by_itself_and_says_why(scim: Scim) -> None:
    scim.user("alice")
    results = run(
        scim,
        person("alice"),
        person("no spaces"),
        {"method": "DELETE", "path": "/Users/00000000-0000-0000-0000-000000000000"},
        {"method": "GET", "path": "/Users"},
        {"method": "POST", "path": "/Users", "data": {}},
        {"method": "POST", "path": "/Bulk", "bulkId": "x", "data": {}},
        {"method": "POST", "path": "/Users/.search", "bulkId": "x", "data": {}},
        {"method": "PUT", "path": "/Users", "data": {}},
        "no operation",
        {"method": "PATCH", "path": "/Users/1", "data": []},
        person("bob"),
    )
    statuses = [each["status"] for each in results]
    assert statuses == ["409", "400", "404", "400", "400", "400", "400", "405", "400", "400", "201"]
    assert all(each["response"]["status"] == each["status"] for each in results[:-1])
    assert results[0]["response"]["scimType"] == "uniqueness"
    assert "location" not in results[0]
    assert User.objects.filter(username="bob").exists()


def test_it_stops_after_as_many_errors_as_it_is_told(scim: Scim) -> None:
    scim.user("alice")
    results = run(scim, person("alice"), person("bob"), person("alice"), person("carol"), failOnErrors=2)
    assert [each["status"] for each in results] == ["409", "201", "409"]
    assert not User.objects.filter(username="carol").exists()


def test_a_stale_version_fails_its_operation(scim: Scim) -> None:
    made = scim.user("alice")
    stale = {"method": "DELETE", "path": f"/Users/{made['id']}", "version": 'W/"old"'}
    assert [each["status"] for each in run(scim, stale)] == ["412"]


@pytest.mark.parametrize(
    "operations",
    [
        [group("a", "bulkId:b"), group("b", "bulkId:a")],
        [group("a", "bulkId:nobody"), group("b", "bulkId:a")],
        [group("a", "bulkId:a"), {"method": "DELETE", "path": "/Groups/bulkId:a"}],
    ],
)
def test_what_waits_for_what_is_never_made_is_409(scim: Scim, operations: list[Any]) -> None:
    """RFC 7644 section 3.7.1 lets a server end a circle so."""
    results = run(scim, *operations)
    assert [each["status"] for each in results] == ["409"] * 2


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({}, 400),
        ({"Operations": []}, 400),
        ({"Operations": {}}, 400),
        ({"Operations": [person("a")], "failOnErrors": 0}, 400),
        ({"Operations": [person("a")], "failOnErrors": "1"}, 400),
        ({"Operations": [person("a")], "failOnErrors": True}, 400),
        ({"Operations": [person(f"p{number}") for number in range(101)]}, 413),
        ({"schemas": ["urn:other"], "Operations": [person("a")]}, 400),
        ({"schemas": 5, "Operations": [person("a")]}, 400),
        ({"schemas": "urn:ietf:params:scim:api:messages:2.0:BulkRequest", "Operations": [person("a")]}, 400),
    ],
)
def test_a_request_is_refused_as_a_whole(scim: Scim, document: dict[str, Any], status: int) -> None:
    response = scim("POST", "/Bulk", document)
    assert response.status_code == status
    assert response.json()["status"] == str(status)
    assert not User.objects.exists()


def test_a_reader_can_t(scim_of: Any) -> None:
    assert (
        scim_of("reader", may_write=False)("POST", "/Bulk", {"Operations": [person("a")]}).status_code == 403
    )


def test_more_than_the_largest_payload_is_413(scim: Scim) -> None:
    assert scim("POST", "/Bulk", {"x": "x" * 300_000}).status_code == 413
