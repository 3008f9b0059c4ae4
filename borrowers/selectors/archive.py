"""Reads of the archive: what it holds, and the records of a moment as columns of an embedded engine.

The manifest in the database says which files there are; what became of single records since they were filed
(corrected, withdrawn, repaired) is told by the database too, so that a file never changes.

Source: performance note, recommendation 2; design law 5 (records of a past moment).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet, Sum

from borrowers.domain.archive import ROW_BITS, KeptIn, Storage, moment_number, storage_of
from borrowers.domain.catalogue import item_from_mapping
from borrowers.domain.item_spec import FieldType, ItemSpec
from borrowers.models import (
    RECORD_KINDS,
    ArchivedEnd,
    ArchiveSegment,
    CatalogueItem,
    CatalogueItemVersion,
    CreditRecord,
    IngestBatch,
)
from borrowers.selectors.catalogue import item_spec


@dataclass(frozen=True)
class ArchiveLine:
    """What the archive holds of one item.

    Attributes:
        code, name: of the item.
        kept_in: where its records are.
        segments, rows, size_bytes: files in force.
        waiting: batches kept in the database that no file holds yet.
        written_at: of the latest file.
    """

    code: str
    name: str
    kept_in: str
    segments: int
    rows: int
    size_bytes: int
    waiting: int
    written_at: datetime | None


def segment_path(name: str) -> Path:
    """Return where a segment lies."""
    return Path(settings.ARCHIVE_DIR) / name


def stored_fields(item: ItemSpec) -> dict[str, Storage]:
    """Return field code to storage of what a record of the item holds, its subject apart."""
    return {
        spec.code: storage_of(spec.type)
        for spec in item.fields
        if spec.kept and spec.code != item.subject_field
    }


def fields_ever(item: CatalogueItem) -> dict[str, FieldType]:
    """Return field code to type of what a record of the item holds or held under an earlier declaration.

    Of a field that changed its type the latest counts; the subject is left out. Queries: one.
    """
    found: dict[str, FieldType] = {}
    earlier = CatalogueItemVersion.objects.filter(item=item).order_by("version")
    for spec in [*(item_from_mapping(one.spec) for one in earlier), item_spec(item)]:
        for field in spec.fields:
            if field.kept and field.code != spec.subject_field:
                found[field.code] = field.type
    return found


def batch_files(batch: IngestBatch) -> list[Path]:
    """Return the files in force that hold a batch's rows, none where it is not filed. Queries: one."""
    names = batch.segments.order_by("id").values_list("name", flat=True)
    return [segment_path(name) for name in names]


def batches_waiting() -> QuerySet[IngestBatch]:
    """Return the kept batches with records that no file of the archive holds, in order of reception."""
    kept = IngestBatch.objects.filter(
        kind__in=RECORD_KINDS, state="KEPT", accepted__gt=0, segments=None
    )
    return kept.select_related("item").order_by("item", "received_at", "id")


def is_filed(item_ids: Collection[int], at: datetime) -> bool:
    """Return whether the archive holds every record of some items that was received until a moment. Queries: one."""
    waiting = batches_waiting().filter(item__in=list(item_ids), received_at__lte=at)
    return not waiting.exists()


def archive_lines() -> list[ArchiveLine]:
    """Return what the archive holds, by item. Queries: two."""
    in_force = Q(segments__retired_at=None)
    held = CatalogueItem.objects.annotate(
        files=Count("segments", filter=in_force),
        held=Sum("segments__rows", filter=in_force),
        size=Sum("segments__size_bytes", filter=in_force),
        latest=Max("segments__written_at", filter=in_force),
    ).order_by("data_class", "code")
    waiting = dict(batches_waiting().order_by().values_list("item").annotate(Count("id")))
    return [
        ArchiveLine(
            item.code,
            item.name,
            item.kept_in,
            item.files,
            item.held or 0,
            item.size or 0,
            waiting.get(item.pk, 0),
            item.latest,
        )
        for item in held
    ]


def archive_frames(
    connection: duckdb.DuckDBPyConnection,
    wanted: Mapping[str, Sequence[str]],
    at: datetime,
    stretch: tuple[int, int] | None = None,
) -> dict[str, duckdb.DuckDBPyRelation]:
    """Return the filed records of some items as they were known at a moment, as relations of an engine.

    Args:
        connection: of the embedded engine; passing tables are created in it.
        wanted: item code to fields.
        at: aware; files of batches received later are not read.
        stretch: first and last primary key of the enterprises to read; None for all.

    Returns:
        By item, those without files left out: ``ent_id``, ``day``, ``ym``, ``tie`` (place among the records of one
        enterprise and day), ``received``, ``superseded`` and ``repaired`` in microseconds since 1970 and the fields as
        `borrowers.domain.archive` packs them. Whether a record stood at the moment is for the reader to filter.

    Queries: two, and one per item for what was corrected or repaired, two where the archive alone keeps it.
    """
    ranked = _ranked_batches(at)
    items = CatalogueItem.objects.filter(code__in=list(wanted)).order_by("code")
    segments = _segments_of(items, at)
    found: dict[str, duckdb.DuckDBPyRelation] = {}
    connection.register("batch_arrays", ranked)
    connection.execute("CREATE OR REPLACE TABLE archive_batches AS SELECT * FROM batch_arrays")
    connection.unregister("batch_arrays")
    for number, item in enumerate(items):
        names = segments.get(item.pk)
        if not names:
            continue
        ends = _ends_table(connection, f"archive_ends_{number}", item, stretch)
        files = [str(segment_path(name)) for name in names]
        held = connection.read_parquet(files, union_by_name=True).columns
        select = _frame_sql(item_spec(item), wanted[item.code], files, set(held), ends)
        if stretch is not None:
            select += f" WHERE s.ent_id BETWEEN {stretch[0]} AND {stretch[1]}"
        found[item.code] = connection.sql(select)
    return found


def _ranked_batches(at: datetime) -> dict[str, Any]:
    """Return the batches known at a moment as arrays: key, place by reception and public id, moment."""
    kept = IngestBatch.objects.filter(kind__in=RECORD_KINDS, state="KEPT", received_at__lte=at)
    rows = sorted(
        (received_at, str(public_id), pk)
        for pk, received_at, public_id in kept.values_list("pk", "received_at", "public_id")
    )
    return {
        "batch": np.array([pk for _, _, pk in rows], dtype=np.int32),
        "place": np.arange(len(rows), dtype=np.int64),
        "received": np.array([moment_number(moment) for moment, _, _ in rows], dtype=np.int64),
    }


def _segments_of(items: QuerySet[CatalogueItem], at: datetime) -> dict[int, list[str]]:
    """Return the files in force by item that hold any batch received until the moment."""
    known = Q(batches__received_at__lte=at) | Q(item__kept_in=KeptIn.ARCHIVE)
    held = ArchiveSegment.objects.filter(known, item__in=items, retired_at=None)
    found: dict[int, list[str]] = {}
    for item_id, name in held.distinct().order_by("id").values_list("item_id", "name"):
        found.setdefault(item_id, []).append(name)
    return found


def _ends_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    item: CatalogueItem,
    stretch: tuple[int, int] | None,
) -> str:
    """Create the table of an item's records that were corrected, withdrawn or repaired; empty text when none was."""
    ends: dict[tuple[int, int], tuple[datetime | None, datetime | None]] = {}
    if item.kept_in == KeptIn.ARCHIVE:  # first: what is brought back meanwhile is found below
        corrected = _of_stretch(ArchivedEnd.objects.filter(item=item), stretch)
        columns = ("batch_id", "row_number", "superseded_at")
        ends = {(batch, row): (at, None) for batch, row, at in corrected.values_list(*columns)}
    is_ended = Q(superseded_at__isnull=False) | Q(repaired_at__isnull=False)
    told = _of_stretch(CreditRecord.objects.filter(is_ended, item=item), stretch)
    marks = ("batch_id", "row_number", "superseded_at", "repaired_at")
    ends.update({(batch, row): (at, fixed) for batch, row, at, fixed in told.values_list(*marks)})
    rows = [(*place, *moments) for place, moments in ends.items()]
    if not rows:
        return ""
    arrays = {
        "batch": np.array([row[0] for row in rows], dtype=np.int32),
        "row": np.array([row[1] for row in rows], dtype=np.int32),
        "superseded": np.array([_moment(row[2]) for row in rows], dtype=np.int64),
        "repaired": np.array([_moment(row[3]) for row in rows], dtype=np.int64),
    }
    connection.register("ended_arrays", arrays)
    connection.execute(
        f"CREATE OR REPLACE TABLE {table} AS SELECT batch, row, nullif(superseded, -1) AS superseded, "  # noqa: S608
        "nullif(repaired, -1) AS repaired FROM ended_arrays"
    )
    connection.unregister("ended_arrays")
    return table


def _of_stretch(found: QuerySet[Any], stretch: tuple[int, int] | None) -> QuerySet[Any]:
    if stretch is not None:
        found = found.filter(enterprise__gte=stretch[0], enterprise__lte=stretch[1])
    return found.order_by()


def _moment(moment: datetime | None) -> int:
    return -1 if moment is None else moment_number(moment)


def _frame_sql(
    item: ItemSpec, fields: Sequence[str], files: Sequence[str], held: Collection[str], ends: str
) -> str:
    """Return the query of an item's frame; a field that no file holds yet is nothing everywhere."""
    types = {spec.code: spec.type for spec in item.fields}
    columns = "".join(
        f', {_read_sql(code, types[code]) if code in held else "NULL::BIGINT"} AS "{code}"'
        for code in fields
    )
    ended = (
        "e.superseded, e.repaired"
        if ends
        else "NULL::BIGINT AS superseded, NULL::BIGINT AS repaired"
    )
    join = f" LEFT JOIN {ends} e ON e.batch = s.batch AND e.row = s.row" if ends else ""
    listed = ", ".join(f"'{file}'" for file in files)
    return (
        f"SELECT s.ent_id, s.day, s.ym, (b.place << {ROW_BITS}) + s.row AS tie, b.received, {ended}"  # noqa: S608
        f"{columns} FROM read_parquet([{listed}], union_by_name = true) s "
        f"JOIN archive_batches b ON b.batch = s.batch{join}"
    )


def _read_sql(code: str, field_type: FieldType) -> str:
    """Return a field as evaluations read it, from what a segment holds."""
    column = f's."{code}"'
    if storage_of(field_type) is Storage.HUNDREDTHS:
        return f"CAST(round(TRY_CAST({column} AS DECIMAL(38, 10)) * 100) AS BIGINT)"
    if field_type is FieldType.BOOLEAN:
        return f"CASE {column} WHEN 'true' THEN 'True' WHEN 'false' THEN 'False' END"
    return column
