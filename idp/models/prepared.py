"""A queryset compiled once: on hot paths building the SQL costs ten times what the database needs (decision 9).

The rows become the same model instances as by the ORM, with the same converters; `tests/idp/models/test_prepared.py`
holds the two against each other.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

Model = TypeVar("Model", bound=models.Model)


class Parameter(str):
    """Stands for a value in the queryset; each call gives the value by this name."""


class Prepared(Generic[Model]):
    """`Prepared(lambda: Grant.objects.filter(pk=Parameter("id")))(id="…")` is `.filter(pk="…").first()`, cheaply.

    Parameters have to be text columns: nothing converts them. The queryset may use select_related and annotate.
    """

    def __init__(self, queryset: "Callable[[], models.QuerySet[Model]]") -> None:
        self._queryset = queryset
        self._compiled: dict[str, tuple[SQLCompiler, str, tuple[Any, ...]]] = {}

    def __call__(self, **values: str) -> Model | None:
        compiler, sql, template = self._statement()
        params = [values[value] if isinstance(value, Parameter) else value for value in template]
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            row = cursor.fetchone()
        return None if row is None else self._instance(compiler, row)

    def _statement(self) -> tuple[SQLCompiler, str, tuple[Any, ...]]:
        """Per kind of database: tests use two in one process."""
        if connection.vendor not in self._compiled:
            compiler = self._queryset().query.get_compiler(using=connection.alias)
            sql, params = compiler.as_sql()
            self._compiled[connection.vendor] = compiler, sql, tuple(params)
        return self._compiled[connection.vendor]

    @staticmethod
    def _instance(compiler: SQLCompiler, row: tuple[Any, ...]) -> Any:
        """What ModelIterable of Django does with one row."""
        info, select = compiler.klass_info, compiler.select
        assert info is not None and select is not None  # noqa: S101, PT018  as_sql() has set both
        (converted,) = compiler.results_iter(results=[[row]])
        first, last = info["select_fields"][0], info["select_fields"][-1] + 1
        names = [column[0].target.attname for column in select[first:last]]
        instance = info["model"].from_db(connection.alias, names, converted[first:last])
        for related in get_related_populators(info, select, connection.alias):  # type: ignore[call-arg]  # stubs of 6.1
            related.populate(converted, instance)
        for name, position in compiler.annotation_col_map.items():
            setattr(instance, name, converted[position])
        return instance
