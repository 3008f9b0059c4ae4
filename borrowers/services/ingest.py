"""Credit records from delivered files: one file of one item from one unit, every row of it accounted for.

A row is accepted, a duplicate of what is there, or rejected with every reason. A changed row supersedes: the old one
keeps its content and says when it was superseded. The same file a second time changes nothing.

Plain csv files are read in columns (`borrowers.ingest.lane`); whatever else is delivered goes row by row through the
same rules. Both ways end in the same merge (`borrowers.ingest.versions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from django.db import connection, transaction

from borrowers.domain.record import CleanRow, canonical_payload, compile_item, digest_of
from borrowers.ingest import lane as fast
from borrowers.ingest.segments import segment_from_lane
from borrowers.ingest.staging import NotPlain, engine, stage
from borrowers.ingest.subjects import subject_arrays, subjects_known
from borrowers.ingest.versions import (
    Merged,
    NewRecord,
    file_waits,
    incoming_rows,
    repeats_take_out,
    rows_wait,
    versions_merge,
)
from borrowers.models import CatalogueItem, IngestBatch, SourceUnit
from borrowers.selectors.catalogue import item_spec
from borrowers.services.batch import BatchBook, Progress
from borrowers.services.figures import REPORT_ITEM, figures_refresh
from borrowers.services.quality import batch_quality_check
from marketplace.audit import audit_record
from marketplace.domain.errors import Refused
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.queue import enqueue
from marketplace.sheets import PlainCsv, Sheet, in_utf8, plain_csv

CHUNK_ROWS = 2000
PLAIN_FROM_BYTES = 256 * 1024
"""Below this size reading row by row is as quick as starting an engine."""

Rows = Iterable[tuple[int, Mapping[str, str]]]


@dataclass(frozen=True)
class Delivery:
    """A batch while it is kept: its row, what it holds, when it came.

    Attributes:
        batch: open, its item and unit at hand.
        book: counts its rows.
        again: the same file of the unit was kept before.
    """

    batch: IngestBatch
    book: BatchBook
    again: bool

    @property
    def item(self) -> CatalogueItem:
        """Return what the file holds."""
        assert self.batch.item is not None  # noqa: S101 - a batch of records has one
        return self.batch.item

    @property
    def unit(self) -> SourceUnit:
        """Return who delivered it."""
        assert self.batch.unit is not None  # noqa: S101 - a batch of records has one
        return self.batch.unit

    @property
    def at(self) -> datetime:
        """Return when it was received."""
        return self.batch.received_at


def item_and_unit(item_code: str, unit_code: str) -> tuple[CatalogueItem, SourceUnit]:
    """Return a catalogue item and a unit that may deliver it.

    Raises:
        Refused: ``CATALOGUE_ITEM_UNKNOWN``, ``UNIT_UNKNOWN``, ``UNIT_NOT_OF_ITEM``.
    """
    item = CatalogueItem.objects.filter(code=item_code, is_active=True).first()
    if item is None:
        sentence = f"目录中没有代码为“{item_code[:48]}”的信息项。"
        raise Refused("CATALOGUE_ITEM_UNKNOWN", sentence, {"item": sentence})
    unit = SourceUnit.objects.filter(code=unit_code, is_active=True).first()
    if unit is None:
        sentence = f"没有代码为“{unit_code[:32]}”的来源单位。"
        raise Refused("UNIT_UNKNOWN", sentence, {"unit": sentence})
    if not item.units.filter(pk=unit.pk).exists():
        sentence = f"{unit.name}不是“{item.name}”的来源单位。"
        raise Refused("UNIT_NOT_OF_ITEM", sentence, {"unit": sentence})
    return item, unit


@transaction.atomic
def records_ingest_rows(
    *,
    item: CatalogueItem,
    unit: SourceUnit,
    rows: Rows,
    file_name: str,
    file_sha256: str,
    actor: User | None,
    at: datetime,
    progress: Progress | None = None,
) -> IngestBatch:
    """Keep rows that are at hand as credit records, all or nothing.

    Args:
        item: what the rows hold.
        unit: who delivered them.
        rows: row number and title to text; the titles of the first row hold for all.
        file_name: as delivered.
        file_sha256: of the delivered bytes.
        actor: who handed it in; None for the marketplace's own jobs.
        at: when it was received, aware; rows dated later are rejected.
        progress: told the number of rows read.

    Returns:
        The closed batch; accepted + rejected + duplicates = rows read.

    Raises:
        Refused: ``SHEET_COLUMN_MISSING``.

    Writes: as `batch_keep`.
    """
    batch = batch_open(
        item=item, unit=unit, file_name=file_name, file_sha256=file_sha256, actor=actor, at=at
    )
    return batch_keep(batch, rows, progress)


def batch_open(
    *,
    item: CatalogueItem,
    unit: SourceUnit,
    file_name: str,
    file_sha256: str,
    actor: User | None,
    at: datetime,
) -> IngestBatch:
    """Enter a delivery whose rows are still to be kept.

    Writes: ``IngestBatch`` in state LANDED.
    """
    return IngestBatch.objects.create(
        kind="RECORDS",
        state="LANDED",
        item=item,
        unit=unit,
        file_name=file_name[:200],
        file_sha256=file_sha256,
        received_at=at,
        received_by=actor,
    )


@transaction.atomic
def batch_keep(
    batch: IngestBatch,
    rows: Rows | Sheet,
    progress: Progress | None = None,
    path: Path | None = None,
) -> IngestBatch:
    """Keep the rows of an open batch, all or nothing, and close it.

    Args:
        batch: of records, state LANDED.
        rows: an opened sheet or rows at hand.
        progress: told the number of rows read.
        path: where the sheet's file lies; None for rows at hand.

    Raises:
        Refused: ``SHEET_*`` where the file turns out to be unreadable.

    Writes: ``IngestBatch``, ``CreditRecord`` (bulk), ``IngestReject`` (bulk), what `batch_quality_check` finds,
        for large files ``ArchiveSegment`` and its file, for annual reports the enterprises' figures and size class,
        audit ``borrowers.records.ingest``, outbox ``matching.evaluation_refresh_batch``; locks the item's row, so
        two batches of one item are kept one after the other.
    """
    CatalogueItem.objects.select_for_update().only("pk").get(pk=batch.item_id or 0)
    same_file = {"item": batch.item, "unit": batch.unit, "file_sha256": batch.file_sha256}
    again = IngestBatch.objects.filter(state="KEPT", **same_file).exists()
    delivery = Delivery(batch, BatchBook(batch, progress), again)
    file = _plain_file(rows, path)
    if file is None or path is None or not isinstance(rows, Sheet):
        _keep_rows(delivery, rows)
    else:
        with TemporaryDirectory(prefix="ingest-") as folder:
            _keep_columns(delivery, rows, file, path, Path(folder))
    return _close(delivery)


def _plain_file(rows: Rows | Sheet, path: Path | None) -> PlainCsv | None:
    if path is None or not isinstance(rows, Sheet) or path.stat().st_size < PLAIN_FROM_BYTES:
        return None
    return plain_csv(rows, path)


def _close(delivery: Delivery) -> IngestBatch:
    batch, book = delivery.batch, delivery.book
    batch.state, batch.item_version = "KEPT", delivery.item.version
    book.close(delivery.at)
    batch_quality_check(batch=batch, item=delivery.item, at=delivery.at)
    if delivery.item.code == REPORT_ITEM and book.accepted:
        figures_refresh(batch=batch, at=delivery.at)
    if book.accepted:
        enqueue(
            "matching.evaluation_refresh_batch",
            batch_id=str(batch.public_id),
            at=delivery.at.isoformat(),
        )
    audit_record(
        action="borrowers.records.ingest",
        subject_kind="IngestBatch",
        subject_id=batch.public_id,
        actor=batch.received_by,
        at=delivery.at,
        payload={
            "item": delivery.item.code,
            "unit": delivery.unit.code,
            "read": book.read,
            "accepted": book.accepted,
            "rejected": book.rejected,
            "duplicates": book.duplicates,
        },
    )
    return batch


# --- In columns ----------------------------------------------------------------------------------


def _keep_columns(
    delivery: Delivery, sheet: Sheet, file: PlainCsv, path: Path, folder: Path
) -> None:
    """Keep a plain file in columns; row by row when it turns out not to be as plain as it looked."""
    with in_utf8(sheet, path, folder) as text, engine(folder) as duck:
        try:
            lane = stage(duck, item_spec(delivery.item), file, text)
        except NotPlain:
            _keep_rows(delivery, sheet)
            return
        book = delivery.book
        book.rows_read(lane.one("SELECT count(*) FROM staged"))
        codes = fast.subject_codes(lane)
        book.duplicates += fast.check(
            lane,
            subject_arrays(duck, delivery.unit, lane.item.subject, codes, folder),
            lambda wanted: subjects_known(delivery.unit, wanted),
            local_date(delivery.at),
            book.reject,
        )
        with incoming_rows():
            _lane_waits(duck, folder / "checked.csv")
            merged = _merge(delivery)
        segment_from_lane(lane, delivery.item, delivery.batch, is_whole=not merged.duplicates)


def _lane_waits(engine: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Hand the checked rows over to the database."""
    select = "SELECT row, ent_id, natural_key, event_date, content, content_digest FROM checked"
    if connection.vendor == "postgresql":
        engine.execute(f"COPY ({select}) TO '{path}' (FORMAT csv, HEADER false)")
        file_waits(path)
        path.unlink()
        return
    engine.execute(f"{select} ORDER BY ent_id, natural_key")
    rows_wait(_fetched(engine))


def _fetched(engine: duckdb.DuckDBPyConnection) -> Iterator[NewRecord]:
    while rows := engine.fetchmany(CHUNK_ROWS):
        for number, enterprise, key, event, content, digest in rows:
            day = date.fromisoformat(event) if event else None
            yield NewRecord(number, enterprise, key, day, content, digest)


# --- Row by row ----------------------------------------------------------------------------------


def _keep_rows(delivery: Delivery, rows: Rows) -> None:
    book = delivery.book
    waiting = iter(rows)
    first = next(waiting, None)
    if first is None:  # "nothing to report" is a delivery too, and the commonest
        return
    with incoming_rows():
        rows_wait(_placed(delivery, list(first[1]), chain([first], waiting)))
        for repeat in repeats_take_out():
            if repeat.same:
                book.duplicates += 1
            else:
                book.reject([fast.key_conflict(repeat.row_number)])
        _merge(delivery)


def _placed(delivery: Delivery, titles: list[str], rows: Rows) -> Iterator[NewRecord]:
    """Yield the clean rows whose enterprise is known; the others go to the book."""
    book, spec = delivery.book, item_spec(delivery.item)
    read_row = compile_item(spec, titles, local_date(delivery.at))
    label = spec.field(spec.subject_field).label
    whole = iter(rows)
    while chunk := list(islice(whole, CHUNK_ROWS)):
        clean: list[tuple[int, CleanRow]] = []
        for row_number, mapping in chunk:
            book.row_read()
            found = read_row(mapping, row_number)
            if isinstance(found, CleanRow):
                clean.append((row_number, found))
            else:
                book.reject(found)
        yield from _known(delivery, clean, label)


def _known(
    delivery: Delivery, clean: Sequence[tuple[int, CleanRow]], label: str
) -> Iterator[NewRecord]:
    wanted = [(row.subject_kind, row.subject_code) for _, row in clean]
    subjects = subjects_known(delivery.unit, wanted)
    for row_number, row in clean:
        enterprise = subjects.get((row.subject_kind, row.subject_code))
        if enterprise is None:
            delivery.book.reject([fast.unknown_subject(row_number, label, row)])
            continue
        content = canonical_payload(row.payload)
        yield NewRecord(
            row_number, enterprise, row.natural_key, row.event_date, content, digest_of(content)
        )


def _merge(delivery: Delivery) -> Merged:
    kept = IngestBatch.objects.filter(item=delivery.item, state="KEPT", accepted__gt=0)
    merged = versions_merge(
        delivery.item.pk,
        delivery.batch.pk,
        delivery.at,
        is_first=not kept.exists(),
        again=delivery.again,
    )
    delivery.book.accepted += merged.accepted
    delivery.book.superseding += merged.superseding
    delivery.book.duplicates += merged.duplicates
    return merged
