"""Statements compiled once: on hot paths the ORM's making of SQL and of instances costs ten times what the database needs.

Models stay the source of every column and converter; the result is what the ORM would give, and
`tests/accounts/test_prepared.py` holds the two against each other. For a handful of statements that every request
runs; everything else stays with the ORM (DESIGN.md, decision 9).
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models.base import ModelState
from django.db.models.sql.compiler import SQLCompiler

Model = TypeVar("Model", bound=models.Model)
Convert = Callable[[Any], Any]


class Parameter(str):
    """Stands for a value in the queryset; each call gives the value by this name."""


@dataclass(frozen=True)
class _Part:
    """The columns of one model in a row, and where its instance goes: into the field `into` of the part before it."""

    model: type[models.Model]
    columns: slice
    names: tuple[str, ...]
    key: int
    into: str
    related: "tuple[_Part, ...]"

    def instance(self, row: list[Any]) -> Any:
        """What `Model.from_db` makes, but for the signals of `__init__` and its look at each field."""
        made = self.model.__new__(self.model)
        state = made._state = ModelState()
        state.adding, state.db = False, connection.alias
        made.__dict__.update(zip(self.names, row[self.columns], strict=True))
        for part in self.related:
            found = row[part.key] is not None
            state.fields_cache[part.into] = part.instance(row) if found else None
        return made


@dataclass(frozen=True)
class _Select:
    """A compiled queryset, and how its rows become instances."""

    sql: str
    template: tuple[Any, ...]
    whole: _Part
    converters: tuple[tuple[int, Convert], ...]
    annotations: tuple[tuple[str, int], ...]


class Prepared(Generic[Model]):
    """`Prepared(lambda: Grant.objects.filter(pk=Parameter("id")))(id="…")` is `.filter(pk="…").first()`, cheaply.

    Parameters have to be compared with text columns: nothing converts them. The queryset may use select_related,
    annotate and defer.
    """

    def __init__(self, queryset: "Callable[[], models.QuerySet[Model]]") -> None:
        self._queryset = queryset
        self._compiled: dict[str, _Select] = {}

    def __call__(self, **values: str) -> Model | None:
        select = self._compiled.get(connection.vendor) or self._compile()
        params = [values[item] if isinstance(item, Parameter) else item for item in select.template]
        with connection.cursor() as cursor:
            cursor.execute(select.sql, params)
            found = cursor.fetchone()
        if found is None:
            return None
        row = list(found)
        for position, convert in select.converters:
            row[position] = convert(row[position])
        instance: Model = select.whole.instance(row)
        for name, position in select.annotations:
            setattr(instance, name, row[position])
        return instance

    def _compile(self) -> _Select:
        """As ModelIterable of Django does at each query; per kind of database, for tests use two."""
        compiler = self._queryset().query.get_compiler(using=connection.alias)
        sql, params = compiler.as_sql()
        assert compiler.klass_info is not None and compiler.select is not None  # noqa: S101, PT018  as_sql() has set both
        names = [getattr(getattr(column[0], "target", None), "attname", "") for column in compiler.select]
        select = _Select(
            sql=sql,
            template=tuple(params),
            whole=_part(compiler.klass_info, names),
            converters=tuple(_converters(compiler)),
            annotations=tuple(compiler.annotation_col_map.items()),
        )
        self._compiled[connection.vendor] = select
        return select


def _part(info: dict[str, Any], names: list[str], into: str = "") -> _Part:
    columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
    model = info["model"]
    return _Part(
        model=model,
        columns=columns,
        names=tuple(names[columns]),
        key=columns.start + names[columns].index(model._meta.pk.attname),
        into=into,
        related=tuple(
            _part(related, names, related["field"].cache_name)
            for related in info.get("related_klass_infos", ())
        ),
    )


def _converters(compiler: SQLCompiler) -> Iterator[tuple[int, Convert]]:
    """Django's, one argument each, with a short cut for points in time and for UUIDs, which every row has many of."""
    ops = connection.ops
    short = {  # only SQLite, whose columns know neither, has them converted
        getattr(ops, "convert_datetimefield_value", None): _aware,
        getattr(ops, "convert_uuidfield_value", None): _uuid,
    }
    expressions = [column[0] for column in compiler.select or ()]
    for position, (functions, expression) in compiler.get_converters(expressions).items():
        for convert in functions:
            yield position, short.get(convert) or partial(_converted, convert, expression)


def _converted(convert: Callable[..., Any], expression: Any, value: Any) -> Any:
    return convert(value, expression, connection)


def _aware(value: datetime | None) -> datetime | None:
    return None if value is None else value.replace(tzinfo=UTC)


@lru_cache(maxsize=4096)
def _uuid(value: str | None) -> uuid.UUID | None:
    return None if value is None else uuid.UUID(value)


def insert(instance: models.Model) -> None:
    """`instance.save(force_insert=True)` of a model with its key set, without signals."""
    sql, columns = _insert(type(instance), connection.vendor)
    held = instance.__dict__
    values = [held[name] if prepare is None else prepare(held[name], connection) for name, prepare in columns]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
    instance._state.adding, instance._state.db = False, connection.alias


_AS_IT_IS = (models.CharField, models.TextField, models.IntegerField, models.BooleanField)
_Columns = tuple[tuple[str, Callable[..., Any] | None], ...]


@lru_cache(maxsize=16)
def _insert(model: type[models.Model], vendor: str) -> tuple[str, _Columns]:
    """The statement, and of each column where its value lies and what the database needs done to it."""
    meta, quote = model._meta, connection.ops.quote_name
    fields = tuple(meta.concrete_fields)
    columns = ", ".join(quote(str(field.column)) for field in fields)
    values = ", ".join(["%s"] * len(fields))
    prepared = tuple((field.attname, _preparation(field)) for field in fields)
    return f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ({values})", prepared  # noqa: S608  names of models


def _preparation(field: "models.Field[Any, Any]") -> Callable[..., Any] | None:
    if isinstance(field, _AS_IT_IS):
        return None
    if isinstance(field, models.DateTimeField):
        return lambda value, _: moment(value)
    return field.get_db_prep_save


def moment(value: Any) -> Any:
    """A point in time as plain SQL of this database takes it."""
    return None if value is None else connection.ops.adapt_datetimefield_value(value)
