"""The rows of a delivery read, checked and merged into the records: in columns, or row by row.

Plain csv files, and objects that can be written as one, are read in columns (`borrowers.ingest.lane`); whatever else is
delivered goes row by row through the same rules. Both ways end in the same merge: into the database
(`borrowers.ingest.versions`), or for items that the archive alone keeps into a file (`borrowers.ingest.archived`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from django.db import connection, transaction

from borrowers.domain.archive import KeptIn
from borrowers.domain.record import canonical_payload, compile_item, digest_of
from borrowers.ingest import lane as fast
from borrowers.ingest.archived import (
    archived_merge,
    archived_said,
    keys_archived,
    rows_check_in,
)
from borrowers.ingest.candidates import subject_review
from borrowers.ingest.handover import (
    keys_to_csv,
    records_packed,
    rows_keep_only,
    rows_put_in_order,
)
from borrowers.ingest.judging import Review, as_they_are, rows_judged
from borrowers.ingest.readers import open_records
from borrowers.ingest.rejected import columns_held, rows_hold, rows_of_lane, rows_of_sheet
from borrowers.ingest.repeats import key_conflict
from borrowers.ingest.repeats import repeats_take_out as checked_repeats_take_out
from borrowers.ingest.seen import Kept, SeenKeys
from borrowers.ingest.segments import segment_from_lane
from borrowers.ingest.staging import Lane, NotPlain, engine, stage, tables_forget
from borrowers.ingest.subjects import enterprises_bring, subjects_known
from borrowers.ingest.versions import (
    Merged,
    NewRecord,
    incoming_rows,
    keys_known,
    keys_wait,
    records_copy,
    repeats_take_out,
    rows_wait,
    rows_waiting,
    versions_merge,
    versions_said,
)
from borrowers.models import CatalogueItem, IngestBatch, SourceUnit
from borrowers.selectors.catalogue import item_spec
from borrowers.services.batch import BatchBook
from marketplace.domain.workdays import local_date
from marketplace.sheets import (
    Piece,
    PlainCsv,
    RowsNotPlain,
    Sheet,
    SheetLimits,
    in_utf8,
    pieces_of,
    plain_csv,
    titles_of,
    whole_of,
)

CHUNK_ROWS = 2000
PLAIN_FROM_BYTES = 256 * 1024
"""Below this size reading row by row is as quick as starting an engine."""

Rows = Iterable[tuple[int, Mapping[str, str]]]


class RowsOverlap(Exception):
    """Rows of a file that were to be judged by themselves share a key with others: the whole file has to be read."""


@dataclass(frozen=True)
class LandedFile:
    """A delivered file where it lies, to be opened as often as it takes."""

    path: Path
    name: str
    limits: SheetLimits

    def opened(self, item: CatalogueItem) -> Sheet:
        """Return the file's sheet, its rows untouched.

        Raises:
            Refused: as `open_records`.
        """
        return open_records(item_spec(item), self.path, self.name, limits=self.limits)


@dataclass
class Reading:
    """A file on its way through the engine, piece by piece.

    Attributes:
        duck: the engine.
        folder: for passing files.
        held: titles of its columns to fields, see `columns_held`.
        seen: keys of the pieces that were read; None where the file is one.
        last_row: number of the last row that was read; None before the first piece.
    """

    duck: duckdb.DuckDBPyConnection
    folder: Path
    held: dict[str, str]
    seen: SeenKeys | None = None
    last_row: int | None = None


@dataclass(frozen=True)
class Delivery:
    """A batch while it is kept: its row, what it holds, when it came.

    Attributes:
        batch: open, its item and unit at hand.
        book: counts its rows.
        again: the same file of the unit was kept before.
        only: row numbers that are looked at, where the others are settled; None for all.
        holds: rejected rows are held, so that a person can be asked whose one is.
    """

    batch: IngestBatch
    book: BatchBook
    again: bool
    only: frozenset[int] | None = None
    holds: bool = False

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


def rows_keep(delivery: Delivery, rows: Rows | LandedFile) -> None:
    """Read, check and keep the rows of a delivery; its book counts them, and is left open.

    Args:
        delivery: its batch open.
        rows: a landed file, or rows at hand.

    Raises:
        Refused: ``SHEET_*`` where the file turns out to be unreadable.
        RowsOverlap: only some rows were wanted, and one has a key that is known.

    Writes: ``CreditRecord`` (bulk), ``IngestReject`` (bulk), ``RejectedRow`` of landed files, for large files
        ``ArchiveSegment`` and its file; of items the archive alone keeps ``ArchiveSegment`` and ``ArchivedEnd``.
    """
    if not isinstance(rows, LandedFile):
        _keep_rows(delivery, rows)
        return
    delivery = replace(delivery, holds=True)
    sheet = rows.opened(delivery.item)
    file = None if rows.path.stat().st_size < PLAIN_FROM_BYTES else plain_csv(sheet, rows.path)
    if file is not None:
        with TemporaryDirectory(prefix="ingest-") as folder:
            if _keep_columns(delivery, sheet, file, rows.path, Path(folder)):
                return
            sheet = rows.opened(delivery.item)
    _keep_rows(delivery, sheet)
    if delivery.book.rejected_rows:
        held = columns_held(item_spec(delivery.item), sheet.titles)
        again = rows.opened(delivery.item)
        rows_hold(delivery.batch, held, rows_of_sheet(again, delivery.book.rejected_rows, held))


# --- In columns ----------------------------------------------------------------------------------


def _keep_columns(
    delivery: Delivery, sheet: Sheet, file: PlainCsv, path: Path, folder: Path
) -> bool:
    """Keep a plain file in columns; return whether it was as plain as it looked, else nothing is done."""
    spec = item_spec(delivery.item)
    try:
        with transaction.atomic(), in_utf8(sheet, path, folder) as text, engine(folder) as duck:
            delivery.book.columns_bound(spec.columns, sheet.titles)
            reading = Reading(duck, folder, columns_held(spec, sheet.titles))
            for piece in _pieces(delivery, text, file, folder):
                _keep_piece(delivery, reading, piece)
    except (NotPlain, RowsNotPlain):
        delivery.book.begin_again()
        delivery.batch.archived_sums = None
        return False
    return True


def _pieces(delivery: Delivery, text: Path, file: PlainCsv, folder: Path) -> Iterable[Piece]:
    """Return the pieces of a file; few of its rows are wanted from the file as it is."""
    if delivery.only is not None:
        return [whole_of(text, file)]
    return pieces_of(text, file, folder)


def _keep_piece(delivery: Delivery, reading: Reading, piece: Piece) -> None:
    """Keep the rows of a piece: whose key came with an earlier one is a repeat, or refused."""
    book, duck, folder = delivery.book, reading.duck, reading.folder
    spec, above = item_spec(delivery.item), reading.last_row
    if above is None and not piece.is_last:
        reading.seen = SeenKeys(folder, _kept_of(delivery, duck))
    lane = stage(duck, spec, piece.file, piece.path, delivery.only, above)
    book.rows_read(lane.one("SELECT count(*) FROM staged"))
    enterprises_bring(lane, delivery.unit, folder)
    book.duplicates += fast.check(
        lane,
        lambda wanted: subjects_known(delivery.unit, wanted),
        local_date(delivery.at),
        book.reject,
        _review(delivery, lane.titles),
        reading.seen,
    )
    if reading.seen and not piece.is_last:
        reading.seen.add()
    if delivery.item.kept_in == KeptIn.ARCHIVE:
        _merge_archived(delivery, duck, lane)
    else:
        in_order = _merge_lane(delivery, lane, folder)
        segment_from_lane(lane, delivery.item, delivery.batch, in_order=in_order)
    rejected = [row for row in book.rejected_rows if above is None or row > above]
    if rejected:
        rows_hold(delivery.batch, reading.held, rows_of_lane(lane, rejected, reading.held))
    reading.last_row = lane.last_row
    tables_forget(duck)


def _kept_of(delivery: Delivery, duck: duckdb.DuckDBPyConnection) -> Kept:
    """Return what tells of the versions of an item's keys where they are kept."""
    if delivery.item.kept_in == KeptIn.ARCHIVE:
        return lambda keys: archived_said(duck, delivery.item, keys)
    return lambda keys: versions_said(delivery.item.pk, keys)


def _merge_lane(delivery: Delivery, lane: Lane, folder: Path) -> bool:
    """Keep the checked rows: on PostgreSQL copied into the records, their keys alone compared with the history.

    What turns out to be there already is gone from ``checked`` afterwards; return whether what is left stands in the
    order of a segment.
    """
    copies = connection.vendor == "postgresql"
    before = delivery.book.accepted

    def put(taken_out: int) -> int:
        if taken_out:
            rows_keep_only(lane, rows_waiting())
        rows_put_in_order(lane, delivery.batch)
        records_copy(records_packed(lane, delivery.batch, before))
        return int(lane.one("SELECT count(*) FROM checked"))

    if copies and _is_first(delivery):
        delivery.book.accepted += put(0)
        return True
    with incoming_rows():
        if copies:
            keys_to_csv(lane, folder / "keys.csv")
            keys_wait(folder / "keys.csv")
            _merge(delivery, put)
            return True
        checked = (
            "SELECT row, ent_id, natural_key, event_date, content, content_digest FROM checked"
        )
        lane.connection.execute(f"{checked} ORDER BY ent_id, natural_key")
        rows_wait(_fetched(lane.connection))
        if _merge(delivery).duplicates:
            rows_keep_only(lane, rows_waiting())
    return False


def _fetched(engine: duckdb.DuckDBPyConnection) -> Iterator[NewRecord]:
    while rows := engine.fetchmany(CHUNK_ROWS):
        yield from map(NewRecord._make, rows)


# --- Row by row ----------------------------------------------------------------------------------


def _keep_rows(delivery: Delivery, rows: Rows) -> None:
    book = delivery.book
    only = delivery.only
    waiting = iter(rows) if only is None else (row for row in rows if row[0] in only)
    first = next(waiting, None)
    if first is None:  # "nothing to report" is a delivery too, and the commonest
        return
    placed = _placed(delivery, titles_of(rows, first[1]), chain([first], waiting))
    if delivery.item.kept_in == KeptIn.ARCHIVE:
        with TemporaryDirectory(prefix="ingest-") as folder, engine(Path(folder)) as duck:
            rows_check_in(duck, placed)
            book.duplicates += checked_repeats_take_out(duck, book.reject)
            _merge_archived(delivery, duck)
        return
    with incoming_rows():
        rows_wait(placed)
        for repeat in repeats_take_out():
            if repeat.same:
                book.duplicates += 1
            else:
                book.reject([key_conflict(repeat.row_number)])
        _merge(delivery)


def _placed(delivery: Delivery, titles: list[str], rows: Rows) -> Iterator[NewRecord]:
    """Yield the clean rows whose enterprise is known; the others go to the book."""
    book, spec = delivery.book, item_spec(delivery.item)
    book.columns_bound(spec.columns, titles)
    read_row = compile_item(spec, titles, local_date(delivery.at))
    review = _review(delivery, titles)
    whole = iter(rows)
    while chunk := list(islice(whole, CHUNK_ROWS)):
        for _ in chunk:
            book.row_read()
        judged = rows_judged(
            chunk, read_row, spec, lambda wanted: subjects_known(delivery.unit, wanted)
        )
        for errors in review(judged.refused):
            book.reject(errors)
        for row_number, enterprise, row in judged.kept:
            content = canonical_payload(row.payload)
            yield NewRecord(
                row_number, enterprise, row.natural_key, row.event_date, content, digest_of(content)
            )


def _review(delivery: Delivery, titles: Sequence[str]) -> Review:
    if not delivery.holds:
        return as_they_are
    return subject_review(item_spec(delivery.item), titles, local_date(delivery.at))


def _merge(delivery: Delivery, put: Callable[[int], int] | None = None) -> Merged:
    if delivery.only is not None and keys_known(delivery.item.pk):
        raise RowsOverlap
    merged = versions_merge(
        delivery.item.pk, delivery.batch.pk, delivery.at, again=delivery.again, put=put
    )
    _count(delivery, merged)
    return merged


def _merge_archived(
    delivery: Delivery, duck: duckdb.DuckDBPyConnection, lane: Lane | None = None
) -> None:
    """Keep the checked rows in the archive alone."""
    if delivery.only is not None and keys_archived(duck, delivery.batch):
        raise RowsOverlap
    _count(delivery, archived_merge(duck, delivery.batch, again=delivery.again, lane=lane))


def _count(delivery: Delivery, merged: Merged) -> None:
    delivery.book.accepted += merged.accepted
    delivery.book.superseding += merged.superseding
    delivery.book.duplicates += merged.duplicates


def _is_first(delivery: Delivery) -> bool:
    """Return whether nothing of the item was ever kept, so that no key has a history."""
    kept = IngestBatch.objects.filter(item=delivery.item, state="KEPT", accepted__gt=0)
    return not kept.exists()
