"""Records of the database filed as segments of the archive, and segments merged into one.

Source: `borrowers.ingest.segments` (what a segment is).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from django.db import connection

from borrowers.domain.archive import BEIJING, KeptIn, Storage, storage_of
from borrowers.ingest.forms import digest_sql, packed_sql
from borrowers.ingest.segments import SegmentFile, segment_select, segment_write
from borrowers.ingest.staging import engine, places_register
from borrowers.models import ArchiveSegment, CatalogueItem, CreditRecord, IngestBatch
from borrowers.selectors.archive import fields_ever, segment_path, stored_fields
from borrowers.selectors.catalogue import item_spec

COLUMNS = {
    "batch": "batch_id",
    "row": "row_number",
    "ent_id": "enterprise_id",
    "natural_key": "natural_key",
    "event_date": "event_date",
    "payload": "payload",
    "content_digest": "content_digest",
    "public_id": "public_id",
}
"""Columns of the engine's table ``records`` to those of the database."""

NUMBERS = 3
FETCHED_AT_ONCE = 20_000


def batches_to_segment(
    item: CatalogueItem, batches: Sequence[IngestBatch], folder: Path
) -> SegmentFile:
    """Write the records of some batches of one item, every version of them, as one file.

    Args:
        item: of the batches; the file is keyed where the archive alone keeps its records.
        batches: kept, not filed yet.
        folder: for passing files.

    Queries: one over the batches' records.
    """
    spec = item_spec(item)
    keyed = keyed_fields(item)
    fields = stored_fields(spec) if keyed is None else keyed
    with engine(folder) as duck:
        _records_into(duck, [batch.pk for batch in batches], folder / "records.csv")
        days = [batch.received_at.astimezone(BEIJING).date().isoformat() for batch in batches]
        arrays = {
            "batch": np.array([batch.pk for batch in batches], dtype=np.int32),
            "received_day": np.array(days, dtype=object),
        }
        duck.register("day_arrays", arrays)
        columns = {
            code: packed_sql(storage, f"json_extract_string(payload, '$.\"{code}\"')")
            for code, storage in fields.items()
        }
        source = (
            f"(SELECT r.*, {digest_sql('content_digest')} AS digest, d.received_day::DATE AS received_day "  # noqa: S608
            "FROM records r JOIN day_arrays d USING (batch))"
        )
        select = segment_select(source, columns, "" if keyed is None else "public_id")
        return segment_write(duck, spec, select, keyed=keyed)


def segments_merged(
    item: CatalogueItem, segments: Sequence[ArchiveSegment], folder: Path
) -> SegmentFile:
    """Write the rows of some segments of one item as one file."""
    with engine(folder) as duck:
        _merged_view(duck, item, segments)
        return segment_write(
            duck, item_spec(item), "SELECT * FROM merged", keyed=keyed_fields(item)
        )


def segments_by_enterprise(
    item: CatalogueItem, segments: Sequence[ArchiveSegment], most_rows: int, folder: Path
) -> list[SegmentFile]:
    """Write the rows of some segments of one item as files that hold all of theirs of a stretch of enterprises each.

    Args:
        item: of the segments.
        segments: all that may hold rows of the enterprises.
        most_rows: about so many rows go into a file; one enterprise's are not divided.
        folder: for passing files.
    """
    files = []
    with engine(folder) as duck:
        _merged_view(duck, item, segments)
        start = 0
        for last in _cuts(duck, most_rows):
            select = f"SELECT * FROM merged WHERE ent_id BETWEEN {start} AND {last}"  # noqa: S608
            files.append(segment_write(duck, item_spec(item), select, keyed=keyed_fields(item)))
            start = last + 1
    return files


def keyed_fields(item: CatalogueItem) -> dict[str, Storage] | None:
    """Return the fields of a keyed segment of an item, None where its segments are not."""
    if item.kept_in != KeptIn.ARCHIVE:
        return None
    return {code: storage_of(kind) for code, kind in fields_ever(item).items()}


def _cuts(duck: duckdb.DuckDBPyConnection, most_rows: int) -> list[int]:
    """Return the last enterprise of each stretch of about so many rows of ``merged``, in order."""
    found = duck.execute(
        f"""
        SELECT max(ent_id) FROM (
            SELECT ent_id, (sum(rows) OVER (ORDER BY ent_id) - rows) // {most_rows} AS part
            FROM (SELECT ent_id, count(*) AS rows FROM merged GROUP BY ent_id))
        GROUP BY part ORDER BY part
        """  # noqa: S608
    ).fetchall()
    return [last for (last,) in found]


def _records_into(duck: duckdb.DuckDBPyConnection, batch_pks: Sequence[int], path: Path) -> None:
    """Bring the records of batches into the engine's table ``records``."""
    if connection.vendor == "postgresql":
        _copied(batch_pks, path)
        types = ", ".join(f"'{name}': 'VARCHAR'" for name in list(COLUMNS)[NUMBERS:])
        duck.execute(
            f"CREATE VIEW records AS SELECT * FROM read_csv('{path}', header = false, auto_detect = false, "  # noqa: S608
            f"columns = {{'batch': 'INTEGER', 'row': 'INTEGER', 'ent_id': 'BIGINT', {types}}}, "
            "quote = '\"', escape = '\"', max_line_size = 4000000)"
        )
        return
    duck.execute(
        "CREATE TABLE records (batch INTEGER, row INTEGER, ent_id BIGINT, natural_key VARCHAR, "
        "event_date VARCHAR, payload VARCHAR, content_digest VARCHAR, public_id VARCHAR)"
    )
    for arrays in _fetched(batch_pks):
        duck.register("record_arrays", arrays)
        duck.execute("INSERT INTO records SELECT * FROM record_arrays")
        duck.unregister("record_arrays")


def _copied(batch_pks: Sequence[int], path: Path) -> None:
    table = CreditRecord._meta.db_table
    chosen = ", ".join(str(int(pk)) for pk in batch_pks)
    select = f"SELECT {', '.join(COLUMNS.values())} FROM {table} WHERE batch_id IN ({chosen})"  # noqa: S608
    with (
        connection.cursor() as cursor,
        path.open("wb") as target,
        cursor.copy(f"COPY ({select}) TO STDOUT (FORMAT csv)") as copy,
    ):
        for piece in copy:
            target.write(piece)


def _fetched(batch_pks: Sequence[int]) -> Iterator[dict[str, Any]]:
    table = CreditRecord._meta.db_table
    chosen = ", ".join(str(int(pk)) for pk in batch_pks)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(COLUMNS.values())} FROM {table} WHERE batch_id IN ({chosen})"  # noqa: S608
        )
        while rows := cursor.fetchmany(FETCHED_AT_ONCE):
            columns = list(zip(*rows, strict=True))
            yield {
                name: np.array(
                    [str(value or "") for value in values] if place >= NUMBERS else values,
                    dtype=object if place >= NUMBERS else np.int64,
                )
                for place, (name, values) in enumerate(zip(COLUMNS, columns, strict=True))
            }


def segments_without(
    item: CatalogueItem, segment: ArchiveSegment, gone: Sequence[tuple[int, int]], folder: Path
) -> SegmentFile:
    """Write the rows of a segment as a new file, those at some places (batch and row) left out."""
    with engine(folder) as duck:
        places_register(duck, "gone", gone)
        _merged_view(duck, item, [segment])
        select = "SELECT * FROM merged ANTI JOIN gone USING (batch, row)"
        return segment_write(duck, item_spec(item), select, keyed=keyed_fields(item))


def _merged_view(
    duck: duckdb.DuckDBPyConnection, item: CatalogueItem, segments: Sequence[ArchiveSegment]
) -> None:
    """Create the view ``merged``: the rows of some segments, with every field the item has today."""
    fields = keyed_fields(item) or stored_fields(item_spec(item))
    files = [str(segment_path(segment.name)) for segment in segments]
    rows = duck.read_parquet(files, union_by_name=True)
    missing = "".join(
        f', NULL::{"VARCHAR" if storage is Storage.TEXT else "BIGINT"} AS "{code}"'
        for code, storage in fields.items()
        if code not in rows.columns
    )
    rows.create_view("files")
    duck.execute(f"CREATE VIEW merged AS SELECT *{missing} FROM files")  # noqa: S608
