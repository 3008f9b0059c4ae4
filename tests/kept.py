"""Rows as they stood once in this process, put into a database again without whatever made them.

A cast, a catalogue: hundreds of rows that hundreds of tests begin with. The text of the rows is kept, not the objects:
spelling a row out takes longer than storing it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model
from psycopg import sql


class Kept:
    """Rows of some tables.

    Args:
        keys: primary keys of the rows to keep, by model; what a row refers to comes before it where that matters.
        shared: models of which a row may be there already; that one stays.
    """

    def __init__(
        self, keys: Mapping[type[Model], Collection[object]], shared: Collection[type[Model]] = ()
    ) -> None:
        self._many: list[tuple[str, list[tuple[Any, ...]]]] = []
        for model, chosen in keys.items():
            if chosen:
                self._many.append((_insertion(model, model in shared), _rows(model, chosen)))
        self._text = ""
        if connection.vendor == "postgresql":
            models = [model for model, chosen in keys.items() if chosen]
            counted = connection.ops.sequence_reset_sql(no_style(), models)
            self._text = "\n".join([*map(_spelled, self._many), *counted])

    def put(self) -> None:
        """Put the rows into the database; numbers given afterwards follow theirs.

        Raises:
            IntegrityError: one of them is taken; none is put.
        """
        with transaction.atomic(), connection.cursor() as cursor:
            if self._text:
                cursor.execute(self._text)
                return
            for statement, rows in self._many:
                places = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(statement.format(f"({places})"), rows)


def keys_of(models: Collection[type[Model]]) -> dict[type[Model], list[object]]:
    """Return the primary keys of all rows there are, by model."""
    return {
        model: list(model._default_manager.order_by("pk").values_list("pk", flat=True))
        for model in models
    }


def _columns(model: type[Model]) -> list[str]:
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    return [connection.ops.quote_name(field.column) for field in fields]


def _insertion(model: type[Model], is_shared: bool) -> str:
    """Return the statement, with a place for the values."""
    table = connection.ops.quote_name(model._meta.db_table)
    rest = " ON CONFLICT DO NOTHING" if is_shared else ""
    return f"INSERT INTO {table} ({', '.join(_columns(model))}) VALUES {{}}{rest}"


def _rows(model: type[Model], keys: Collection[object]) -> list[tuple[Any, ...]]:
    """Return the rows as the database writes them: PostgreSQL's as text, SQLite's as they are stored."""
    written = "{}::text" if connection.vendor == "postgresql" else "+{}"
    columns = ", ".join(written.format(column) for column in _columns(model))
    chosen, values = model._default_manager.filter(pk__in=keys).values("pk").query.sql_with_params()
    table = connection.ops.quote_name(model._meta.db_table)
    key = connection.ops.quote_name(str(model._meta.pk.column))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM {table} WHERE {key} IN ({chosen}) ORDER BY {key}", values
        )
        return cursor.fetchall()


def _spelled(insertion: tuple[str, list[tuple[Any, ...]]]) -> str:
    """Return a statement of PostgreSQL with its values; a text in quotes is taken for what its column holds."""
    statement, rows = insertion
    values = ", ".join(
        f"({', '.join(sql.quote(value, connection.connection) for value in row)})" for row in rows
    )
    return f"{statement.format(values)};"
