"""Segments of the archive: immutable Parquet files of one item, written whole or not at all.

A file is written beside its place, made durable and only then named; what the database does not list in its manifest
(`ArchiveSegment`) does not exist, so that a process killed at any moment leaves nothing behind but a file to sweep.

Columns of a segment: ``ent_id``; ``day`` since 1970 and ``ym`` (month counted from year 0) of the date the record
counts for; ``batch`` (primary key) and ``row``, which together name the record; ``digest`` the first 60 bits of the
content's digest; then the item's stored fields by code, as `borrowers.domain.archive` packs them, decimals as their
text. Rows are sorted by enterprise and day. Of items that are kept in the archive alone a segment is keyed: it holds
besides what a record is compared and shown by, ``natural_key``, ``public_id`` and ``dated`` (whether the day is that
of an event), and the fields of earlier declarations.

Source: performance note, recommendation 2; `docs/archive.md`.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from borrowers.domain.archive import BEIJING
from borrowers.domain.item_spec import ItemSpec
from borrowers.ingest.forms import packed_sql, quoted
from borrowers.ingest.staging import Lane
from borrowers.models import ArchiveSegment, CatalogueItem, IngestBatch
from borrowers.selectors.archive import segment_path, stored_fields

KEYS = ("natural_key", "public_id", "dated")
FORM = (
    "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 1, "
    "DICTIONARY_SIZE_LIMIT 2000"
)
"""Dictionaries of many texts cost a fifth of the writing, and make a file larger."""

ROW_GROUP = 122_880
KEYED_ROW_GROUP = 20_480
"""Read for one enterprise at a time: a third of the time for one hundredth more of size."""

_HASHED_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class SegmentFile:
    """A file that was written: its name below the archive's folder, size, rows, hash, days and enterprises it spans."""

    name: str
    size: int
    rows: int
    sha256: str
    first_day: int | None
    last_day: int | None
    first_enterprise: int | None
    last_enterprise: int | None


def segment_write(
    connection: duckdb.DuckDBPyConnection,
    item: ItemSpec,
    select: str,
    *,
    keyed: Collection[str] | None = None,
    in_order: bool = False,
) -> SegmentFile:
    """Write the rows of a query as a new file of the archive, durable when this returns.

    Args:
        connection: knows the query's tables.
        item: whose segment.
        select: gives the columns of a segment but ``ym``.
        keyed: the fields of a keyed segment; None for one that is not.
        in_order: its rows come in the order of a segment.
    """
    name = f"{item.code}/{uuid.uuid4().hex}.parquet"
    path = segment_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    passing = path.with_suffix(".writing")
    codes = stored_fields(item) if keyed is None else keyed
    fields = "".join(f', "{code}"' for code in codes)
    keys = "" if keyed is None else "".join(f", {key}" for key in KEYS)
    group = ROW_GROUP if keyed is None else KEYED_ROW_GROUP
    date = "make_date(day)"
    try:
        connection.execute(
            f"""
            COPY (
                SELECT ent_id, day, CAST(year({date}) * 12 + month({date}) - 1 AS INTEGER) AS ym,
                    batch, row, digest{keys}{fields}
                FROM ({select}) {"" if in_order else "ORDER BY ent_id, day, batch, row"}
            ) TO '{passing}' ({FORM}, ROW_GROUP_SIZE {group})
            """  # noqa: S608
        )
        found = connection.execute(
            "SELECT count(*), min(day), max(day), min(ent_id), max(ent_id) "  # noqa: S608
            f"FROM read_parquet({quoted([str(passing)])})"
        ).fetchone() or (0, None, None, None, None)
        sha256, size = _made_durable(passing)
        passing.rename(path)
        _sync_folder(path.parent)
    finally:
        passing.unlink(missing_ok=True)
    return SegmentFile(name, size, found[0], sha256, *found[1:])


def segment_enter(
    file: SegmentFile, item: CatalogueItem, batches: Iterable[IngestBatch], at: datetime
) -> ArchiveSegment:
    """Enter a written file in the manifest as one of some batches of an item.

    Writes: ``ArchiveSegment``, the batches' segments; runs inside the caller's transaction.
    """
    segment = ArchiveSegment.objects.create(
        item=item,
        name=file.name,
        rows=file.rows,
        size_bytes=file.size,
        sha256=file.sha256,
        first_day=file.first_day,
        last_day=file.last_day,
        first_enterprise=file.first_enterprise,
        last_enterprise=file.last_enterprise,
        written_at=at,
    )
    segment.batches.set(batches)
    return segment


def segments_retire(segments: Iterable[ArchiveSegment], at: datetime) -> None:
    """Take files out of force; what took their place is entered by then, and they are swept some days later.

    Writes: ``ArchiveSegment``, the batches' segments; runs inside the caller's transaction.
    """
    gone = [segment.pk for segment in segments]
    IngestBatch.segments.through.objects.filter(archivesegment__in=gone).delete()
    ArchiveSegment.objects.filter(pk__in=gone).update(retired_at=at)


def segment_from_lane(
    lane: Lane, item: CatalogueItem, batch: IngestBatch, *, in_order: bool = False
) -> ArchiveSegment | None:
    """Write what was kept of a checked file to the archive; None when nothing was.

    Args:
        lane: its table ``checked`` holds what was kept.
        item: of the batch.
        batch: open.
        in_order: the rows of ``checked`` stand in the order of a segment.

    Writes: ``ArchiveSegment``, the batch's segments, one file.
    """
    fields = stored_fields(lane.item)
    columns = {
        code: lane.forms[code].packed_name
        if code in lane.forms
        else packed_sql(storage, "NULL::VARCHAR")
        for code, storage in fields.items()
    }
    received_day = batch.received_at.astimezone(BEIJING).date().isoformat()
    of_batch = f"{batch.pk} AS batch, DATE '{received_day}' AS received_day"
    select = segment_select(f"(SELECT *, {of_batch} FROM checked)", columns)  # noqa: S608
    file = segment_write(lane.connection, lane.item, select, in_order=in_order)
    if not file.rows:
        segment_path(file.name).unlink()
        return None
    return segment_enter(file, item, [batch], batch.received_at)


def segment_select(source: str, fields: Mapping[str, str], public_id: str = "") -> str:
    """Return the query of a segment's columns over rows of records.

    Args:
        source: has ``batch``, ``row``, ``ent_id``, ``natural_key``, ``event_date``, ``received_day``,
            ``digest`` and what the fields name.
        fields: field code to the expression of what its column holds, see `packed_sql`.
        public_id: the expression of a record's public id, for a keyed segment.
    """
    columns = "".join(f', {packed} AS "{code}"' for code, packed in fields.items())
    day = "coalesce(TRY_CAST(event_date AS DATE), received_day) - DATE '1970-01-01'"
    keys = (
        f", natural_key, ({public_id})::UUID AS public_id, TRY_CAST(event_date AS DATE) IS NOT NULL AS dated"
        if public_id
        else ""
    )
    return (
        f"SELECT ent_id, CAST({day} AS INTEGER) AS day, batch::INTEGER AS batch, row::INTEGER AS row, "  # noqa: S608
        f"digest{keys}{columns} FROM {source}"
    )


def _made_durable(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while piece := stream.read(_HASHED_AT_ONCE):
            digest.update(piece)
            size += len(piece)
        os.fsync(stream.fileno())
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
