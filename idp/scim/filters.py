"""A filter as one condition of the database (RFC 7644 section 3.4.2.2). scim2-models parses it."""

from functools import reduce
from operator import and_, or_

from django.db.models import Q
from scim2_models import InvalidFilterException, Path, Resource
from scim2_models.path import (
    STRING_OPERATORS,
    AttributeBinding,
    AttrPath,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
    coerce_value,
)

from idp.scim.columns import NOBODY, Column

MOST_TERMS = 100  # SQLite's expressions are at most 1000 deep


def condition(node: FilterNode, model: type[Resource], columns: dict[tuple[str, str | None], Column]) -> Q:  # type: ignore[type-arg]
    """Raises InvalidFilterException. What another type of resource has and this one lacks is true of none."""
    if _terms(node) > MOST_TERMS:
        raise InvalidFilterException(detail=f"A filter has at most {MOST_TERMS} comparisons.")
    return _Condition(model, columns).visit(node)


class _Condition(FilterVisitor[Q]):
    """`within` is the attribute of a value path, whose members the names inside it are."""

    def __init__(
        self,
        model: type[Resource],  # type: ignore[type-arg]
        columns: dict[tuple[str, str | None], Column],
        within: str = "",
    ) -> None:
        self.model, self.columns, self.within = model, columns, within

    def visit_comparison(self, node: Comparison) -> Q:
        found = self._bound(node.attr_path, is_compared=True)
        if found is None:
            return NOBODY
        binding, column = found
        if node.op in STRING_OPERATORS and not isinstance(node.value, str):
            raise InvalidFilterException(detail=f"{node.op} compares with a string.")
        return column.where(node.op, coerce_value(binding, node.value, node.op))

    def visit_present(self, node: Present) -> Q:
        found = self._bound(node.attr_path)
        return NOBODY if found is None else found[1].present

    def visit_not(self, node: Not) -> Q:
        return ~self.visit(node.expr)

    def visit_logical_expr(self, node: LogicalExpr) -> Q:
        join = and_ if node.op is LogicalOperator.and_ else or_
        return reduce(join, [self.visit(term) for term in node.terms])

    def visit_value_path(self, node: ValuePath) -> Q:
        """People here have one e-mail address, so what holds inside is about the same one."""
        found = self._bound(node.attr_path)
        if found is None:
            return NOBODY
        binding, column = found
        if binding.field_name == "groups" and _terms(node.val_filter) > 1:
            raise InvalidFilterException(detail="Ask one thing of a group at a time.")
        inner = _Condition(self.model, self.columns, within=str(node.attr_path))
        return column.present & inner.visit(node.val_filter)

    def _bound(self, path: AttrPath, *, is_compared: bool = False) -> tuple[AttributeBinding, Column] | None:
        name = f"{self.within}.{path}" if self.within else str(path)
        binding = Path[self.model](name).resolve(self.model)  # type: ignore[name-defined]
        if binding is None:
            return None
        if is_compared and binding.is_multivalued and binding.sub_field_name is None:
            value = Path[self.model](f"{name}.value").resolve(self.model)  # type: ignore[name-defined]
            binding = value or binding
        column = self.columns.get((binding.field_name, binding.sub_field_name))
        if column is None:
            raise InvalidFilterException(detail=f"{binding.urn} can't be filtered on.")
        return binding, column


def _terms(node: FilterNode) -> int:
    if isinstance(node, LogicalExpr):
        return sum(_terms(term) for term in node.terms)
    if isinstance(node, Not):
        return _terms(node.expr)
    return _terms(node.val_filter) if isinstance(node, ValuePath) else 1
