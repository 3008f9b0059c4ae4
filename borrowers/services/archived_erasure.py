"""Erasing records that the archive alone keeps: their files are written anew without them.

What a person objected to stays, with every version under its key, as in the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from borrowers.domain.archive import dated, day_number
from borrowers.domain.item_spec import ItemSpec
from borrowers.domain.retention import is_past_retention, kept_since
from borrowers.ingest.filing import segments_without
from borrowers.ingest.segments import segment_enter, segments_retire
from borrowers.models import ArchivedEnd, ArchiveSegment, CatalogueItem, IngestBatch
from borrowers.selectors.archived import Place, archived_rows, held_keys, segments_of
from marketplace.domain.workdays import local_date

ENDS_AT_ONCE = 5_000


@dataclass(frozen=True)
class Erased:
    """What a sweep erased: records, and files of the archive written anew without them."""

    records: int
    segments: int


class _Gone(NamedTuple):
    """What is needed of a row that goes; a file may hold millions."""

    enterprise_id: int
    batch_id: int
    row_number: int
    digest: int


def archived_erase(item: CatalogueItem, spec: ItemSpec, at: datetime) -> Erased:
    """Erase the records of an item in the archive whose retention has passed.

    Args:
        item: kept in the archive alone, locked.
        spec: its declaration.
        at: now, aware.

    Writes: ``ArchiveSegment`` anew, the batches' segments and sums, removes ``ArchivedEnd``; runs inside the caller's
        transaction.
    """
    held = held_keys(item)
    received = dict(
        IngestBatch.objects.filter(item=item).order_by().values_list("pk", "received_at")
    )
    today = local_date(at)
    where = f"WHERE NOT dated OR day < {day_number(kept_since(spec, today))}"
    records = files = 0
    for segment in segments_of(item):
        gone = [
            _Gone(row.enterprise_id, row.batch_id, row.row_number, row.digest)
            for row in archived_rows(item, [segment.name], where)
            if (row.enterprise_id, row.natural_key) not in held
            and (row.event_date or received[row.batch_id] < at)
            and is_past_retention(
                spec, row.payload, dated(row.event_date, received[row.batch_id]), today
            )
        ]
        if gone:
            _rewrite(item, segment, gone, at)
            records, files = records + len(gone), files + 1
    return Erased(records, files)


def segment_rewrite(
    item: CatalogueItem, segment: ArchiveSegment, gone: Sequence[Place], at: datetime
) -> None:
    """Put a file without the records at some places in a file's place, which is retired.

    Writes: ``ArchiveSegment`` (new and retired), the batches' segments, one file; in the caller's transaction.
    """
    with TemporaryDirectory(prefix="archive-") as folder:
        file = segments_without(item, segment, gone, Path(folder))
    segment_enter(file, item, segment.batches.all(), at)
    segments_retire([segment], at)


def _rewrite(
    item: CatalogueItem, segment: ArchiveSegment, gone: Sequence[_Gone], at: datetime
) -> None:
    segment_rewrite(item, segment, [(row.batch_id, row.row_number) for row in gone], at)
    by_batch: dict[int, list[_Gone]] = defaultdict(list)
    for row in gone:
        by_batch[row.batch_id].append(row)
    for batch in IngestBatch.objects.filter(pk__in=by_batch):
        batch.archived_sums = _less(batch.archived_sums or [0] * 4, by_batch[batch.pk])
        batch.save(update_fields=["archived_sums"])
        rows = [row.row_number for row in by_batch[batch.pk]]
        for start in range(0, len(rows), ENDS_AT_ONCE):
            some = rows[start : start + ENDS_AT_ONCE]
            ArchivedEnd.objects.filter(batch=batch, row_number__in=some).delete()


def _less(sums: Sequence[int], gone: Sequence[_Gone]) -> list[int]:
    """Return the sums of a batch without some of its rows."""
    records, rows, enterprises, digests = sums
    for row in gone:
        records, rows = records - 1, rows - row.row_number
        enterprises, digests = enterprises - row.enterprise_id, digests ^ row.digest
    return [records, rows, enterprises, digests]
