"""Statements compiled once: on hot paths the ORM's making of SQL costs ten times what the database needs.

Models stay the source of every column and converter; the result is what the ORM would give, and
`tests/accounts/test_prepared.py` holds the two against each other. For a handful of statements that every request
runs; everything else stays with the ORM (DESIGN.md, decision 9).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models.query import get_related_populators

Model = TypeVar("Model", bound=models.Model)


class Parameter(str):
    """Stands for a value in the queryset; each call gives the value by this name."""


@dataclass(frozen=True)
class _Select:
    """A compiled queryset, and how its rows become instances."""

    sql: str
    template: tuple[Any, ...]
    model: type[models.Model]
    columns: slice
    names: list[str]
    converters: list[tuple[int, list[Callable[..., Any]], Any]]
    populators: Sequence[Any]
    annotations: dict[str, int]


class Prepared(Generic[Model]):
    """`Prepared(lambda: Grant.objects.filter(pk=Parameter("id")))(id="…")` is `.filter(pk="…").first()`, cheaply.

    Parameters have to be compared with text columns: nothing converts them. The queryset may use select_related
    and annotate.
    """

    def __init__(self, queryset: "Callable[[], models.QuerySet[Model]]") -> None:
        self._queryset = queryset
        self._compiled: dict[str, _Select] = {}

    def __call__(self, **values: str) -> Model | None:
        select = self._compiled.get(connection.vendor) or self._compile()
        params = [values[item] if isinstance(item, Parameter) else item for item in select.template]
        with connection.cursor() as cursor:
            cursor.execute(select.sql, params)
            row = cursor.fetchone()
        return None if row is None else self._instance(select, list(row))

    def _compile(self) -> _Select:
        """As ModelIterable of Django does at each query; per kind of database, for tests use two."""
        compiler = self._queryset().query.get_compiler(using=connection.alias)
        sql, params = compiler.as_sql()
        info, columns = compiler.klass_info, compiler.select
        assert info is not None and columns is not None  # noqa: S101, PT018  as_sql() has set both
        own = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        converters = compiler.get_converters([column[0] for column in columns])
        select = _Select(
            sql=sql,
            template=tuple(params),
            model=info["model"],
            columns=own,
            names=[column[0].target.attname for column in columns[own]],
            converters=[
                (position, functions, expression) for position, (functions, expression) in converters.items()
            ],
            populators=get_related_populators(info, columns, connection.alias),  # type: ignore[call-arg]  # stubs of 6.1
            annotations=dict(compiler.annotation_col_map),
        )
        self._compiled[connection.vendor] = select
        return select

    @staticmethod
    def _instance(select: _Select, row: list[Any]) -> Any:
        for position, functions, expression in select.converters:
            for convert in functions:
                row[position] = convert(row[position], expression, connection)
        instance = select.model.from_db(connection.alias, select.names, row[select.columns])
        for related in select.populators:
            related.populate(row, instance)
        for name, position in select.annotations.items():
            setattr(instance, name, row[position])
        return instance


def insert(instance: models.Model) -> None:
    """`instance.save(force_insert=True)` of a model with its key set, without signals."""
    sql, fields = _insert(type(instance))
    values = [field.get_db_prep_save(field.pre_save(instance, add=True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
    instance._state.adding, instance._state.db = False, connection.alias


@lru_cache(maxsize=16)
def _insert(model: type[models.Model]) -> tuple[str, tuple[Any, ...]]:
    meta, quote = model._meta, connection.ops.quote_name
    fields = tuple(meta.concrete_fields)
    columns = ", ".join(quote(str(field.column)) for field in fields)
    values = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ({values})", fields  # noqa: S608  names of models


def moment(value: Any) -> Any:
    """A point in time as plain SQL of this database takes it."""
    return connection.ops.adapt_datetimefield_value(value)
