"""The fast lane of a delivered csv file: staged, read and checked in columns, its odd rows by the scalar code.

What comes out is a table ``checked`` of an embedded engine: one row per row of the file that may be kept, first of its
key; the rows that may not be kept have been told to the caller with every reason.

Source: performance note, A; `borrowers.ingest.forms` says which cells are plain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from borrowers.domain.cells import CellRefused, reader_for
from borrowers.domain.item_spec import FieldType, ItemSpec
from borrowers.domain.record import CleanRow, canonical_payload, compile_item
from borrowers.domain.rows import Binding, RowError, bind_columns
from borrowers.ingest.forms import (
    BLANKS,
    FieldForm,
    broken_rules_sql,
    content_sql,
    form_of,
    natural_key_sql,
    quoted,
)
from marketplace.domain.text import clean
from marketplace.sheets import PlainCsv

MEMORY = "600MB"
MOST_MAPPED = 200_000
"""Distinct cells of a column that are read by the scalar code at most; rows beyond go to it whole."""

JOINED_AT_ONCE = 4
"""Each join reserves memory whatever it joins; a few at a time stay below the limit."""

ODD_ROWS_AT_ONCE = 2_000
SPACES = " \t\u00a0\u3000\u200b\ufeff"
"""A row that holds nothing else is blank, and passed over as the careful reader does."""

ENTERPRISES = "enterprises"

Subjects = Callable[[Sequence[tuple[str, str]]], Mapping[tuple[str, str], int]]
"""Subject kind and code to the enterprise's pk, for those that are known."""

Rejected = Callable[[Sequence[RowError]], None]
Columns = Mapping[str, Any]


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
    """

    connection: duckdb.DuckDBPyConnection
    item: ItemSpec
    forms: Mapping[str, FieldForm]
    binding: Binding
    titles: Sequence[str]

    @property
    def subject(self) -> FieldForm:
        """Return the field that names the enterprise."""
        return self.forms[self.item.subject_field]

    def one(self, sql: str) -> Any:
        """Return the single value of a query."""
        found = self.connection.execute(sql).fetchone()
        return found[0] if found else None


def engine(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return an engine in memory that spills to a folder."""
    connection = duckdb.connect(
        config={"memory_limit": MEMORY, "temp_directory": str(folder / "spill"), "threads": 1}
    )
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def stage(
    connection: duckdb.DuckDBPyConnection, item: ItemSpec, file: PlainCsv, path: Path
) -> Lane:
    """Read the kept columns of a file into the table ``staged``, with the row number people see.

    Args:
        connection: see `engine`.
        item: what the file holds.
        file: where its header is, how it is delimited.
        path: UTF-8, plain or gzipped.

    Raises:
        NotPlain: its rows are not all as wide as the header, or there are none.
    """
    binding = bind_columns(item.columns, file.titles)
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
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(file.titles)))
    kept = ", ".join(dict.fromkeys(form.column for form in forms.values()))
    filled = ", ".join(
        f"nullif(trim(c{place}, {quoted([SPACES])}), '')" for place in range(len(file.titles))
    )
    compression = "gzip" if file.gzipped else "none"
    sql = f"""
        CREATE TABLE staged AS
        SELECT row, {kept} FROM (SELECT row_number() OVER () + {file.header_row} AS row, *
        FROM read_csv({quoted([str(path)])}, header = false, skip = {file.header_row}, auto_detect = false,
            columns = {{{columns}}}, delim = {quoted([file.delimiter])}, quote = '"', escape = '"',
            nullstr = '', allow_quoted_nulls = true, strict_mode = true, max_line_size = 4000000,
            compression = '{compression}'))
        WHERE coalesce({filled}) IS NOT NULL
    """  # noqa: S608
    try:
        connection.execute(sql)
    except duckdb.Error as error:
        raise NotPlain(str(error)[:200]) from error
    return Lane(connection, item, forms, binding, file.titles)


def check(
    lane: Lane,
    subjects: Columns,
    place: Subjects,
    received_on: date,
    rejected: Rejected,
) -> int:
    """Fill the table ``checked`` with the rows that may be kept; return how many repeat one of the same file.

    Args:
        lane: staged.
        subjects: arrays ``code`` and ``ent_id``: what the plain codes of the subject field mean.
        place: finds the enterprises of rows that the scalar code read.
        received_on: day of delivery; an event after it is refused.
        rejected: told the reasons of every row that is not kept, in order of rows within each kind.

    Writes in the engine: ``checked``: row, ent_id, natural_key, event_date, content, content_digest, and by field
        ``v_`` the stored value as text.
    """
    _map_cells(lane)
    lane.connection.register("subject_arrays", dict(subjects))
    lane.connection.execute(f"CREATE TABLE {ENTERPRISES} AS SELECT * FROM subject_arrays")  # noqa: S608
    lane.connection.unregister("subject_arrays")
    _read_plain(lane, received_on)
    _read_odd(lane, place, received_on, rejected)
    return _take_out_repeats(lane, rejected)


def subject_codes(lane: Lane) -> list[str]:
    """Return the distinct plain codes of the subject field."""
    column = lane.subject.column
    found = lane.connection.execute(
        f"SELECT DISTINCT {column} FROM staged s WHERE {lane.subject.plain}"  # noqa: S608
    )
    return [code for (code,) in found.fetchall()]


def _map_cells(lane: Lane) -> None:
    """Add to ``staged`` what the distinct cells of dates, choices and the like mean, by the scalar reader."""
    mapped = [form for form in lane.forms.values() if form.is_mapped]
    for start in range(0, len(mapped), JOINED_AT_ONCE):
        group = mapped[start : start + JOINED_AT_ONCE]
        for form in group:
            _text_table(lane.connection, f"map_{form.column}", _cells_read(lane, form))
        columns = ", ".join(
            f"map_{c}.cell IS NOT NULL AS known_{c}, map_{c}.value AS mapped_{c}"
            for c in (form.column for form in group)
        )
        joins = " ".join(
            f"LEFT JOIN map_{form.column} ON map_{form.column}.cell = s.{form.column}"
            for form in group
        )
        lane.connection.execute(
            f"CREATE TABLE restaged AS SELECT s.*, {columns} FROM staged s {joins}"  # noqa: S608
        )
        lane.connection.execute("DROP TABLE staged")
        lane.connection.execute("ALTER TABLE restaged RENAME TO staged")


def _cells_read(lane: Lane, form: FieldForm) -> list[tuple[str, str | None]]:
    """Return the distinct cells of a column that mean something, each with the stored text; None for an open date."""
    cells = lane.connection.execute(
        f"SELECT DISTINCT {form.column} FROM staged s WHERE NOT {form.blank} LIMIT {MOST_MAPPED}"  # noqa: S608
    ).fetchall()
    read = reader_for(form.spec, lane.item.subject, lane.binding.money_scale.get(form.spec.code))
    known: list[tuple[str, str | None]] = []
    for (cell,) in cells:
        text = _tidy(cell)
        if text in BLANKS:
            continue  # blank only once tidied: whether it may be is the scalar code's to say
        try:
            stored = _as_text(read(text))
        except CellRefused:
            continue
        if stored is None or not {'"', "\\"} & set(stored):
            known.append((cell, stored))
    return known


def _read_plain(lane: Lane, received_on: date) -> None:
    """Create ``checked`` from the rows all of whose cells are plain, and ``odd`` from the others."""
    forms = lane.forms
    reads = ", ".join(f"{form.read} AS {form.name}" for form in forms.values())
    slow = " OR ".join(form.slow for form in forms.values())
    event = forms.get(lane.item.event_date)
    event_sql = event.name if event else "NULL::VARCHAR"
    faults = broken_rules_sql(lane.item, dict(forms))
    if event:
        faults.append(f"coalesce({event.name} > '{received_on.isoformat()}', false)")
    fault = " OR ".join(faults) or "false"
    key, content = natural_key_sql(lane.item, dict(forms)), content_sql(lane.item, dict(forms))
    names = ", ".join(form.name for form in forms.values() if form is not lane.subject)
    lane.connection.execute(
        f"""
        CREATE TABLE placed AS
        WITH read AS (SELECT s.row, {slow} AS slow, {reads} FROM staged s),
        keyed AS (SELECT read.*, e.ent_id, {key} AS natural_key, {fault} AS fault
            FROM read LEFT JOIN {ENTERPRISES} e ON e.code = read.{lane.subject.name})
        SELECT row, ent_id, natural_key, {event_sql} AS event_date,
            slow OR fault OR ent_id IS NULL OR natural_key IS NULL AS odd, {names or "1 AS nothing"}
        FROM keyed
        """  # noqa: S608
    )
    lane.connection.execute("CREATE TABLE odd AS SELECT row FROM placed WHERE odd")
    lane.connection.execute(
        f"""
        CREATE TABLE checked AS
        SELECT *, substr(sha256(content), 1, 32) AS content_digest
        FROM (SELECT * EXCLUDE (odd), {content} AS content FROM placed WHERE NOT odd)
        """  # noqa: S608
    )
    lane.connection.execute("DROP TABLE placed")


def _read_odd(lane: Lane, place: Subjects, received_on: date, rejected: Rejected) -> None:
    """Let the scalar code read what is not plain: it keeps, or says every reason."""
    read_row = compile_item(lane.item, lane.titles, received_on)
    label = lane.item.field(lane.item.subject_field).label
    for rows in _odd_rows(lane):
        clean_rows: list[tuple[int, CleanRow]] = []
        for number, mapping in rows:
            found = read_row(mapping, number)
            if isinstance(found, CleanRow):
                clean_rows.append((number, found))
            else:
                rejected(found)
        known = place([(row.subject_kind, row.subject_code) for _, row in clean_rows])
        kept: list[tuple[int, int, CleanRow]] = []
        for number, row in clean_rows:
            enterprise = known.get((row.subject_kind, row.subject_code))
            if enterprise is None:
                rejected([unknown_subject(number, label, row)])
            else:
                kept.append((number, enterprise, row))
        _add_checked(lane, kept)


def unknown_subject(row_number: int, label: str, row: CleanRow) -> RowError:
    """Return the reason against a row whose subject nobody knows."""
    if row.subject_kind == "USCC":
        sentence = f"登记库中没有代码为“{row.subject_code}”的市场主体。"
        return RowError(row_number, label, "SUBJECT_UNKNOWN", sentence)
    sentence = f"来源单位内部代码“{row.subject_code[:40]}”尚未与市场主体核对确认。"
    return RowError(row_number, label, "SUBJECT_ALIAS_UNKNOWN", sentence)


def key_conflict(row_number: int) -> RowError:
    """Return the reason against a row whose key came before in the file with another content."""
    sentence = "同一文件中已有自然键相同而内容不同的行,无法判断以哪一行为准。"
    return RowError(row_number, "", "KEY_CONFLICT_IN_FILE", sentence)


def _odd_rows(lane: Lane) -> Iterator[list[tuple[int, dict[str, str]]]]:
    titles = {form.column: lane.binding.headers[code] for code, form in lane.forms.items()}
    columns = ", ".join(f"s.{column}" for column in titles)
    reader = lane.connection.cursor()
    reader.execute(
        f"SELECT s.row, {columns} FROM staged s JOIN odd USING (row) ORDER BY s.row"  # noqa: S608
    )
    while rows := reader.fetchmany(ODD_ROWS_AT_ONCE):
        yield [
            (
                number,
                {title: _tidy(cell) for title, cell in zip(titles.values(), cells, strict=True)},
            )
            for number, *cells in rows
        ]


def _add_checked(lane: Lane, kept: Sequence[tuple[int, int, CleanRow]]) -> None:
    if not kept:
        return
    codes = [code for code in lane.forms if code != lane.item.subject_field]
    contents = [canonical_payload(row.payload) for _, _, row in kept]
    arrays: dict[str, Any] = {
        "row": np.array([number for number, _, _ in kept], dtype=np.int64),
        "ent_id": np.array([enterprise for _, enterprise, _ in kept], dtype=np.int64),
        "natural_key": _texts([row.natural_key for _, _, row in kept]),
        "event_date": _texts([_iso(row.event_date) for _, _, row in kept]),
        "content": _texts(contents),
    }
    for code in codes:
        arrays[f"v_{code}"] = _texts([_as_text(row.payload.get(code)) for _, _, row in kept])
    names = ", ".join(
        f"nullif({name}, '') AS {name}" if name.startswith(("v_", "event")) else name
        for name in arrays
    )
    lane.connection.register("odd_arrays", arrays)
    lane.connection.execute(
        f"INSERT INTO checked BY NAME SELECT {names}, "  # noqa: S608
        "substr(sha256(content), 1, 32) AS content_digest FROM odd_arrays"
    )
    lane.connection.unregister("odd_arrays")


def _take_out_repeats(lane: Lane, rejected: Rejected) -> int:
    """Keep the first row of each key; return how many of the others say the same, tell of those that do not."""
    keys = "ent_id, natural_key"
    total = lane.one("SELECT count(*) FROM checked")
    if total == lane.one(f"SELECT count(*) FROM (SELECT 1 FROM checked GROUP BY {keys})"):  # noqa: S608
        return 0
    lane.connection.execute(
        f"""
        CREATE TABLE repeats AS SELECT row, content_digest = first_digest AS same FROM (
            SELECT row, content_digest,
                first_value(row) OVER w AS first_row, first_value(content_digest) OVER w AS first_digest
            FROM checked SEMI JOIN (
                SELECT {keys} FROM checked GROUP BY {keys} HAVING count(*) > 1) USING ({keys})
            WINDOW w AS (PARTITION BY {keys} ORDER BY row))
        WHERE row <> first_row
        """  # noqa: S608
    )
    conflicts = lane.connection.execute("SELECT row FROM repeats WHERE NOT same ORDER BY row")
    for (number,) in conflicts.fetchall():
        rejected([key_conflict(number)])
    lane.connection.execute("DELETE FROM checked WHERE row IN (SELECT row FROM repeats)")
    return int(lane.one("SELECT count(*) FROM repeats WHERE same"))


def _text_table(
    connection: duckdb.DuckDBPyConnection, name: str, rows: Sequence[tuple[str, str | None]]
) -> None:
    """Create a table of cells and their values; None is NULL."""
    arrays = {"cell": _texts([row[0] for row in rows]), "value": _texts([row[1] for row in rows])}
    connection.register("text_arrays", arrays)
    connection.execute(
        f"CREATE TABLE {name} AS SELECT cell, nullif(value, '') AS value FROM text_arrays"  # noqa: S608
    )
    connection.unregister("text_arrays")


def _texts(values: Sequence[str | None]) -> Any:
    return np.array([value or "" for value in values], dtype=object)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _tidy(cell: str | None) -> str:
    """Return a cell as the careful reader of sheets gives it."""
    if not cell:
        return ""
    return cell.strip() if cell.isprintable() else clean(cell)


def _as_text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def value_columns(lane: Lane) -> list[str]:
    """Return the field codes that ``checked`` holds values of."""
    return [code for code in lane.forms if code != lane.item.subject_field]
