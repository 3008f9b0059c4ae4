"""Plain records as columns of two engines, to hold the evaluation of all to the portrait of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import narwhals as nw
import numpy as np
import polars as pl

from borrowers.domain.archive import Storage, moment_number, storage_of
from matching.domain.declaration import declarations_on
from matching.domain.records import PlainRecord
from matching.domain.subject import EnterpriseFacts
from matching.scoring.batch import Moment, indicator_table
from matching.scoring.expressions import standing
from matching.scoring.family import Frame
from matching.scoring.loading import (
    Columns,
    RecordLine,
    duck_frame,
    duck_settle,
    enterprise_columns,
    record_columns,
    tie_of,
)
from matching.scoring.points import score_table
from matching.scoring.record_columns import columns_of
from tests.factories.records import ITEMS

ENGINES = ("duckdb", "polars")
POLARS_TYPES = {Storage.TEXT: pl.String, Storage.DAYS: pl.Int32}


@dataclass(frozen=True)
class Stored:
    """A record as the table keeps it: whose it is, until when it stood, when it was repaired."""

    ent_id: int
    record: PlainRecord
    superseded_at: datetime | None = None
    repaired_at: datetime | None = None


def storages_on(day: date) -> dict[str, dict[str, Storage]]:
    """How the fields that declarations read are stored, by item."""
    found = {}
    for item, fields in columns_of(declarations_on(day)).items():
        types = {spec.code: spec.type for spec in ITEMS[item].fields}
        found[item] = {field: storage_of(types[field]) for field in fields if field in types}
    return found


def item_columns(
    stored: Iterable[Stored], storages: Mapping[str, Mapping[str, Storage]]
) -> dict[str, Columns]:
    """The arrays of every item that has records."""
    rows = list(stored)
    batches = sorted({(row.record.received_at, row.record.batch) for row in rows})
    ranks = {batch: rank for rank, batch in enumerate(batches)}
    lines = defaultdict(list)
    for row in rows:
        record = row.record
        lines[record.item_code].append(
            RecordLine(
                row.ent_id,
                record.dated,
                tie_of(ranks[record.received_at, record.batch], record.row_number),
                record.payload,
                moment_number(record.received_at),
                moment_number(row.superseded_at) if row.superseded_at else None,
                moment_number(row.repaired_at) if row.repaired_at else None,
            )
        )
    return {item: record_columns(found, storages.get(item, {})) for item, found in lines.items()}


def polars_frame(columns: Columns, fields: Mapping[str, Storage]) -> Frame:
    """Arrays as a lazy polars frame of the same types."""
    series = []
    for name, values in columns.items():
        kind = POLARS_TYPES.get(fields[name], pl.Int64) if name in fields else None
        held = values.tolist() if isinstance(values, np.ma.MaskedArray) else values
        if isinstance(values, np.ma.MaskedArray) and kind is None:
            kind = pl.Int32 if values.dtype == np.int32 else pl.Int64
        series.append(pl.Series(name, held, dtype=kind))
    return nw.from_native(pl.DataFrame(series).lazy())


class Batch:
    """The evaluation of some enterprises by one engine."""

    def __init__(self, engine: str, facts: Sequence[tuple[int, EnterpriseFacts]], moment: Moment):
        self.engine = engine
        self.moment = moment
        self._connection = duckdb.connect() if engine == "duckdb" else None
        self._enterprises = self._frame("enterprises", enterprise_columns(facts), {})

    def _frame(self, name, columns, fields):
        if self._connection is None:
            return polars_frame(columns, fields)
        return duck_frame(self._connection, name, columns, fields)

    def rows(self, stored, known_at, declarations, model=None, *, public_only=False):
        """Enterprise to its row of indicators, and of points when a model is given."""
        storages = self.moment.storages
        frames = {
            item: standing(
                self._frame(item, columns, storages.get(item, {})), self.moment.day, known_at
            )
            for item, columns in item_columns(stored, storages).items()
            if not (public_only and ITEMS[item].consent_required)
        }
        settle = [duck_settle(self._connection)] if self._connection else []
        table = indicator_table(self._enterprises, frames, declarations, self.moment, *settle)
        if model is not None:
            table = score_table(table, {entry.code: entry for entry in declarations}, model)
        names = table.collect_schema().names()
        native = table.to_native()
        found = native.collect().rows() if self._connection is None else native.fetchall()
        return {row[0]: dict(zip(names, row, strict=True)) for row in found}
