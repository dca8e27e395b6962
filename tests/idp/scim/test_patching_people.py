"""PATCH of a person (RFC 7644 section 3.5.2), and what Microsoft Entra sends beside the letter of it."""

from typing import Any

import pytest

from accounts.models import User

from .conftest import PATCH, USER, Scim

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(scim: Scim) -> dict[str, Any]:
    return scim.user(
        "alice", displayName="Alice", name={"givenName": "Alice", "familyName": "Liddell"},
        emails=[{"value": "alice@x.example", "type": "work", "primary": True}],
        phoneNumbers=[{"value": "+44 20 7946 0018", "type": "mobile"}],
        addresses=[{"locality": "Oxford", "type": "home"}],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        ({"op": "replace", "path": "displayName", "value": "A"}, {"name": "A"}),
        ({"op": "add", "path": "nickName", "value": "Al"}, {"nickname": "Al"}),
        ({"op": "remove", "path": "displayName"}, {"name": ""}),
        ({"op": "replace", "path": "displayName", "value": None}, {"name": ""}),
        ({"op": "replace", "path": "name.familyName", "value": "B"}, {"family_name": "B", "given_name": "Alice"}),
        ({"op": "replace", "path": "name", "value": {"familyName": "B"}}, {"family_name": "B", "given_name": "Alice"}),
        ({"op": "remove", "path": "name"}, {"family_name": "", "given_name": ""}),
        ({"op": "replace", "value": {"displayName": "A", "nickName": "B"}}, {"name": "A", "nickname": "B"}),
        ({"op": "replace", "path": f"{USER}:displayName", "value": "A"}, {"name": "A"}),
        ({"op": "replace", "path": 'emails[type eq "work"].value', "value": "b@x.example"}, {"email": "b@x.example"}),
        ({"op": "replace", "path": "emails[primary eq true].value", "value": "b@x.example"}, {"email": "b@x.example"}),
        ({"op": "remove", "path": 'emails[type eq "work"]'}, {"email": ""}),
        ({"op": "remove", "path": 'emails[type eq "home"]'}, {"email": "alice@x.example"}),
        ({"op": "replace", "path": "emails", "value": [{"value": "c@x.example"}]}, {"email": "c@x.example"}),
        ({"op": "add", "path": "emails", "value": [{"value": "c@x.example", "primary": True}]},
         {"email": "c@x.example"}),
        ({"op": "add", "path": "emails", "value": [{"value": "c@x.example"}]}, {"email": "alice@x.example"}),
        ({"op": "replace", "path": 'phoneNumbers[type eq "mobile"].value', "value": "0123"}, {"phone_number": ""}),
        ({"op": "replace", "path": 'addresses[type eq "home"].locality', "value": "York"},
         {"address": {"locality": "York"}}),
        # Microsoft Entra: capitalised operations, booleans as strings, paths as names, attributes that are not ours,
        # and a value that a path looks for and does not find.
        ({"op": "Replace", "path": "active", "value": "False"}, {"is_active": False}),
        ({"op": "Add", "path": "active", "value": "True"}, {"is_active": True}),
        ({"op": "Replace", "value": {"active": "False"}}, {"is_active": False}),
        ({"op": "Add", "value": {"name.familyName": "B", 'emails[type eq "work"].value': "b@x.example"}},
         {"family_name": "B", "email": "b@x.example"}),
        ({"op": "Add", "path": 'phoneNumbers[type eq "work"].value', "value": "+49 30 901820"},
         {"phone_number": "+442079460018"}),
        ({"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "R"},
         {"name": "Alice"}),
        ({"op": "Add", "path": "title", "value": "Boss"}, {"name": "Alice"}),
        ({"op": "Add", "path": 'roles[primary eq "True"].value', "value": "admin"}, {"is_staff": False}),
    ],
)  # fmt: skip
def test_an_operation_changes(
    scim: Scim, alice: dict[str, Any], operation: dict[str, Any], changed: dict[str, Any]
) -> None:
    response = scim.patch(f"/Users/{alice['id']}", operation)
    assert response.status_code == 200, response.content
    user = User.objects.get()
    assert {name: getattr(user, name) for name in changed} == changed
    assert response.json() == scim.get(f"/Users/{alice['id']}").json()


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        ({"op": "remove"}, "noTarget"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "replace", "path": "userName", "value": None}, "mutability"),
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
        ({"op": "replace", "path": "meta.created", "value": "2020-01-01T00:00:00Z"}, "mutability"),
        ({"op": "add", "path": "groups", "value": [{"value": "1"}]}, "mutability"),
        ({"op": "add", "path": "displayName"}, "invalidValue"),
        ({"op": "replace", "path": "displayName", "value": {"a": 1}}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "replace", "path": "emails[", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": 'emails[nothing eq "x"].value', "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": 'emails[type sw "h"].value', "value": "b@x.example"}, "noTarget"),
        ({"op": "replace", "path": "emails", "value": [{"value": "no address"}]}, "invalidValue"),
        ({"op": "replace", "path": "timezone", "value": "Nowhere"}, "invalidValue"),
        ({"op": "move", "path": "displayName", "value": "x"}, "invalidValue"),
        ({"op": 5}, "invalidValue"),
        ({"path": "displayName", "value": "x"}, "invalidValue"),
        ("replace", "invalidSyntax"),
    ],
)
def test_an_operation_is_refused(scim: Scim, alice: dict[str, Any], operation: Any, scim_type: str) -> None:
    before = User.objects.values().get()
    harmless = {"op": "replace", "path": "displayName", "value": "changed"}
    response = scim.patch(f"/Users/{alice['id']}", harmless, operation)
    assert response.status_code == 400, response.content
    assert response.json()["scimType"] in (scim_type, "invalidValue", "invalidSyntax", "invalidFilter")
    assert User.objects.values().get() == before


@pytest.mark.parametrize(
    "document",
    [{}, {"schemas": [PATCH]}, {"schemas": [PATCH], "Operations": []}, {"schemas": [PATCH], "Operations": "x"},
     {"schemas": [PATCH], "Operations": [{"op": "remove", "path": "displayName"}] * 1001}],
)  # fmt: skip
def test_a_patch_without_operations_or_with_too_many_is_refused(
    scim: Scim, alice: dict[str, Any], document: dict[str, Any]
) -> None:
    assert scim("PATCH", f"/Users/{alice['id']}", document).status_code == 400


def test_operations_may_be_written_in_any_case(scim: Scim, alice: dict[str, Any]) -> None:
    document = {"schemas": [PATCH], "operations": [{"OP": "REPLACE", "Path": "DISPLAYNAME", "Value": "A"}]}
    assert scim("PATCH", f"/Users/{alice['id']}", document).json()["displayName"] == "A"
