"""What the distinct cells of a column mean: each read once by the scalar reader, then joined to the rows.

A map holds of every cell what a segment holds of it and its part of the natural key.

Source: performance note, A.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from borrowers.domain.archive import storage_of
from borrowers.domain.cells import CellRefused, reader_for
from borrowers.domain.item_spec import FieldType
from borrowers.domain.record import natural_key_part
from borrowers.ingest.forms import BLANKS, FieldForm, Spelling, packed_sql
from borrowers.ingest.staging import Lane
from marketplace.domain.text import clean

MOST_MAPPED = 200_000
"""Distinct cells of a column that are read by the scalar code at most; rows beyond go to it whole."""

_ESCAPED = frozenset('\\"')

JOINED_AT_ONCE = 30
"""Each join reserves memory whatever it joins: so many stay below the limit, and the staged rows are not written again.
"""


class CellsMap(NamedTuple):
    """The mapped columns of a staged file.

    Attributes:
        rows: query of ``staged`` with what every mapped cell means.
        longest: characters of the longest key part of a mapped field, by field code.
        spelling: what is known of the values.
    """

    rows: str
    longest: dict[str, int]
    spelling: Spelling


def cells_map(lane: Lane, received_on: date) -> CellsMap:
    """Read the distinct cells of every mapped field.

    Args:
        lane: staged.
        received_on: day of delivery; an event after it means nothing here.

    Writes in the engine: ``map_`` tables, one per column; where there are many columns, ``staged`` again with the
        meanings of all but the last few.
    """
    item, longest, escaped, lacking = lane.item, {}, set(), set()
    waiting: list[tuple[str, list[str]]] = []
    for code, form in lane.forms.items():
        if form.is_mapped:
            until = received_on.isoformat() if code == item.event_date else ""
            cells = _cells_read(lane, form, until)
            if any(isinstance(value, str) and _ESCAPED & set(value) for _, value in cells):
                escaped.add(code)
            if any(value is None for _, value in cells):
                lacking.add(code)
            longest[code] = _map_table(lane, form, cells)
            waiting.append((form.column, ["packed", *["key"] * (code in item.natural_key)]))
    while len(waiting) >= JOINED_AT_ONCE:
        group, waiting = waiting[:JOINED_AT_ONCE], waiting[JOINED_AT_ONCE:]
        lane.connection.execute(f"CREATE TABLE restaged AS {_joined(group)}")
        lane.connection.execute("DROP TABLE staged")
        lane.connection.execute("ALTER TABLE restaged RENAME TO staged")
    return CellsMap(_joined(waiting), longest, Spelling(frozenset(escaped), frozenset(lacking)))


def text_array(values: Sequence[str | None]) -> Any:
    """Return texts as the engine takes them; None as an empty one."""
    return np.array([value or "" for value in values], dtype=object)


def tidy(cell: str | None) -> str:
    """Return a cell as the careful reader of sheets gives it."""
    if not cell:
        return ""
    return cell.strip() if cell.isprintable() else clean(cell)


def stored_text(value: Any) -> str | None:
    """Return a stored value as columns of texts hold it."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _joined(columns: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Return the query of ``staged`` with parts of what the cells of some mapped columns mean."""
    meanings = "".join(
        f", map_{c}.cell IS NOT NULL AS known_{c}"
        + "".join(f", map_{c}.{part} AS {part}_{c}" for part in parts)
        for c, parts in columns
    )
    joins = " ".join(f"LEFT JOIN map_{c} ON map_{c}.cell = s.{c}" for c, _ in columns)
    return f"SELECT s.*{meanings} FROM staged s {joins}"  # noqa: S608


def _cells_read(lane: Lane, form: FieldForm, until: str) -> list[tuple[str, Any]]:
    """Return the distinct cells of a column that mean something, each with the stored value; None for nothing.

    Args:
        lane: staged.
        form: mapped.
        until: ISO day after which a date is refused; empty for any.
    """
    cells = lane.connection.execute(
        f"SELECT DISTINCT {form.column} FROM staged s WHERE {form.column} IS NOT NULL LIMIT {MOST_MAPPED}"  # noqa: S608
    ).fetchall()
    read = reader_for(form.spec, lane.item.subject, lane.binding.money_scale.get(form.spec.code))
    known: list[tuple[str, Any]] = []
    for (cell,) in cells:
        text = tidy(cell)
        if text in BLANKS:
            if not form.spec.required and cell in BLANKS:
                known.append((cell, None))
            continue  # blank only once tidied: whether it may be is the scalar code's to say
        try:
            stored = read(text)
        except CellRefused:
            continue
        if isinstance(stored, str) and not (stored and min(stored) >= " "):
            continue  # empty, or JSON escapes more of it than SQL would
        if not (until and stored is not None and str(stored) > until):
            known.append((cell, stored))
    return known


def _map_table(lane: Lane, form: FieldForm, cells: Sequence[tuple[str, Any]]) -> int:
    """Create a column's map: cell, what a segment holds, part of the key; return the longest part's length."""
    spec = form.spec
    is_text = spec.type is FieldType.TEXT
    keys = ["" if v is None else natural_key_part(str(v), is_text=is_text) for _, v in cells]
    arrays = {
        "cell": text_array([cell for cell, _ in cells]),
        "value": text_array([stored_text(value) for _, value in cells]),
        "key": text_array(keys),
    }
    packed = packed_sql(storage_of(spec.type), "value")
    lane.connection.register("map_arrays", arrays)
    lane.connection.execute(
        f"""
        CREATE TABLE map_{form.column} AS SELECT cell, {packed} AS packed, key
        FROM (SELECT cell::VARCHAR AS cell, nullif(value::VARCHAR, '') AS value, key::VARCHAR AS key FROM map_arrays)
        """  # noqa: S608
    )
    lane.connection.unregister("map_arrays")
    return max(map(len, keys), default=0)
