"""Keeping the archive: filing what the database kept, checking that both hold the same, merging and erasing files.

A file is written first and entered in the manifest afterwards; a file that is left out of the manifest is retired and
removed some days later, when no reader can still be at it.

Source: performance note, recommendation 2; `docs/archive.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db import transaction

from borrowers.domain.archive import KeptIn
from borrowers.ingest.filing import (
    batches_to_segment,
    segments_by_enterprise,
    segments_merged,
)
from borrowers.ingest.segments import segment_enter, segments_retire
from borrowers.models import ArchiveSegment, CatalogueItem, IngestBatch
from borrowers.selectors.archive import batches_waiting, segment_path
from marketplace.audit import audit_record
from marketplace.domain.errors import Refused
from marketplace.models import User

ROWS_OF_A_SEGMENT = 2_000_000
MOST_SEGMENTS = 24
"""An item with more files than this has its small ones merged."""

RETIRED_DAYS = 3
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Filed:
    """What a run filed: files written, batches and rows in them."""

    segments: int
    batches: int
    rows: int


def archive_sync(*, at: datetime, progress: Progress | None = None) -> Filed:
    """File every kept batch that no file of the archive holds yet; nothing happens when all are filed.

    Args:
        at: now, aware.
        progress: told the number of rows filed.

    Writes: ``ArchiveSegment``, the batches' segments, files; one transaction per file, which locks the item.
    """
    segments = batches = rows = 0
    for stretch in _stretches():
        segment = _file(stretch, at)
        if segment is None:
            continue
        segments, batches, rows = segments + 1, batches + len(stretch), rows + segment.rows
        if progress:
            progress(rows)
    return Filed(segments, batches, rows)


def archive_compact(*, at: datetime) -> Filed:
    """Merge the files of items that have many small ones, and return what was written.

    Writes: ``ArchiveSegment`` (new and retired), the batches' segments, files; one transaction per item.
    """
    segments = batches = rows = 0
    for item in CatalogueItem.objects.order_by("code"):
        merged = _compact(item, at)
        if merged is not None:
            segments, rows = segments + merged.segments, rows + merged.rows
            batches += merged.batches
    return Filed(segments, batches, rows)


def archive_sweep(*, at: datetime) -> int:
    """Remove files that no manifest lists, or that were retired some days ago; return how many.

    Writes: removes ``ArchiveSegment`` rows that were retired, and files.
    """
    long_ago = at - timedelta(days=RETIRED_DAYS)
    retired = ArchiveSegment.objects.filter(retired_at__lt=long_ago)
    gone = [segment.name for segment in retired]
    retired.delete()
    listed = set(ArchiveSegment.objects.values_list("name", flat=True))
    for path in _files_before(long_ago):
        name = f"{path.parent.name}/{path.name}"
        if name not in listed and name not in gone:
            gone.append(name)
    for name in gone:
        segment_path(name).unlink(missing_ok=True)
    return len(gone)


@transaction.atomic
def archive_rebuild(*, item: CatalogueItem, actor: User | None, at: datetime) -> Filed:
    """Retire every file of an item and file its records anew from the database, after a file was lost or damaged.

    Raises:
        Refused: ``ARCHIVE_ALONE``: the database does not hold them.

    Writes: ``ArchiveSegment``, the batches' segments, files, audit ``borrowers.archive.rebuild``; locks the item.
    """
    item = CatalogueItem.objects.select_for_update().get(pk=item.pk)
    if item.kept_in == KeptIn.ARCHIVE:
        sentence = f"“{item.name}”只存归档，不能由数据库重建；请从备份恢复归档文件。"
        raise Refused("ARCHIVE_ALONE", sentence, {"item": sentence})
    filed = item_refile(item, at)
    audit_record(
        action="borrowers.archive.rebuild",
        subject_kind="CatalogueItem",
        subject_id=item.code,
        actor=actor,
        at=at,
        payload={"segments": filed.segments, "rows": filed.rows},
    )
    return filed


def item_refile(item: CatalogueItem, at: datetime) -> Filed:
    """Retire every file of a locked item and file its records anew from the database.

    Writes: ``ArchiveSegment``, the batches' segments, files; runs inside the caller's transaction.
    """
    segments_retire(ArchiveSegment.objects.filter(item=item, retired_at=None), at)
    segments = batches = rows = 0
    for stretch in _stretches(item):
        segment = _file(stretch, at)
        if segment is not None:
            segments, batches, rows = segments + 1, batches + len(stretch), rows + segment.rows
    return Filed(segments, batches, rows)


def _stretches(item: CatalogueItem | None = None) -> Iterator[list[IngestBatch]]:
    """Yield batches of one item that fit one file."""
    waiting = batches_waiting()
    if item is not None:
        waiting = waiting.filter(item=item)
    for _, held in groupby(list(waiting), key=lambda batch: batch.item_id):
        stretch: list[IngestBatch] = []
        rows = 0
        for batch in held:
            if stretch and rows + batch.accepted > ROWS_OF_A_SEGMENT:
                yield stretch
                stretch, rows = [], 0
            stretch.append(batch)
            rows += batch.accepted
        if stretch:
            yield stretch


@transaction.atomic
def _file(stretch: Sequence[IngestBatch], at: datetime) -> ArchiveSegment | None:
    item = stretch[0].item
    assert item is not None  # noqa: S101 - a batch of records has one
    CatalogueItem.objects.select_for_update().get(pk=item.pk)
    batches = list(batches_waiting().filter(pk__in=[batch.pk for batch in stretch]))
    if not batches:
        return None
    with TemporaryDirectory(prefix="archive-") as folder:
        file = batches_to_segment(item, batches, Path(folder))
    return segment_enter(file, item, batches, at)


@transaction.atomic
def _compact(item: CatalogueItem, at: datetime) -> Filed | None:
    item = CatalogueItem.objects.select_for_update().get(pk=item.pk)
    in_force = ArchiveSegment.objects.filter(item=item, retired_at=None).order_by("rows", "id")
    if in_force.count() <= MOST_SEGMENTS:
        return None
    if item.kept_in == KeptIn.ARCHIVE:
        return _divide(item, list(in_force), at)
    small: list[ArchiveSegment] = []
    rows = 0
    for segment in in_force:
        if small and rows + segment.rows > ROWS_OF_A_SEGMENT:
            break
        small.append(segment)
        rows += segment.rows
    if len(small) < 2:
        return None
    with TemporaryDirectory(prefix="archive-") as folder:
        file = segments_merged(item, small, Path(folder))
    merged = segment_enter(file, item, _batches_of(small), at)
    segments_retire(small, at)
    return Filed(1, merged.batches.count(), merged.rows)


def _divide(item: CatalogueItem, segments: Sequence[ArchiveSegment], at: datetime) -> Filed | None:
    """Write an item's files anew by enterprise, so that one enterprise is found in one of them.

    The files of a division are left alone until as many new ones have come beside them.
    """
    divided = sum(one.rows for one in segments) // ROWS_OF_A_SEGMENT
    if len(segments) <= MOST_SEGMENTS + divided:
        return None
    with TemporaryDirectory(prefix="archive-") as folder:
        files = segments_by_enterprise(item, segments, ROWS_OF_A_SEGMENT, Path(folder))
    if not files:
        return None
    held = _batches_of(segments)
    for file in files:
        segment_enter(file, item, held, at)
    segments_retire(segments, at)
    return Filed(len(files), len(held), sum(file.rows for file in files))


def _batches_of(segments: Sequence[ArchiveSegment]) -> list[IngestBatch]:
    return list(IngestBatch.objects.filter(segments__in=segments).distinct())


def _files_before(moment: datetime) -> list[Path]:
    root = Path(settings.ARCHIVE_DIR)
    codes = set(CatalogueItem.objects.values_list("code", flat=True))
    return [
        path
        for code in sorted(codes)
        for path in sorted((root / code).glob("*"))
        if path.stat().st_mtime < moment.timestamp()
    ]
