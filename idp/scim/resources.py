"""One resource: made, read, replaced, patched, deleted (RFC 7644 sections 3.3 to 3.6), each write in one transaction.

Versions are digests of what is shown, so no row keeps one (RFC 7644 section 3.14).
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from scim2_models import (
    Context,
    InvalidValueException,
    NotFoundException,
    PatchOp,
    PreconditionFailedException,
    Resource,
    ResponseParameters,
    UniquenessException,
)

from idp.scim import (
    group_writing,
    groups,
    membership,
    people,
    person_columns,
    person_writing,
    quirks,
    schemas,
)
from idp.scim.caller import may_write
from idp.scim.calls import Call, Caller, Reply, address
from idp.scim.person_columns import Columns, group_key

MOST_PATCH_OPERATIONS = 1000


@dataclass(frozen=True)
class Kind:
    """A type of resource: what its endpoint asks of the two modules that know it. `many` is its costly attribute."""

    name: str
    endpoint: str
    model: type[Resource[Any]]
    visible: Callable[[], QuerySet[Any]]
    key: Callable[[str], Any]
    represent: Callable[..., list[Any]]
    many: str
    columns: Callable[[Caller], Columns]
    default_order: Any
    create: Callable[[Any, str, Call], Any]
    change: Callable[[Any, Any, Any, str, Call], None]
    delete: Callable[[Any, Call], None]
    patch: Callable[[Any, Any], Any]  # gives a copy
    patched: int = 200  # a group's members may be many, so a patch of one answers with none of them


def _create_person(resource: schemas.User, password_hash: str, call: Call) -> Any:
    return person_writing.create(person_writing.Wanted(resource, password_hash), call)


def _change_person(
    person: Any, before: schemas.User, resource: schemas.User, password_hash: str, call: Call
) -> None:
    person_writing.change(person, before, person_writing.Wanted(resource, password_hash), call)


def _patch_person(patch: PatchOp[schemas.User], resource: schemas.User) -> schemas.User:
    patched = resource.model_copy(deep=True)  # before and after are compared, for the audit log
    patch.patch(patched)
    return patched


KINDS = {
    kind.endpoint: kind
    for kind in (
        Kind(
            "User", "Users", schemas.User, people.visible, people.key, people.represent, "groups",
            person_columns.of, Lower("username"), _create_person, _change_person, person_writing.delete,
            _patch_person,
        ),
        Kind(
            "Group", "Groups", schemas.Group, people.in_reach, group_key, groups.represent, "members",
            groups.columns_of, Lower("name"),
            lambda resource, _, call: group_writing.create(resource, call),
            lambda group, before, resource, _, call: group_writing.change(group, before, resource, call),
            group_writing.delete, membership.apply, patched=204,
        ),
    )
}  # fmt: skip


def show(kind: Kind, call: Call, pk: str) -> Reply:
    parameters = selection(kind, call.query)
    (resource,) = kind.represent([find(kind, pk)], call.caller)
    current = version(resource)
    if call.if_none_match and _matches(call.if_none_match, current):
        return Reply(304, version=current)
    return _reply(200, resource, Context.RESOURCE_QUERY_RESPONSE, parameters)


def create(kind: Kind, call: Call) -> Reply:
    may_write(call.caller)
    parameters = selection(kind, call.query)
    resource = kind.model.model_validate(call.document, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    password_hash = _hash_of(resource)
    with _conflicts_are_409(), transaction.atomic():
        made = kind.create(resource, password_hash, call)
        (after,) = kind.represent([made], call.caller)
    return _reply(201, after, Context.RESOURCE_CREATION_RESPONSE, parameters)


def replace(kind: Kind, call: Call, pk: str) -> Reply:
    may_write(call.caller)
    parameters = selection(kind, call.query)
    resource = kind.model.model_validate(call.document, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
    after = _write(kind, call, pk, lambda before: resource, _hash_of(resource))
    return _reply(200, after, Context.RESOURCE_REPLACEMENT_RESPONSE, parameters)


def patch(kind: Kind, call: Call, pk: str) -> Reply:
    may_write(call.caller)
    parameters = selection(kind, call.query)
    operations: Any = PatchOp[kind.model].model_validate(  # type: ignore[name-defined]
        quirks.plain(call.document), scim_ctx=Context.RESOURCE_PATCH_REQUEST
    )
    if len(operations.operations or []) > MOST_PATCH_OPERATIONS:
        raise InvalidValueException(detail=f"A patch has at most {MOST_PATCH_OPERATIONS} operations.")
    patched = partial(kind.patch, operations)
    password_hash = ""
    if _speaks_of_a_password(call.document):  # hashed before the transaction: it takes longer than all of it
        (now_shown,) = kind.represent([find(kind, pk)], call.caller)
        password_hash = _hash_of(patched(now_shown))
    after = _write(kind, call, pk, patched, password_hash)
    if kind.patched == 204 and not call.query.get("attributes"):
        return Reply(204, location=address(kind.endpoint, pk), version=version(after))
    return _reply(200, after, Context.RESOURCE_PATCH_RESPONSE, parameters)


def delete(kind: Kind, call: Call, pk: str) -> Reply:
    may_write(call.caller)
    with transaction.atomic():
        found = find(kind, pk, lock=True)
        if call.if_match:
            (resource,) = kind.represent([found], call.caller)
            _check_version(call, resource)
        kind.delete(found, call)
    return Reply(204, location=address(kind.endpoint, pk))


def find(kind: Kind, pk: str, *, lock: bool = False) -> Any:
    """Raises NotFoundException, also for an id that can't be one."""
    key = kind.key(pk)
    query = kind.visible().select_for_update(of=("self",)) if lock else kind.visible()
    found = None if key is None else query.filter(pk=key).first()
    if found is None:
        raise NotFoundException(detail=f"There is no such {kind.name}.")
    return found


def selection(kind: Kind, query: dict[str, str]) -> ResponseParameters[Any]:
    """attributes and excludedAttributes (RFC 7644 section 3.9)."""
    asked = {
        python: query[name]
        for name, python in (("attributes", "attributes"), ("excludedAttributes", "excluded_attributes"))
        if query.get(name)
    }
    return ResponseParameters[kind.model].model_validate(asked)  # type: ignore[name-defined]


def wants(parameters: ResponseParameters[Any], attribute: str) -> bool:
    """Whether the answer shows this attribute: a list without members need not load them."""
    if parameters.attributes:
        return any(path.attr.lower() in (attribute, "") for path in parameters.attributes)
    return not any(
        path.attr.lower() == attribute and len(path.parts) == 1
        for path in parameters.excluded_attributes or []
    )


def version(resource: Resource[Any]) -> str:
    shown = resource.model_dump(exclude={"meta"})
    digest = hashlib.sha256(json.dumps(shown, sort_keys=True, default=str).encode())
    return f'W/"{digest.hexdigest()[:24]}"'


def dumped(
    resource: Resource[Any], context: Context, parameters: ResponseParameters[Any], *, versioned: bool = True
) -> dict[str, Any]:
    if versioned and resource.meta:
        resource.meta.version = version(resource)
    return resource.model_dump(scim_ctx=context, response_parameters=parameters)


def _reply(status: int, resource: Any, context: Context, parameters: ResponseParameters[Any]) -> Reply:
    body = dumped(resource, context, parameters)
    return Reply(
        status, body, location=str(resource.meta.location or ""), version=str(resource.meta.version or "")
    )


def _write(kind: Kind, call: Call, pk: str, wanted: Callable[[Any], Any], password_hash: str) -> Any:
    with _conflicts_are_409(), transaction.atomic():
        found = find(kind, pk, lock=True)
        (before,) = kind.represent([found], call.caller)
        _check_version(call, before)
        resource = wanted(before)
        kind.change(found, before, resource, password_hash, call)
        (after,) = kind.represent([find(kind, pk)], call.caller)
    return after


def _check_version(call: Call, resource: Resource[Any]) -> None:
    if call.if_match and not _matches(call.if_match, version(resource)):
        raise PreconditionFailedException(detail="The resource has changed since that version.")


def _matches(header: str, current: str) -> bool:
    """Weakly: both are the same to whoever reads them (RFC 9110 section 8.8.3.2)."""
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or current.removeprefix("W/") in tags


def _hash_of(resource: Any) -> str:
    return person_writing.hashed(resource) if isinstance(resource, schemas.User) else ""


def _speaks_of_a_password(document: dict[str, Any]) -> bool:
    return "password" in json.dumps(document).lower()


class _conflicts_are_409:  # noqa: N801  reads as what it does
    """Two writers at once: the database refuses the second one's name."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if isinstance(error, IntegrityError):
            raise UniquenessException(detail="Somebody has this name already.") from error


def represent_page(
    kind: Kind, found: Iterable[Any], caller: Caller, parameters: ResponseParameters[Any]
) -> list[dict[str, Any]]:
    """A version is told where all that it covers was loaded."""
    is_whole = wants(parameters, kind.many)
    flag = {f"with_{kind.many}": is_whole}
    return [
        dumped(each, Context.RESOURCE_QUERY_RESPONSE, parameters, versioned=is_whole)
        for each in kind.represent(found, caller, **flag)
    ]
