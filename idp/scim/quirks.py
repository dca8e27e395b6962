"""What Microsoft Entra sends beside the letter of RFC 7644, made what it means; the rest is `schemas.POLICY`.

Without the flag `aadOptscim062020` it writes `emails[type eq "work"].value` as the name of an attribute.
https://learn.microsoft.com/entra/identity/app-provisioning/application-provisioning-config-problem-scim-compatibility
"""

from collections.abc import Iterator
from typing import Any


def plain(document: dict[str, Any]) -> dict[str, Any]:
    """A PATCH in which such a name is the path of an operation of its own."""
    name = next((each for each in document if each.lower() == "operations"), "")
    listed = document.get(name)
    if not isinstance(listed, list):
        return document
    return {**document, name: [each for operation in listed for each in _apart(operation)]}


def _apart(operation: Any) -> Iterator[Any]:
    members = {each.lower(): each for each in operation} if isinstance(operation, dict) else {}
    value = operation.get(members.get("value", "")) if members else None
    if operation and "path" not in members and isinstance(value, dict) and any("[" in each for each in value):
        rest = {each: told for each, told in value.items() if "[" not in each}
        if rest:
            yield {**operation, members["value"]: rest}
        for path in value.keys() - rest.keys():
            yield {**operation, "path": path, members["value"]: value[path]}
    else:
        yield operation
