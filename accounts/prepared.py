"""Statements compiled once: on hot paths the ORM's making of SQL and instances costs ten times what the database needs.

Models stay the source of every column and converter; the result is what the ORM would give, and
`tests/accounts/test_prepared.py` holds the two against each other. For a handful of statements that every request
runs; everything else stays with the ORM (DESIGN.md, decision 9).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState

Model = TypeVar("Model", bound=models.Model)


class Parameter(str):
    """Stands for a value in the queryset; each call gives the value by this name."""


def database() -> BaseDatabaseWrapper:
    """What `django.db.connection` stands for, which looks it up anew for each attribute."""
    return connections[DEFAULT_DB_ALIAS]


def fetch_one(db: BaseDatabaseWrapper, sql: str, params: Sequence[Any]) -> Sequence[Any] | None:
    """The first row."""
    rows, _ = _run(db, sql, params)
    return rows[0] if rows else None


def fetch_all(db: BaseDatabaseWrapper, sql: str, params: Sequence[Any]) -> Sequence[Sequence[Any]]:
    """Every row."""
    return _run(db, sql, params)[0]


def execute(db: BaseDatabaseWrapper, sql: str, params: Sequence[Any]) -> int:
    """How many rows it changed."""
    return _run(db, sql, params)[1]


def _run(db: BaseDatabaseWrapper, sql: str, params: Sequence[Any]) -> tuple[Sequence[Sequence[Any]], int]:
    """By PostgreSQL's shorter way (idp.postgresql), or else a cursor of Django's."""
    if db.vendor == "postgresql" and not db.queries_logged:
        return db.run(sql, params)  # type: ignore[attr-defined, no-any-return]
    with db.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else (), cursor.rowcount


Statement = tuple[str, Sequence[Any]]


def execute_together(statements: Iterable[Statement]) -> int:
    """All or nothing, each seeing what was before it; how many rows the last one changed."""
    db, several = database(), list(statements)
    if db.vendor == "postgresql":
        return db.run_together(several)  # type: ignore[attr-defined, no-any-return]
    whole = transaction.atomic(savepoint=False) if len(several) > 1 else nullcontext()
    with whole, db.cursor() as cursor:
        for sql, values in several:
            cursor.execute(sql, values)
        return int(cursor.rowcount)


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
        state.adding, state.db = False, DEFAULT_DB_ALIAS
        made.__dict__.update(zip(self.names, row[self.columns], strict=True))
        for part in self.related:
            state.fields_cache[part.into] = None if row[part.key] is None else part.instance(row)
        return made


@dataclass(frozen=True)
class _Select:
    """A compiled queryset, and how its rows become instances."""

    sql: str
    template: tuple[Any, ...]
    whole: _Part
    converters: tuple[tuple[int, Callable[..., Any], Any], ...]
    annotations: tuple[tuple[str, int], ...]

    def params(self, values: Mapping[str, str]) -> list[Any]:
        return [values[item] if isinstance(item, Parameter) else item for item in self.template]

    def instance(self, found: Sequence[Any], db: BaseDatabaseWrapper) -> Any:
        row = list(found)
        for position, convert, expression in self.converters:
            row[position] = convert(row[position], expression, db)
        made = self.whole.instance(row)
        for name, position in self.annotations:
            setattr(made, name, row[position])
        return made


class Prepared(Generic[Model]):
    """`Prepared(lambda: Grant.objects.filter(pk=Parameter("id")))(id="…")` is `.filter(pk="…").first()`, cheaply.

    `all` gives every row. Parameters have to be compared with text columns: nothing converts them. The queryset may
    use select_related, annotate and defer.
    """

    def __init__(self, queryset: "Callable[[], models.QuerySet[Model]]") -> None:
        self._queryset = queryset
        self._compiled: dict[str, _Select] = {}

    def __call__(self, **values: str) -> Model | None:
        db = database()
        select = self._compiled.get(db.vendor) or self._compile(db)
        found = fetch_one(db, select.sql, select.params(values))
        return None if found is None else select.instance(found, db)

    def all(self, **values: str) -> list[Model]:
        db = database()
        select = self._compiled.get(db.vendor) or self._compile(db)
        return [select.instance(found, db) for found in fetch_all(db, select.sql, select.params(values))]

    def _compile(self, db: BaseDatabaseWrapper) -> _Select:
        """As ModelIterable of Django does at each query; per kind of database, for tests use two."""
        compiler = self._queryset().query.get_compiler(using=DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        assert compiler.klass_info is not None and compiler.select is not None  # noqa: S101, PT018  as_sql() sets both
        expressions = [column[0] for column in compiler.select]
        names = [getattr(getattr(expression, "target", None), "attname", "") for expression in expressions]
        select = _Select(
            sql=sql,
            template=tuple(params),
            whole=_part(compiler.klass_info, names),
            converters=tuple(
                (position, convert, expression)
                for position, (functions, expression) in compiler.get_converters(expressions).items()
                for convert in functions
            ),
            annotations=tuple(compiler.annotation_col_map.items()),
        )
        self._compiled[db.vendor] = select
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


def insertion(instance: models.Model, *, where: Statement = ("", ())) -> Statement:
    """What `instance.save(force_insert=True)` would execute, of a model with its key set; without signals.

    With `where`, a condition, it adds nothing unless that is true.
    """
    db, held = database(), instance.__dict__
    into, columns = _insert(type(instance), db.vendor)
    row = [held[name] if prepare is None else prepare(held[name], db) for name, prepare in columns]
    values, (condition, its_values) = ", ".join(["%s"] * len(row)), where
    if condition:
        return f"{into} SELECT {values} WHERE {condition}", [*row, *its_values]
    return f"{into} VALUES ({values})", row


_Columns = tuple[tuple[str, Callable[..., Any] | None], ...]


@lru_cache(maxsize=16)
def _insert(model: type[models.Model], vendor: str) -> tuple[str, _Columns]:
    """The statement up to its values, and of each column where one lies and what this database needs done to it."""
    meta, quote = model._meta, database().ops.quote_name
    fields = tuple(meta.concrete_fields)
    columns = ", ".join(quote(str(field.column)) for field in fields)
    prepared = tuple((field.attname, _preparation(field)) for field in fields)
    return f"INSERT INTO {quote(meta.db_table)} ({columns})", prepared


_AS_IT_IS = (models.CharField, models.TextField, models.IntegerField, models.BooleanField)


def _preparation(field: Any) -> Callable[..., Any] | None:
    while field.remote_field:  # a foreign key holds what its target's key holds
        field = field.target_field
    if isinstance(field, _AS_IT_IS):
        return None
    if isinstance(field, models.DateTimeField):
        return lambda value, db: moment(value, db)
    return lambda value, db: field.get_db_prep_save(value, db)


def moment(value: datetime | None, db: BaseDatabaseWrapper | None = None) -> Any:
    """A point in time as plain SQL of this database takes it."""
    return (db or database()).ops.adapt_datetimefield_value(value)
