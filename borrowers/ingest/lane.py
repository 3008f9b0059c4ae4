"""The fast lane of a delivered csv file: staged, read and checked in columns, its odd rows by the scalar code.

What comes out is a view ``checked`` of an embedded engine: one row per row of the file that may be kept, first of its
key; the rows that may not be kept have been told to the caller with every reason.

Source: performance note, A; `borrowers.ingest.forms` says which cells are plain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np

from borrowers.domain.archive import storage_of
from borrowers.domain.record import DIGEST_LENGTH, CleanRow, canonical_payload, compile_item
from borrowers.ingest.forms import (
    FieldForm,
    broken_rules_sql,
    content_sql,
    day_sql,
    digest_sql,
    key_fits_sql,
    natural_key_sql,
    packed_sql,
    payload_sql,
)
from borrowers.ingest.judging import Rejected, Review, Subjects, as_they_are, rows_judged
from borrowers.ingest.meanings import CellsMap, cells_map, stored_text, text_array, tidy
from borrowers.ingest.repeats import repeats_take_out
from borrowers.ingest.seen import SeenKeys
from borrowers.ingest.staging import CHECKED_ROWS, ENTERPRISES, Lane

ODD_ROWS_AT_ONCE = 2_000


def check(
    lane: Lane,
    place: Subjects,
    received_on: date,
    rejected: Rejected,
    review: Review = as_they_are,
    seen: SeenKeys | None = None,
) -> int:
    """Fill the table ``checked`` with the rows that may be kept; return how many repeat one of the same file.

    Args:
        lane: staged, its engine told of the enterprises.
        place: finds the enterprises of rows that the scalar code read.
        received_on: day of delivery; an event after it is refused.
        rejected: told the reasons of every row that is not kept, in order of rows within each kind.
        review: looks once more at rows that the scalar code refused.
        seen: keys of the pieces of the file that came before; None where it is read whole.

    Writes in the engine: ``checked_rows``, and over it the view ``checked``: row, ent_id, natural_key, event_date,
        content, content_digest, digest (the first 60 bits of that), and by field ``p_`` the value as a segment holds
        it. The content is spelled when it is read.
    """
    cells = cells_map(lane, received_on)
    _read_plain(lane, cells)
    _read_odd(lane, place, received_on, rejected, review)
    return repeats_take_out(lane.connection, rejected, seen)


def subject_codes(lane: Lane) -> list[str]:
    """Return the distinct plain codes of the subject field."""
    column = lane.subject.column
    found = lane.connection.execute(
        f"SELECT DISTINCT {column} FROM staged s WHERE {lane.subject.plain}"  # noqa: S608
    )
    return [code for (code,) in found.fetchall()]


def _read_plain(lane: Lane, cells: CellsMap) -> None:
    """Create ``checked`` from the rows all of whose cells are plain, and ``odd`` from the others."""
    forms, item = lane.forms, lane.item
    others = [form for form in forms.values() if form is not lane.subject]
    content = content_sql(item, forms, cells.spelling)
    reads = "".join(f", {form.packed} AS {form.packed_name}" for form in others)
    fits = [form.fits for form in others] + key_fits_sql(item, forms, cells.longest)
    fits += [f"NOT {broken}" for broken in broken_rules_sql(item, forms)]
    lane.connection.execute(
        f"""
        CREATE TABLE {CHECKED_ROWS} AS
        SELECT *, {digest_sql("content_digest")} AS digest, NULL::VARCHAR AS odd_content
        FROM (SELECT *, substr(sha256({content}), 1, {DIGEST_LENGTH}) AS content_digest
            FROM (SELECT s.row, e.ent_id, {natural_key_sql(item, forms)} AS natural_key{reads}
            FROM ({cells.rows}) s JOIN {ENTERPRISES} e ON e.code = s.{lane.subject.column}
            WHERE {" AND ".join(fits) or "true"}))
        """  # noqa: S608
    )
    event = forms.get(item.event_date)
    lane.connection.execute(
        f"CREATE VIEW checked AS SELECT * EXCLUDE (odd_content), coalesce(odd_content, {content}) AS content, "  # noqa: S608
        f"coalesce(odd_content, {payload_sql(item, forms, cells.spelling)}) AS payload, "
        f"{day_sql(event.packed_name) if event else 'NULL::DATE'} AS event_date FROM {CHECKED_ROWS}"
    )
    lane.connection.execute(
        f"CREATE TABLE odd AS SELECT row FROM staged ANTI JOIN {CHECKED_ROWS} USING (row)"  # noqa: S608
    )


def _read_odd(
    lane: Lane, place: Subjects, received_on: date, rejected: Rejected, review: Review
) -> None:
    """Let the scalar code read what is not plain: it keeps, or says every reason."""
    read_row = compile_item(lane.item, lane.titles, received_on)
    for rows in _odd_rows(lane):
        judged = rows_judged(rows, read_row, lane.item, place)
        for errors in review(judged.refused):
            rejected(errors)
        _add_checked(lane, judged.kept)


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
                {title: tidy(cell) for title, cell in zip(titles.values(), cells, strict=True)},
            )
            for number, *cells in rows
        ]


def _add_checked(lane: Lane, kept: Sequence[tuple[int, int, CleanRow]]) -> None:
    if not kept:
        return
    others = [form for form in lane.forms.values() if form is not lane.subject]
    arrays: dict[str, Any] = {
        "odd_row": np.array([number for number, _, _ in kept], dtype=np.int64),
        "odd_ent_id": np.array([enterprise for _, enterprise, _ in kept], dtype=np.int64),
        "odd_key": text_array([row.natural_key for _, _, row in kept]),
        "odd_content": text_array([canonical_payload(row.payload) for _, _, row in kept]),
    }
    for form in others:
        texts = [stored_text(row.payload.get(form.spec.code)) for _, _, row in kept]
        arrays[f"v_{form.spec.code}"] = text_array(texts)
    packed = "".join(f", {_packed_text(form)} AS {form.packed_name}" for form in others)
    lane.connection.register("odd_arrays", arrays)
    lane.connection.execute(
        f"INSERT INTO {CHECKED_ROWS} BY NAME SELECT *, {digest_sql('content_digest')} AS digest FROM ("  # noqa: S608
        "SELECT odd_row AS row, odd_ent_id AS ent_id, odd_key AS natural_key, odd_content, "
        f"substr(sha256(odd_content), 1, {DIGEST_LENGTH}) AS content_digest{packed} FROM odd_arrays)"
    )
    lane.connection.unregister("odd_arrays")


def _packed_text(form: FieldForm) -> str:
    return packed_sql(storage_of(form.spec.type), f"nullif(v_{form.spec.code}, '')")
