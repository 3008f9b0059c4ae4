"""Rejected rows as they were delivered, held for a while so that they can go back and be corrected.

Only columns that mean a field of the item are held, and of those only cells that may be stored: the file itself goes as
soon as its rows are kept, for what else it may hold.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np
from django.db import connection

from borrowers.domain.item_spec import ItemSpec
from borrowers.domain.rows import bind_columns
from borrowers.ingest.meanings import tidy
from borrowers.ingest.staging import Lane
from borrowers.models import IngestBatch, IngestReject, RejectedRow
from marketplace.bulk import insert_rows
from marketplace.crypto import encrypt
from marketplace.sheets import Sheet

HELD_AT_ONCE = 2_000
HeldRow = tuple[int, list[str]]


def columns_held(item: ItemSpec, titles: Iterable[str]) -> dict[str, str]:
    """Return the titles that mean a field, in the order of the sheet, each with the field's code.

    The code is empty where the cells may not be stored: the column goes back, its cells do not.
    """
    headers = bind_columns(item.columns, titles).headers
    code_of = {headers[spec.code]: spec for spec in item.fields if spec.code in headers}
    return {
        title: code_of[title].code if code_of[title].kept else ""
        for title in titles
        if title in code_of
    }


def rows_hold(batch: IngestBatch, titles: Iterable[str], rows: Iterable[HeldRow]) -> None:
    """Hold rejected rows of an open batch.

    Args:
        batch: its titles are set, and saved when it closes.
        titles: as `columns_held` gives them.
        rows: row number and cells in their order.

    Writes: ``RejectedRow``, in bounded pieces.
    """
    batch.titles = list(titles)
    sealed = (
        (batch.pk, number, encrypt(json.dumps(cells, ensure_ascii=False))) for number, cells in rows
    )
    insert_rows(RejectedRow, ("batch", "row_number", "cells"), sealed)


def rows_of_lane(lane: Lane, numbers: Collection[int], held: dict[str, str]) -> Iterator[HeldRow]:
    """Yield rows of a staged file by their numbers."""
    columns = ", ".join(f"s.{lane.forms[code].column}" if code else "''" for code in held.values())
    reader = lane.connection.cursor()
    reader.register("rejected", {"row": np.array(sorted(numbers), dtype=np.int64)})
    reader.execute(
        f"SELECT s.row, {columns} FROM staged s SEMI JOIN rejected USING (row) ORDER BY s.row"  # noqa: S608
    )
    while rows := reader.fetchmany(HELD_AT_ONCE):
        for number, *cells in rows:
            yield number, [tidy(cell) for cell in cells]


def rows_of_sheet(
    sheet: Sheet, numbers: Collection[int], held: dict[str, str]
) -> Iterator[HeldRow]:
    """Yield rows of a sheet by their numbers; read to its end."""
    for number, row in sheet:
        if number in numbers:
            yield number, [row.get(title, "") if code else "" for title, code in held.items()]


def rows_carry_over(earlier: IngestBatch, batch: IngestBatch, passing: Sequence[str]) -> None:
    """Hold the rows of an earlier batch of the same file that were refused for lasting reasons, in one statement.

    Writes: ``RejectedRow``.
    """
    batch.titles = earlier.titles
    table, reasons = RejectedRow._meta.db_table, IngestReject._meta.db_table
    places = ", ".join(["%s"] * len(passing))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (batch_id, row_number, cells) SELECT %s, row_number, cells FROM {table} "  # noqa: S608
            f"WHERE batch_id = %s AND row_number NOT IN "
            f"(SELECT row_number FROM {reasons} WHERE batch_id = %s AND code IN ({places}))",
            [batch.pk, earlier.pk, earlier.pk, *passing],
        )
