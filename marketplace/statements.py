"""Statements that a process writes out once and asks again and again with other values.

The ORM spells a statement anew every time it is asked, which for the short ones of a request takes longer than asking
the database. What a statement opens is not changed by this: it is composed of the same querysets, those of the policies
among them, and only its values are put in later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass
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
        query.answer = None if lengths else _answered(self, values)
        found: QuerySet[Any, Row] = QuerySet(composed.model, query, composed.db)
        found._iterable_class = composed._iterable_class
        return list(found)

    def question(self, **values: Any) -> Question[Row]:
        """Return the statement with values of no list, to be asked by ``asked_together``."""
        return Question(self, values)

    def ready(self, values: Mapping[str, Any]) -> tuple[_WrittenQuery, str] | None:
        """Return the written query with its values and the database it goes to, None where no row can meet it."""
        written = self._written(tuple(values), ())
        if written is None:
            return None
        query = copy(written[1])
        query.asked = values
        return query, written[0].db

    def _write(
        self, names: tuple[str, ...], lengths: tuple[tuple[str, int], ...]
    ) -> tuple[QuerySet[Any, Row], _WrittenQuery] | None:
        places: dict[str, Any] = {name: _Place((name, None)) for name in names}
        places |= {name: [_Place((name, at)) for at in range(length)] for name, length in lengths}
        composed = self._compose(**places)
        written = cast("_WrittenQuery", composed.query.chain(klass=_WrittenQuery))
        written.converters = {}
        written.compiled = composed.query.get_compiler(composed.db)
        try:
            written.text, written.parts = written.compiled.as_sql()
        except EmptyResultSet:
            return None
        return composed, written


@dataclass(frozen=True)
class Question(Generic[Row]):
    """A statement and the values it is going to be asked for."""

    statement: Statement[Row]
    values: Mapping[str, Any]

    def rows(self) -> list[Row]:
        """Return the answer, as ``Statement.rows`` does."""
        return self.statement.rows(**self.values)


@dataclass
class _Answer:
    """The rows of a question that was asked ahead, until they are taken."""

    question: Question[Any]
    rows: list[tuple[Any, ...]] | None


_ANSWERS: ContextVar[Sequence[_Answer]] = ContextVar("answers of statements asked together")


@contextmanager
def asked_together(*questions: Question[Any]) -> Iterator[None]:
    """Ask some statements in one round trip; each is answered when it is asked for the same values in the block, once.

    Selectors need not know of it: one that asks something else, or asks again, goes to the database as ever. In a block
    within another one only what the outer one did not ask is asked. SQLite is in the process and has no trips to spare;
    nothing is asked ahead there.

    Queries: one, in place of one for each statement.
    """
    known = _ANSWERS.get(())
    new = [one for one in questions if all(one != answer.question for answer in known)]
    token = _ANSWERS.set([*known, *_asked_ahead(new)])
    try:
        yield
    finally:
        _ANSWERS.reset(token)


def _asked_ahead(questions: Sequence[Question[Any]]) -> list[_Answer]:
    asked = [(one, ready) for one in questions if (ready := one.statement.ready(one.values))]
    names = {alias for _, (_, alias) in asked}
    if len(names) != 1:
        return []
    connection = connections[names.pop()]
    if connection.vendor != "postgresql":
        return []
    compilers = [query.get_compiler(connection=connection) for _, (query, _) in asked]
    spelled = [compiler.as_sql() for compiler in compilers]
    with connection.cursor() as cursor:
        cursor.execute(
            ";\n".join(text for text, _ in spelled),
            [value for _, values in spelled for value in values],
        )
        found = [cursor.fetchall()]
        while cursor.nextset():
            found.append(cursor.fetchall())
    return [_Answer(one, rows) for (one, _), rows in zip(asked, found, strict=True)]


def _answered(statement: Statement[Any], values: Mapping[str, Any]) -> list[tuple[Any, ...]] | None:
    """Return and forget what was asked ahead for these values, None when nothing was."""
    for answer in _ANSWERS.get(()):
        question = answer.question
        if question.statement is statement and question.values == values:
            rows, answer.rows = answer.rows, None
            return rows
    return None


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
    converters: dict[str, dict[int, Any]]
    answer: list[tuple[Any, ...]] | None = None

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

    def execute_sql(self, *args: Any, **kwargs: Any) -> Any:
        if self._asked.answer is None:
            return super().execute_sql(*args, **kwargs)
        return iter([self._asked.answer])

    def get_converters(self, expressions: list[Any]) -> dict[int, Any]:
        """Return how columns are converted; the columns of a written query are always the same."""
        known = self._asked.converters
        alias = self.connection.alias
        if alias not in known:
            known[alias] = super().get_converters(expressions)
        return known[alias]

    def _value(self, part: Any) -> Any:
        if not isinstance(part, _Place):
            return part
        name, at = part.value
        value = self._asked.asked[name] if at is None else self._asked.asked[name][at]
        if value is None:
            raise TypeError(name)
        field = _FIELDS.get(type(value))
        return value if field is None else field.get_db_prep_value(value, self.connection)
