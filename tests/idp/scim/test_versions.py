"""Versions (RFC 7644 section 3.14): who writes over what they have not seen is told so."""

from typing import Any

import pytest

from accounts.models import User
from tests.factories import make_user

from .conftest import USER, Scim

pytestmark = pytest.mark.django_db
OLD = 'W/"0123456789abcdef01234567"'


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("kind", ["Users", "Groups"])
def test_a_write_over_another_version_is_412(scim: Scim, kind: str, method: str) -> None:
    made = scim.user("alice") if kind == "Users" else scim.group("chess")
    path = f"/{kind}/{made['id']}"
    document = {k: v for k, v in made.items() if k != "meta"} if method == "PUT" else None
    if method == "PATCH":
        operation = {"op": "replace", "path": "displayName", "value": "other"}
        document = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
    refused = scim(method, path, document, if_match=OLD)
    assert (refused.status_code, refused.json()["status"]) == (412, "412")
    assert scim.get(path).json() == made
    assert scim(method, path, document, if_match=f"{OLD}, {made['meta']['version']}").status_code in (
        200,
        204,
    )


def test_any_version_is_a_star(scim: Scim) -> None:
    made = scim.user("alice")
    assert (
        scim("PUT", f"/Users/{made['id']}", {"schemas": [USER], "userName": "b"}, if_match="*").status_code
        == 200
    )


@pytest.mark.parametrize("kind", ["Users", "Groups"])
def test_what_has_not_changed_is_304(scim: Scim, kind: str) -> None:
    made = scim.user("alice") if kind == "Users" else scim.group("chess")
    response = scim.get(f"/{kind}/{made['id']}", if_none_match=made["meta"]["version"])
    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == made["meta"]["version"]
    assert scim.get(f"/{kind}/{made['id']}", if_none_match=OLD).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"op": "replace", "path": "displayName", "value": "A"},
        {"op": "replace", "path": "active", "value": False},
        {"op": "add", "path": "externalId", "value": "x"},
    ],
)
def test_a_change_is_another_version(scim: Scim, change: dict[str, Any]) -> None:
    made = scim.user("alice")
    after = scim.patch(f"/Users/{made['id']}", change).json()
    assert after["meta"]["version"] != made["meta"]["version"]
    assert scim.get(f"/Users/{made['id']}").json()["meta"]["version"] == after["meta"]["version"]


def test_what_others_change_is_another_version_too(scim: Scim) -> None:
    made, group = scim.user("alice"), scim.group("chess")
    User.objects.update(nickname="Al")
    assert scim.get(f"/Users/{made['id']}")["ETag"] != made["meta"]["version"]
    make_user("bob").groups.add(group["id"])
    assert scim.get(f"/Groups/{group['id']}")["ETag"] != group["meta"]["version"]


def test_a_version_is_the_same_in_a_list_and_whatever_is_shown(scim: Scim) -> None:
    made = scim.user("alice", displayName="A")
    (listed,) = scim.listed("Users")["Resources"]
    assert listed["meta"]["version"] == made["meta"]["version"]
    assert scim.get(f"/Users/{made['id']}?attributes=userName")["ETag"] == made["meta"]["version"]
