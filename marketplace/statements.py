"""Statements that a process writes out once and asks again and again with other values.

The ORM spells a statement anew every time it is asked, which for the short ones of a request takes longer than asking
the database. What a statement opens is not changed by this: it is composed of the same querysets, those of the policies
among them, and only its values are put in later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    DateField,
    DateTimeField,
    DecimalField,
    Field,
    QuerySet,
    UUIDField,
    Value,
)
from django.db.models.sql import Query
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row")

SHAPES = 64
"""How many combinations of lengths of lists a statement is kept for."""

_FIELDS: Mapping[type, Field[Any, Any]] = {
    datetime: DateTimeField(),
    date: DateField(),
    Decimal: DecimalField(),
    UUID: UUIDField(),
}
"""Types whose values some database wants in a form of its own, to the field that knows the form."""


class Statement(Generic[Row]):
    """A statement that is written out when it is first asked, anew only for lists of other lengths.

    Args:
        compose: takes a place for each value, by name, and returns the queryset. A place stands in a condition for what
            the database compares with: a key (not a row), a number, a text, a moment, of its column's own type (a UUID,
            not the text of one: nothing converts it); Python cannot look at it. For a list comes a list of places, to
            compare with a column (``user__id__in``, not ``user__in``); its length is known, so that an empty one may be
            left out.
    """

    def __init__(self, compose: Callable[..., QuerySet[Any, Row]]) -> None:
        """Remember how it is composed; no database is asked."""
        self._compose = compose
        self._written = lru_cache(maxsize=SHAPES)(self._write)

    def rows(self, **values: Any) -> list[Row]:
        """Return what the queryset holds for these values, by the names of ``compose``.

        Raises:
            TypeError: a value is missing, one too many, or None, which no condition is met by.

        Queries: one; none where no row can meet the conditions, whatever the values.
        """
        lengths = {name: len(value) for name, value in values.items() if isinstance(value, list)}
        written = self._written(tuple(values), tuple(lengths.items()))
        if written is None:
            return []
        composed, query = written[0], copy(written[1])
        query.asked = values
        found: QuerySet[Any, Row] = QuerySet(composed.model, query, composed.db)
        found._iterable_class = composed._iterable_class
        return list(found)

    def _write(
        self, names: tuple[str, ...], lengths: tuple[tuple[str, int], ...]
    ) -> tuple[QuerySet[Any, Row], _WrittenQuery] | None:
        places: dict[str, Any] = {name: _Place((name, None)) for name in names}
        places |= {name: [_Place((name, at)) for at in range(length)] for name, length in lengths}
        composed = self._compose(**places)
        written = cast("_WrittenQuery", composed.query.chain(klass=_WrittenQuery))
        written.compiled = composed.query.get_compiler(composed.db)
        try:
            written.text, written.parts = written.compiled.as_sql()
        except EmptyResultSet:
            return None
        return composed, written


Parts = list[str | int] | tuple[str | int, ...] | tuple[()]
"""What goes with a statement's text; places among the values."""


class _Place(Value):
    """Where a value goes, kept among a statement's values until it is asked: the name, and which of a list it is."""

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Parts]:
        return "%s", cast("Parts", [self])


class _WrittenQuery(Query):
    """A query that was compiled already: its text, what goes with it, and the values it is asked for now."""

    compiled: SQLCompiler
    text: str
    parts: Parts
    asked: Mapping[str, Any]

    def get_compiler(
        self,
        using: str | None = None,
        connection: BaseDatabaseWrapper | None = None,
        elide_empty: bool = True,
    ) -> SQLCompiler:
        return _WrittenCompiler(self, connection or connections[using or DEFAULT_DB_ALIAS])


class _WrittenCompiler(SQLCompiler):
    """A compiler that has its text: it puts in the values and reads the answer as the one that wrote the text would."""

    def __init__(self, query: _WrittenQuery, connection: BaseDatabaseWrapper) -> None:
        vars(self).update(vars(query.compiled))
        self.connection = connection
        self._asked = query

    def as_sql(self, with_limits: bool = True, with_col_aliases: bool = False) -> tuple[str, Parts]:
        return self._asked.text, [self._value(part) for part in self._asked.parts]

    def _value(self, part: Any) -> Any:
        if not isinstance(part, _Place):
            return part
        name, at = part.value
        value = self._asked.asked[name] if at is None else self._asked.asked[name][at]
        if value is None:
            raise TypeError(name)
        field = _FIELDS.get(type(value))
        return value if field is None else field.get_db_prep_value(value, self.connection)
