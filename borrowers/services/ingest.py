"""Credit records from delivered files: one file of one item from one unit, kept row by row.

A row is accepted, a duplicate of what is there, or rejected with every reason. A changed row supersedes: the old one
keeps its content and says when it was superseded. The same file a second time changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice

from django.db import transaction

from borrowers.domain.record import CleanRow, canonical_payload, compile_item
from borrowers.domain.rows import RowError
from borrowers.ingest.versions import (
    Key,
    KnownRecord,
    NewRecord,
    known_records,
    versions_write,
)
from borrowers.models import (
    CatalogueItem,
    Enterprise,
    IngestBatch,
    SourceUnit,
    SubjectAlias,
)
from borrowers.selectors.catalogue import item_spec
from borrowers.services.batch import BatchBook, Progress
from borrowers.services.figures import REPORT_ITEM, figures_refresh
from marketplace.audit import audit_record
from marketplace.domain.errors import Refused
from marketplace.domain.workdays import local_date
from marketplace.models import User

CHUNK_ROWS = 2000


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
    rows: Iterable[tuple[int, Mapping[str, str]]],
    file_name: str,
    file_sha256: str,
    actor: User | None,
    at: datetime,
    progress: Progress | None = None,
) -> IngestBatch:
    """Keep the rows of one file as credit records, all or nothing of the file's run.

    Args:
        item: what the file holds.
        unit: who delivered it.
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

    Writes: ``IngestBatch``, ``CreditRecord`` (bulk), ``IngestReject`` (bulk), for annual reports the enterprises'
        figures and size class, audit ``borrowers.records.ingest``; locks the item's row, so two batches of one item
        are kept one after the other.
    """
    CatalogueItem.objects.select_for_update().get(pk=item.pk)
    again = IngestBatch.objects.filter(item=item, unit=unit, file_sha256=file_sha256).exists()
    batch = IngestBatch.objects.create(
        kind="RECORDS",
        item=item,
        unit=unit,
        file_name=file_name[:200],
        file_sha256=file_sha256,
        received_at=at,
        received_by=actor,
    )
    book = BatchBook(batch, progress)
    for placed in _placed_chunks(item, unit, rows, book, at):
        _keep(item, placed, book, at, again=again)
    book.close(at)
    if item.code == REPORT_ITEM and book.accepted:
        figures_refresh(batch=batch, at=at)
    audit_record(
        action="borrowers.records.ingest",
        subject_kind="IngestBatch",
        subject_id=batch.public_id,
        actor=actor,
        at=at,
        payload={
            "item": item.code,
            "unit": unit.code,
            "read": book.read,
            "accepted": book.accepted,
            "rejected": book.rejected,
            "duplicates": book.duplicates,
        },
    )
    return batch


def _placed_chunks(
    item: CatalogueItem,
    unit: SourceUnit,
    rows: Iterable[tuple[int, Mapping[str, str]]],
    book: BatchBook,
    at: datetime,
) -> Iterator[list[NewRecord]]:
    """Yield chunks of clean rows whose enterprise is known; the others go to the book."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    spec = item_spec(item)
    read_row = compile_item(spec, list(first[1]), local_date(at))
    label = spec.field(spec.subject_field).label
    whole = chain([first], rows)
    while chunk := list(islice(whole, CHUNK_ROWS)):
        clean: list[tuple[int, CleanRow]] = []
        for row_number, mapping in chunk:
            book.row_read()
            found = read_row(mapping, row_number)
            if isinstance(found, CleanRow):
                clean.append((row_number, found))
            else:
                book.reject(found)
        subjects = _subjects(unit, clean)
        placed: list[NewRecord] = []
        for row_number, row in clean:
            enterprise = subjects.get((row.subject_kind, row.subject_code))
            if enterprise is None:
                book.reject([_unknown_subject(row_number, label, row)])
                continue
            key = (enterprise, row.natural_key)
            content = canonical_payload(row.payload)
            placed.append(NewRecord(row_number, key, row.event_date, content, digest_of(content)))
        yield placed


def _subjects(
    unit: SourceUnit, clean: Sequence[tuple[int, CleanRow]]
) -> dict[tuple[str, str], int]:
    """Return subject kind and code to the enterprise's pk. Queries: two at most."""
    usccs = {row.subject_code for _, row in clean if row.subject_kind == "USCC"}
    locals_ = {row.subject_code for _, row in clean if row.subject_kind == "LOCAL"}
    found: dict[tuple[str, str], int] = {}
    if usccs:
        pairs = Enterprise.objects.filter(uscc__in=usccs).values_list("uscc", "pk")
        found.update({("USCC", code): pk for code, pk in pairs})
    if locals_:
        aliases = SubjectAlias.objects.filter(unit=unit, local_code__in=locals_)
        known = aliases.values_list("local_code", "enterprise_id")
        found.update({("LOCAL", code): pk for code, pk in known})
    return found


def _unknown_subject(row_number: int, label: str, row: CleanRow) -> RowError:
    if row.subject_kind == "USCC":
        sentence = f"登记库中没有代码为“{row.subject_code}”的市场主体。"
        return RowError(row_number, label, "SUBJECT_UNKNOWN", sentence)
    sentence = f"来源单位内部代码“{row.subject_code[:40]}”尚未与市场主体核对确认。"
    return RowError(row_number, label, "SUBJECT_ALIAS_UNKNOWN", sentence)


def _keep(
    item: CatalogueItem, placed: Sequence[NewRecord], book: BatchBook, at: datetime, *, again: bool
) -> None:
    """Write one chunk: new records, superseding ones, duplicates, conflicts within the file."""
    live: dict[Key, KnownRecord] = {}
    older: dict[Key, set[str]] = {}
    for found in known_records(item.pk, {row.key for row in placed}, with_older=again):
        if found.is_live:
            live[found.key] = found
        else:
            older.setdefault(found.key, set()).add(found.digest)
    new: dict[Key, NewRecord] = {}
    replaced: dict[Key, KnownRecord] = {}
    for row in placed:
        before = new.get(row.key)
        known = live.get(row.key)
        if before is not None or (known is not None and known.batch_id == book.batch.pk):
            _repeat(row, before.digest if before else known.digest if known else "", book)
        elif (known and known.digest == row.digest) or row.digest in older.get(row.key, ()):
            book.duplicates += 1
        else:
            new[row.key] = row
            if known is not None:
                replaced[row.key] = known
    versions_write(item.pk, book.batch.pk, new, replaced, at)
    book.accepted += len(new)
    book.superseding += len(replaced)


def digest_of(content: str) -> str:
    """Return the digest of a content's canonical text, as ``borrowers.domain.record.content_digest`` does."""
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _repeat(row: NewRecord, digest: str, book: BatchBook) -> None:
    """Book a row whose key came before in the same file."""
    if row.digest == digest:
        book.duplicates += 1
        return
    sentence = "同一文件中已有自然键相同而内容不同的行,无法判断以哪一行为准。"
    book.reject([RowError(row.row_number, "", "KEY_CONFLICT_IN_FILE", sentence)])
