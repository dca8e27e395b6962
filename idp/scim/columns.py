"""Attributes that one may filter and sort on: each knows its comparisons as conditions of the database.

Every condition is true or false, never unknown, so that `not` means what it says. Strings are compared without their
case, unless the schema calls the attribute caseExact (RFC 7644 section 3.4.2.2).
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Lower
from django.db.models.lookups import (
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
)
from scim2_models import InvalidFilterException
from scim2_models.path import CompareOperator as Op

NOBODY = Q(pk__in=[])
EVERYBODY = ~NOBODY
_ORDER = {Op.gt: "gt", Op.ge: "gte", Op.lt: "lt", Op.le: "lte"}
_ORDERING = {Op.gt: GreaterThan, Op.ge: GreaterThanOrEqual, Op.lt: LessThan, Op.le: LessThanOrEqual}
# Of columns that hold one form of what is the same.
AS_IT_IS = {Op.co: "contains", Op.sw: "startswith", Op.ew: "endswith", Op.eq: "exact"} | _ORDER
_LOOKUP = {Op.eq: "iexact", Op.co: "icontains", Op.sw: "istartswith", Op.ew: "iendswith"}


@dataclass(frozen=True)
class Column:
    """`compare` for every operator but ne, which is the opposite of eq; `sort` is what one orders by."""

    compare: Callable[[Op, Any], Q]
    present: Q
    sort: Any = None

    def where(self, op: Op, value: Any) -> Q:
        if op is Op.ne:
            return ~self.where(Op.eq, value)
        if value is None:
            return ~self.present if op is Op.eq else NOBODY
        return self.compare(op, value)


def text(field: str) -> Column:
    def compare(op: Op, value: Any) -> Q:
        if not storable(value):
            return NOBODY
        if op in _ORDERING:
            return Q(_ORDERING[op](Lower(F(field)), value.lower()))
        return Q(**{f"{field}__{_LOOKUP[op]}": value})

    return Column(compare, ~Q(**{field: ""}), Lower(F(field)))


def canonical_text(field: str, fold: Callable[[str], str]) -> Column:
    """A column that holds one form of what is the same, and has an index over it."""

    def compare(op: Op, value: Any) -> Q:
        if not storable(value):
            return NOBODY
        return Q(**{f"{field}__{AS_IT_IS[op]}": fold(value)})

    return Column(compare, ~Q(**{field: ""}), F(field))


def boolean(field: str) -> Column:
    return Column(lambda op, value: Q(**{field: value}), EVERYBODY, F(field))


def moment(field: str) -> Column:
    def compare(op: Op, value: Any) -> Q:
        if not isinstance(value, datetime):
            raise InvalidFilterException(detail="A time is compared as a whole.")
        return Q(**{f"{field}__{_ORDER.get(op, 'exact')}": _in_utc(value)})

    return Column(compare, EVERYBODY, F(field))


def constant(value: str) -> Column:
    """The same for all resources of a type."""
    return Column(lambda op, asked: EVERYBODY if holds(op, value, asked) else NOBODY, EVERYBODY)


def identifier(read: Callable[[str], Any]) -> Column:
    """`read` makes a key of it, or nothing."""

    def compare(op: Op, value: Any) -> Q:
        if op is not Op.eq:
            raise InvalidFilterException(detail="An id is compared by eq, ne and pr only.")
        key = read(value) if storable(value) else None
        return NOBODY if key is None else Q(pk=key)

    return Column(compare, EVERYBODY, F("pk"))


def external_id(known: QuerySet[Any], column: str) -> Column:
    """caseExact; `known` are those of the client that asks."""

    def compare(op: Op, value: Any) -> Q:
        if not storable(value):
            return NOBODY
        return Q(pk__in=known.filter(**{f"value__{AS_IT_IS[op]}": value}).values(column))

    return Column(compare, Q(pk__in=known.values(column)))


def storable(value: object) -> bool:
    """Whether a database could hold this string (S-015)."""
    return (
        isinstance(value, str)
        and "\0" not in value
        and not any(unicodedata.category(character) == "Cs" for character in value)
    )


def holds(op: Op, value: str, asked: Any) -> bool:
    if not isinstance(asked, str):
        return False
    left, right = value.casefold(), asked.casefold()
    return {
        Op.eq: left == right, Op.co: right in left, Op.sw: left.startswith(right), Op.ew: left.endswith(right),
        Op.gt: left > right, Op.ge: left >= right, Op.lt: left < right, Op.le: left <= right,
    }[op]  # fmt: skip


def _in_utc(value: datetime) -> datetime:
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError as error:
        raise InvalidFilterException(detail="That time is out of range.") from error
