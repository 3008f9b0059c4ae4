"""A delivered csv file in an embedded engine: its kept columns as texts, and how the cells of each will be read.

Source: performance note, A; `borrowers.ingest.forms` says which cells are plain.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from borrowers.domain.item_spec import FieldType, ItemSpec
from borrowers.domain.rows import Binding, bind_columns
from borrowers.ingest.forms import FieldForm, form_of, mapped, quoted
from marketplace.sheets import PlainCsv

MEMORY = "500MB"
MOST_TEXTS = 10_000
"""A column of texts with more distinct cells than this is read by patterns, the others like dates."""

CHECKED_ROWS = "checked_rows"
"""The table of rows that may be kept: `borrowers.ingest.lane` makes it, and a view ``checked`` over it."""

ENTERPRISES = "enterprises"
"""What the plain codes of the subject field mean, ``code`` and ``ent_id``: `borrowers.ingest.subjects` makes it."""

REGISTER = "register"
"""The table that stays from one piece of a file to the next: the register's codes."""

DELETED_FROM_AT_MOST = 2_000_000
"""From a larger table rows are not deleted: it would keep eight bytes of every row in memory, which no limit moves out,
and sorting it would find no room."""

SPACES = " \t\u00a0\u3000\u200b\ufeff"
"""A row that holds nothing else is blank, and passed over as the careful reader does."""


class NotPlain(Exception):
    """The file cannot take the fast lane: its rows are ragged, or its quotes need the careful reader."""


@dataclass(frozen=True)
class Lane:
    """One file on its way.

    Attributes:
        connection: the engine that holds its tables.
        item: what the file holds.
        forms: field code to how its cells read.
        binding: which title holds which field.
        titles: of the file.
        last_row: number of its last record, blank or not.
    """

    connection: duckdb.DuckDBPyConnection
    item: ItemSpec
    forms: Mapping[str, FieldForm]
    binding: Binding
    titles: Sequence[str]
    last_row: int

    @property
    def subject(self) -> FieldForm:
        """Return the field that names the enterprise."""
        return self.forms[self.item.subject_field]

    def one(self, sql: str) -> Any:
        """Return the single value of a query."""
        return one_of(self.connection, sql)


def one_of(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    """Return the single value of a query of an engine."""
    found = connection.execute(sql).fetchall()  # to the end: an unfinished result blocks the engine
    return found[0][0] if found else None


def checked_rows_take_out(connection: duckdb.DuckDBPyConnection, condition: str) -> None:
    """Take the rows that meet a condition out of ``checked_rows``.

    Args:
        connection: see `engine`.
        condition: SQL over its columns; never null.
    """
    if one_of(connection, f"SELECT count(*) FROM {CHECKED_ROWS}") <= DELETED_FROM_AT_MOST:  # noqa: S608
        connection.execute(f"DELETE FROM {CHECKED_ROWS} WHERE {condition}")  # noqa: S608
        return
    connection.execute(
        f"CREATE TABLE left_over AS SELECT * FROM {CHECKED_ROWS} WHERE NOT ({condition})"  # noqa: S608
    )
    connection.execute(f"DROP TABLE {CHECKED_ROWS}")
    connection.execute(f"ALTER TABLE left_over RENAME TO {CHECKED_ROWS}")


def places_register(
    connection: duckdb.DuckDBPyConnection, name: str, places: Collection[tuple[int, int]]
) -> None:
    """Give an engine places (batch, row) of records as a table."""
    arrays = {
        "batch": np.array([batch for batch, _ in places], dtype=np.int32),
        "row": np.array([row for _, row in places], dtype=np.int32),
    }
    connection.register(name, arrays)


def engine(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return an engine in memory that spills to a folder."""
    connection = duckdb.connect(
        config={"memory_limit": MEMORY, "temp_directory": str(folder / "spill"), "threads": 1}
    )
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def stage(
    connection: duckdb.DuckDBPyConnection,
    item: ItemSpec,
    file: PlainCsv,
    path: Path,
    only: Collection[int] | None = None,
    rows_above: int | None = None,
) -> Lane:
    """Read the kept columns of a file into the table ``staged``, with the row number people see.

    Args:
        connection: see `engine`.
        item: what the file holds.
        file: where its header is, how it is delimited.
        path: UTF-8, plain or gzipped.
        only: row numbers that are wanted; None for all.
        rows_above: number of the row above its first one, where it is a piece of a file; None for a whole file.

    Raises:
        NotPlain: its rows are not all as wide as the header, or there are none.
    """
    binding = bind_columns(item.columns, file.titles)
    forms = _forms(item, file, binding)
    kept = ", ".join(dict.fromkeys(form.column for form in forms.values()))
    filled = ", ".join(
        f"nullif(trim(c{place}, {quoted([SPACES])}), '')" for place in range(len(file.titles))
    )
    subject = forms[item.subject_field].column  # nearly always filled: the others need no look
    is_blank = f"CASE WHEN {subject} > '!' AND {subject} < '~' THEN false ELSE coalesce({filled}) IS NULL END"
    above = file.header_row if rows_above is None else rows_above
    wanted = ""
    if only is not None:
        connection.register("wanted", {"row": np.array(sorted(only), dtype=np.int64)})
        wanted = "WHERE row IN (SELECT row FROM wanted)"
    sql = f"""
        CREATE TABLE staged AS
        SELECT row, {kept}, {is_blank} AS is_blank FROM (SELECT row_number() OVER () + {above} AS row, *
        FROM {_csv_sql(file, path)})
        {wanted}
    """  # noqa: S608
    try:
        connection.execute(sql)
    except duckdb.Error as error:
        raise NotPlain(str(error)[:200]) from error
    last_row = _blank_rows_drop(connection) or above
    return Lane(
        connection, item, _repeating(connection, item, forms), binding, file.titles, last_row
    )


def _forms(item: ItemSpec, file: PlainCsv, binding: Binding) -> dict[str, FieldForm]:
    """Return by field code how the cells of the kept columns read."""
    places = {title: place for place, title in enumerate(file.titles)}
    forms: dict[str, FieldForm] = {}
    for spec in item.fields:
        if not spec.kept or spec.code not in binding.headers:
            continue
        by_type = 10_000 if spec.type is FieldType.MONEY_WAN else 1
        forms[spec.code] = form_of(
            spec,
            f"c{places[binding.headers[spec.code]]}",
            binding.money_scale.get(spec.code) or by_type,
            is_subject=spec.code == item.subject_field,
        )
    return forms


def _csv_sql(file: PlainCsv, path: Path) -> str:
    """Return the expression of a file's records, its columns ``c0``, ``c1`` and so on."""
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(file.titles)))
    return f"""read_csv({quoted([str(path)])}, header = false, skip = {file.header_row}, auto_detect = false,
            columns = {{{columns}}}, delim = {quoted([file.delimiter])}, quote = '"', escape = '"',
            nullstr = '', allow_quoted_nulls = true, strict_mode = true, max_line_size = 4000000,
            compression = '{"gzip" if file.gzipped else "none"}')"""


def tables_forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what was made of a piece of a file; what stays for the next is named above."""
    views = "SELECT view_name FROM duckdb_views() WHERE NOT internal AND NOT temporary"
    for (name,) in connection.execute(views).fetchall():
        connection.execute(f"DROP VIEW {name}")
    for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
        if name != REGISTER:
            connection.execute(f"DROP TABLE {name}")


def _blank_rows_drop(connection: duckdb.DuckDBPyConnection) -> int | None:
    """Take blank rows out of ``staged``; return the number of the last row, None where there is none."""
    counts = "SELECT max(row), count(*) FILTER (is_blank) FROM staged"
    [(last_row, blank)] = connection.execute(counts).fetchall()
    if blank:
        connection.execute("DELETE FROM staged WHERE is_blank")
    return None if last_row is None else int(last_row)


def _repeating(
    connection: duckdb.DuckDBPyConnection, item: ItemSpec, forms: Mapping[str, FieldForm]
) -> dict[str, FieldForm]:
    """Return the forms with those of texts that repeat, whose cells are then read once each."""
    texts = [
        (code, form)
        for code, form in forms.items()
        if form.spec.type is FieldType.TEXT and code != item.subject_field
    ]
    if not texts:
        return dict(forms)
    counts = ", ".join(f"approx_count_distinct({form.column})" for _, form in texts)
    found = connection.execute(f"SELECT {counts} FROM staged").fetchone() or ()  # noqa: S608
    repeating = {
        code: mapped(form.spec, form.column)
        for (code, form), count in zip(texts, found, strict=True)
        if count <= MOST_TEXTS
    }
    return {**forms, **repeating}
