"""Thousands of rows into one table in a few statements, without a model instance each.

``bulk_create`` builds, checks and binds every row as a model, and ``bulk_update`` writes a CASE of a thousand branches;
a file of a million rows has no time for either. Every constraint of the table holds for these rows as for any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Field, Model

WRITTEN_AT_ONCE = 2_000


def rows_write(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Put rows into a table, in bounded pieces: copied on PostgreSQL, else by one prepared statement.

    The rows may be found by queries of their own: a piece is complete before it is written.

    Args:
        table, columns: names; columns that are not named must have a default in the database.
        rows: text, numbers and None; moments as ``db_moment`` gives them, dates in ISO form, JSON as text, UUIDs as
            their 32 hexadecimal digits, decimals as text.

    Writes: the rows.
    """
    quote = connection.ops.quote_name
    names, places = ", ".join(map(quote, columns)), ", ".join(["%s"] * len(columns))
    waiting = iter(rows)
    with connection.cursor() as cursor:
        while piece := list(islice(waiting, WRITTEN_AT_ONCE)):
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {quote(table)} ({names}) FROM STDIN") as copy:
                    for row in piece:
                        copy.write_row(row)
                continue
            cursor.executemany(f"INSERT INTO {quote(table)} ({names}) VALUES ({places})", piece)  # noqa: S608


def insert_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of values in the order of the field names; see `rows_write`.

    Args:
        model: whose table.
        names: field names.
        rows: values.
    """
    columns = [str(model._meta.get_field(name).column) for name in names]  # type: ignore[union-attr]
    rows_write(model._meta.db_table, columns, rows)


def update_rows(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Write some fields of changed rows of one table; nothing happens without rows.

    Args:
        rows: instances with primary key, all of one model.
        names: field names.

    Writes: the fields, in one prepared statement.
    """
    if not rows:
        return
    meta, quote = type(rows[0])._meta, connection.ops.quote_name
    fields: list[Field[Any, Any]] = [meta.get_field(name) for name in names]  # type: ignore[misc]
    changes = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    sql = f"UPDATE {quote(meta.db_table)} SET {changes} WHERE {quote(meta.pk.column)} = %s"  # noqa: S608

    def bound(row: Model) -> tuple[Any, ...]:
        found = ((field, getattr(row, field.attname)) for field in fields)
        return (*(field.get_db_prep_save(value, connection) for field, value in found), row.pk)

    values = [bound(row) for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)


def db_moment(at: datetime | None) -> Any:
    """Return an aware moment as the database takes it."""
    return None if at is None else connection.ops.adapt_datetimefield_value(at)
