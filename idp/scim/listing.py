"""Lists (RFC 7644 sections 3.4.2 and 3.4.3): filtered, sorted and cut into pages by the database."""

from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from scim2_models import (
    InvalidPathException,
    NotImplementedException,
    SearchRequest,
)

from idp.scim import filters, schemas
from idp.scim.calls import Call, Reply
from idp.scim.columns import EVERYBODY
from idp.scim.resources import KINDS, Kind, represent_page

_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_NUMBERS = ("startIndex", "count")
_FARTHEST = 2**31  # an offset that a database takes


def of_kind(kind: Kind, call: Call) -> Reply:
    search = _read(SearchRequest[kind.model], call)  # type: ignore[name-defined]
    found = _ordered(kind, _filtered(kind, search, call), search, call)
    start, count = _page(search)
    total = found.count()
    page = found[start : start + count] if count else []
    return _answer(total, start, represent_page(kind, page, call.caller, search) if count else [])


def of_all(call: Call) -> Reply:
    """From the root: people first, then groups. In one order only where none is asked for."""
    search = _read(SearchRequest[schemas.User | schemas.Group], call)
    if search.sort_by:
        raise NotImplementedException(detail="Sort at /Users or /Groups.")
    start, count = _page(search)
    total, resources = 0, list[dict[str, Any]]()
    for kind in KINDS.values():
        found = _filtered(kind, search, call).order_by(kind.default_order, "pk")
        size = found.count()
        first = max(0, start - total)
        room = count - len(resources)
        if room and first < size:
            resources += represent_page(kind, found[first : first + room], call.caller, search)
        total += size
    return _answer(total, start, resources)


def _read(model: Any, call: Call) -> Any:
    """From the address, or from the document of a POST to /.search."""
    given: dict[str, Any] = dict(call.document) if call.method == "POST" else {}
    if call.method != "POST":
        names = ("filter", "sortBy", "sortOrder", "attributes", "excludedAttributes", *_NUMBERS)
        given = {name: call.query[name] for name in names if call.query.get(name)}
        given |= {name: int(given[name]) for name in _NUMBERS if _is_number(given.get(name))}
    return model.model_validate(given)


def _is_number(text: object) -> bool:
    return isinstance(text, str) and len(text) < 19 and text.removeprefix("-").isascii() and (
        text.removeprefix("-").isdecimal()
    )  # fmt: skip


def _page(search: Any) -> tuple[int, int]:
    count = schemas.LARGEST_PAGE if search.count is None else min(search.count, schemas.LARGEST_PAGE)
    return min((search.start_index or 1) - 1, _FARTHEST), count


def _filtered(kind: Kind, search: Any, call: Call) -> QuerySet[Any]:
    found = kind.visible()
    if search.filter is None:
        return found
    return found.filter(filters.condition(search.filter.ast, kind.model, kind.columns(call.caller)))


def _ordered(kind: Kind, found: QuerySet[Any], search: Any, call: Call) -> QuerySet[Any]:
    """What has no value comes last, and first when descending (RFC 7644 section 3.4.2.3)."""
    if search.sort_by is None:
        return found.order_by(kind.default_order, "pk")
    binding = search.sort_binding(kind.model)
    column = binding and kind.columns(call.caller).get((binding.field_name, binding.sub_field_name))
    if column is None or column.sort is None:
        raise InvalidPathException(detail="That attribute can't be sorted on.")
    is_descending = search.sort_order == SearchRequest.SortOrder.descending
    orders = [column.sort] if column.present == EVERYBODY else [_missing(column.present), column.sort]
    directed = [order.desc() if is_descending else order.asc() for order in orders]
    return found.order_by(*directed, "-pk" if is_descending else "pk")


def _missing(present: Q) -> Case:
    return Case(When(present, then=Value(0)), default=Value(1), output_field=IntegerField())


def _answer(total: int, start: int, resources: list[dict[str, Any]]) -> Reply:
    body: dict[str, Any] = {
        "schemas": [_LIST],
        "totalResults": total,
        "startIndex": start + 1,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }
    return Reply(200, body)
