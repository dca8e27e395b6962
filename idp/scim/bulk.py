"""Many operations in one request (RFC 7644 section 3.7): each by itself, with a status of its own.

An operation may speak of what another one makes by `bulkId:…`; it waits until that is made. What waits for one that
failed, or for itself in a circle, is 409, as section 3.7.1 lets a server do.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scim2_models import (
    ConflictException,
    InvalidSyntaxException,
    InvalidValueException,
    PayloadTooLargeException,
    SCIMException,
)

from idp.scim import refusals
from idp.scim.caller import may_write
from idp.scim.calls import Call, Reply, address
from idp.scim.resources import KINDS
from idp.scim.schemas import MOST_OPERATIONS

_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
_METHODS = ("POST", "PUT", "PATCH", "DELETE")
_REFERENCE = re.compile(r"bulkId:([^/\s]{1,200})")
Perform = Callable[[Call], Reply]


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    data: dict[str, Any]
    bulk_id: str
    version: str

    @property
    def waits_for(self) -> set[str]:
        return set(_mentioned(self.data)) | set(_REFERENCE.findall(self.path))


def run(call: Call, perform: Perform) -> Reply:
    may_write(call.caller)
    listed, fail_on_errors = _read(call.document)
    results: dict[int, dict[str, Any]] = {}
    made: dict[str, str] = {}
    waiting = dict(enumerate(listed))
    failures = 0
    while waiting and not _is_enough(failures, fail_on_errors):
        ready = next((number for number, raw in waiting.items() if _is_ready(raw, made)), None)
        number = next(iter(waiting)) if ready is None else ready
        raw = waiting.pop(number)
        results[number] = _one(raw, call, perform, made, is_ready=ready is not None)
        failures += int(results[number]["status"]) >= 400
    ordered = [results[number] for number in sorted(results)]
    return Reply(200, {"schemas": [_RESPONSE], "Operations": ordered})


def _read(document: dict[str, Any]) -> tuple[list[Any], int | None]:
    members = {name.lower(): value for name, value in document.items()}
    schemas = members.get("schemas") or [_REQUEST]
    if not isinstance(schemas, list) or _REQUEST not in schemas:
        raise InvalidSyntaxException(detail="This is no BulkRequest.")
    listed, limit = members.get("operations"), members.get("failonerrors")
    if not isinstance(listed, list) or not listed:
        raise InvalidSyntaxException(detail="Operations has to be a list of operations.")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise InvalidValueException(detail="failOnErrors has to be a number from 1.")
    if len(listed) > MOST_OPERATIONS:
        raise PayloadTooLargeException(detail=f"A bulk request has at most {MOST_OPERATIONS} operations.")
    return listed, limit


def _is_enough(failures: int, limit: int | None) -> bool:
    return limit is not None and failures >= limit


def _is_ready(raw: Any, made: dict[str, str]) -> bool:
    """What can't be read need not wait: it fails by itself."""
    try:
        return _operation(raw).waits_for <= set(made)
    except SCIMException:
        return True


def _one(raw: Any, call: Call, perform: Perform, made: dict[str, str], *, is_ready: bool) -> dict[str, Any]:
    told = _told(raw)
    path: tuple[str, ...] = ()
    try:
        operation = _operation(raw)
        if not is_ready:
            missing = sorted(operation.waits_for - set(made))
            raise ConflictException(detail=f"bulkId:{missing[0]} was not made.")
        path = _path(_resolved(operation.path, made))
        data = _resolved(operation.data, made)
        reply = perform(call.within(operation.method, path, data, operation.version))
        if operation.method == "POST" and reply.status == 201 and reply.body:
            made[operation.bulk_id] = str(reply.body["id"])
    except refusals.EXPECTED as error:
        reply = refusals.reply(error)
    return _result(told, path, reply)


def _result(told: dict[str, Any], path: tuple[str, ...], reply: Reply) -> dict[str, Any]:
    location = reply.location or (address(*path) if len(path) == 2 else "")
    result = {**told, "status": str(reply.status)}
    if location and not (told.get("method") == "POST" and reply.status >= 400):
        result["location"] = location
    if reply.version:
        result["version"] = reply.version
    if reply.status >= 400:
        result["response"] = reply.body
    return result


def _operation(raw: Any) -> Operation:
    """Raises for what is no operation."""
    if not isinstance(raw, dict):
        raise InvalidSyntaxException(detail="An operation has to be an object.")
    members = {name.lower(): value for name, value in raw.items()}
    method, path = members.get("method"), members.get("path")
    data, bulk_id = members.get("data"), members.get("bulkid")
    if not isinstance(method, str) or method.upper() not in _METHODS:
        raise InvalidValueException(detail=f"method has to be one of {', '.join(_METHODS)}.")
    if not isinstance(path, str) or len(path) > 500:
        raise InvalidValueException(detail="path has to be an address under the root.")
    if method.upper() != "DELETE" and not isinstance(data, dict):
        raise InvalidValueException(detail="data has to be an object.")
    if method.upper() == "POST" and not (isinstance(bulk_id, str) and bulk_id):
        raise InvalidValueException(detail="bulkId is needed for POST.")
    version = members.get("version")
    return Operation(
        method.upper(),
        path,
        data if isinstance(data, dict) else {},
        bulk_id if isinstance(bulk_id, str) else "",
        version if isinstance(version, str) else "",
    )


def _path(path: str) -> tuple[str, ...]:
    """One resource, or the endpoint where one is made. Raises InvalidPathException's kin."""
    parts = tuple(part for part in path.split("/") if part)
    if not 1 <= len(parts) <= 2 or parts[0] not in KINDS or parts[-1] == ".search":
        raise InvalidValueException(detail="path has to be /Users or /Groups, or one of them.")
    return parts


def _told(raw: Any) -> dict[str, Any]:
    """What of an operation stands in its result."""
    members = {name.lower(): value for name, value in raw.items()} if isinstance(raw, dict) else {}
    named = {"method": members.get("method"), "bulkId": members.get("bulkid")}
    return {name: value[:200] for name, value in named.items() if isinstance(value, str)}


def _mentioned(value: Any) -> list[str]:
    if isinstance(value, str):
        found = _REFERENCE.fullmatch(value)
        return [found[1]] if found else []
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [name for child in children for name in _mentioned(child)]


def _resolved(value: Any, made: dict[str, str]) -> Any:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: made.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {name: _resolved(child, made) for name, child in value.items()}
    return [_resolved(child, made) for child in value] if isinstance(value, list) else value
