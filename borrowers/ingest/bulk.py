"""Thousands of rows into one table by one prepared statement.

``bulk_create`` builds, checks and binds every row as a model; a file of a million rows has no time for it. Rows go
in as the database takes them, and every constraint of the table holds for them as for any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model


def insert_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of values in the order of the field names.

    Args:
        model: whose table; fields that are not named must have a default in the database or be the primary key.
        names: field names.
        rows: text, numbers and None; moments as ``db_moment`` gives them, dates in ISO form, JSON as text, UUIDs as
            their 32 hexadecimal digits, decimals as text.

    Writes: the rows, in one prepared statement.
    """
    quote = connection.ops.quote_name
    columns = [str(model._meta.get_field(name).column) for name in names]  # type: ignore[union-attr]
    places = ", ".join(["%s"] * len(columns))
    table = quote(model._meta.db_table)
    sql = f"INSERT INTO {table} ({', '.join(map(quote, columns))}) VALUES ({places})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(rows))


def db_moment(at: datetime | None) -> Any:
    """Return an aware moment as the database takes it."""
    return None if at is None else connection.ops.adapt_datetimefield_value(at)
