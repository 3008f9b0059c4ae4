"""Records and enterprises as arrays of columns, and arrays as tables of an embedded DuckDB.

Source: `matching.scoring.record_columns` (what the columns are); `borrowers.domain.archive` (how values are packed).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import count
from typing import Any, NamedTuple

import duckdb
import narwhals as nw
import numpy as np

from borrowers.domain.archive import ROW_BITS, Packed, Storage, day_number, packed
from matching.domain.records import CENTS, as_date, as_scaled, month_number
from matching.domain.subject import ACTIVE, INDIVIDUAL, EnterpriseFacts
from matching.scoring.batch import Settle
from matching.scoring.family import Frame

Columns = dict[str, Any]
"""Name to array; integers that may be missing are masked, texts are empty where there is none."""

SQL_TYPES = {Storage.TEXT: "VARCHAR", Storage.DAYS: "INTEGER"}
MOST_ROWS = 2**ROW_BITS


class RecordLine(NamedTuple):
    """One record to be packed: whose, when, its place among those of one day, its content, how long it stood.

    Moments are in microseconds since 1970.
    """

    ent_id: int
    dated: date
    tie: int
    payload: Mapping[str, Any]
    received: int = 0
    superseded: int | None = None
    repaired: int | None = None


def tie_of(batch_rank: int, row_number: int) -> int:
    """Return the place of a record among those of one enterprise and day.

    Args:
        batch_rank: of its batch by reception and public id, from 0.
        row_number: in the batch's file.

    Raises:
        ValueError: the file has more rows than a place can tell.
    """
    if not 0 <= row_number < MOST_ROWS:
        raise ValueError(f"row {row_number} of a file of at most {MOST_ROWS} rows")
    place: int = batch_rank * MOST_ROWS + row_number
    return place


def record_columns(lines: Iterable[RecordLine], fields: Mapping[str, Storage]) -> Columns:
    """Return the records of one item as arrays."""
    rows = list(lines)
    found: Columns = {
        "ent_id": np.array([row.ent_id for row in rows], dtype=np.int64),
        "day": np.array([day_number(row.dated) for row in rows], dtype=np.int32),
        "ym": np.array([month_number(row.dated) for row in rows], dtype=np.int32),
        "tie": np.array([row.tie for row in rows], dtype=np.int64),
        "received": np.array([row.received for row in rows], dtype=np.int64),
        "superseded": _array([row.superseded for row in rows], Storage.WHOLE),
        "repaired": _array([row.repaired for row in rows], Storage.WHOLE),
    }
    for field, storage in sorted(fields.items()):
        found[field] = _array([packed(storage, row.payload.get(field)) for row in rows], storage)
    return found


def enterprise_columns(facts: Sequence[tuple[int, EnterpriseFacts]]) -> Columns:
    """Return enterprises as arrays: key and facts of each."""
    begun = [as_date(one.established_date) for _, one in facts]
    scored = [one.entity_type != INDIVIDUAL and one.status == ACTIVE for _, one in facts]
    capital: list[Packed] = [as_scaled(one.capital_yuan, CENTS) for _, one in facts]
    return {
        "ent_id": np.array([key for key, _ in facts], dtype=np.int64),
        "is_scored": np.array(scored, dtype=np.int32),
        "established_ym": _array(
            [None if day is None else month_number(day) for day in begun], Storage.DAYS
        ),
        "established_dom": _array(
            [None if day is None else day.day for day in begun], Storage.DAYS
        ),
        "capital_yuan": _array(capital, Storage.FEN),
    }


def duck_frame(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Columns,
    fields: Mapping[str, Storage],
) -> Frame:
    """Store arrays as a table of the connection and return it as a frame.

    Args:
        connection: in memory or on file.
        name: of the table, an identifier of this program.
        columns: arrays of one length.
        fields: storage of those columns that are fields; the others keep their array's type.
    """
    chosen = ", ".join(
        f'CAST("{column}" AS {SQL_TYPES.get(fields[column], "BIGINT")}) AS "{column}"'
        if column in fields
        else f'"{column}"'
        for column in columns
    )
    connection.register("arrays", columns)
    # Only names of this program and of the catalogue stand in the text.
    connection.execute(f'CREATE TABLE "{name}" AS SELECT {chosen} FROM arrays')  # noqa: S608
    connection.unregister("arrays")
    return nw.from_native(connection.table(f'"{name}"'))


def duck_settle(connection: duckdb.DuckDBPyConnection) -> Settle:
    """Return what stores a frame of the connection as a temporary table; plans of plans are slow to bind."""
    numbers = count()

    def settle(frame: Frame) -> Frame:
        name = f"settled_{next(numbers)}"
        frame.to_native().create(name)
        return nw.from_native(connection.table(name))

    return settle


def _array(values: Sequence[Packed], storage: Storage) -> Any:
    if storage is Storage.TEXT:
        return np.array([value or "" for value in values], dtype=object)
    kind = np.int32 if storage is Storage.DAYS else np.int64
    missing = [value is None for value in values]
    return np.ma.MaskedArray(np.array([value or 0 for value in values], dtype=kind), missing)
