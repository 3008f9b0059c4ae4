"""The evaluation of a stretch of enterprises by the embedded engine: arrays in, one row of points each out.

Source: performance note, recommendation 3 (DuckDB by default, memory flat).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb

from matching.domain.declaration import IndicatorDeclaration
from matching.domain.scorecard_model import ScoreModel
from matching.scoring.batch import Moment
from matching.scoring.family import Frame, Frames
from matching.scoring.loading import Columns, duck_frame, duck_settle
from matching.scoring.points import scored_plan

MEMORY = "1350MB"
"""Of the engine's own; the process holds some 150 MB beside it."""

ROWS_AT_ONCE = 10_000


def connect() -> duckdb.DuckDBPyConnection:
    """Return an engine of its own in memory that spills to the system's temporary folder."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "temp_directory": tempfile.gettempdir(),
    }
    connection = duckdb.connect(config=settings)
    connection.execute("SET enable_progress_bar = false")
    # Forty joins of folds to enterprises stand in the right order already; looking for a better one costs more than
    # they do. Whoever needs an order of rows asks for it.
    connection.execute("SET disabled_optimizers = 'join_order'")
    connection.execute("SET preserve_insertion_order = false")
    return connection


def scored_table(
    connection: duckdb.DuckDBPyConnection,
    enterprises: Frame,
    frames: Frames,
    declarations: Sequence[IndicatorDeclaration],
    moment: Moment,
    model: ScoreModel,
) -> Frame:
    """Return the plan of indicators, points and grades, its folds computed already.

    Args, Raises: as `matching.scoring.batch.indicator_table`.
    """
    settle = duck_settle(connection)
    return scored_plan(enterprises, frames, declarations, moment, model, settle)


def scored_rows(
    connection: duckdb.DuckDBPyConnection,
    enterprises: Columns,
    frames: Frames,
    declarations: Sequence[IndicatorDeclaration],
    moment: Moment,
    model: ScoreModel,
) -> Iterator[dict[str, Any]]:
    """Yield the indicators, points and grade of each enterprise, by key.

    Args:
        connection: from `connect`; the frames are its own.
        enterprises: from `matching.scoring.loading.enterprise_columns`.
        frames: usable records by readable item, no row after the day.
        declarations: to be computed.
        moment: day, storages, deliveries, authorization.
        model: the model in force.
    """
    register = duck_frame(connection, "enterprises", enterprises, {})
    table = scored_table(connection, register, frames, declarations, moment, model)
    names = table.collect_schema().names()
    table.to_native().create("scored")
    found = connection.execute("SELECT * FROM scored ORDER BY ent_id")
    while rows := found.fetchmany(ROWS_AT_ONCE):
        for row in rows:
            yield dict(zip(names, row, strict=True))


def record_frames(
    connection: duckdb.DuckDBPyConnection, records: Mapping[str, Columns], moment: Moment
) -> dict[str, Frame]:
    """Return arrays of records, by item, as frames of an engine.

    Args:
        connection: from `connect`.
        records: from `matching.scoring.loading.record_columns`.
        moment: says how their fields are stored.
    """
    return {
        item: duck_frame(connection, f"records_{number}", columns, moment.storages[item])
        for number, (item, columns) in enumerate(records.items())
    }
