"""Credit records from delivered files: one file of one item from one unit, every row of it accounted for.

A row is accepted, a duplicate of what is there, or rejected with every reason. A changed row supersedes: the old one
keeps its content and says when it was superseded. The same file a second time changes nothing.

How rows are read and merged is `borrowers.services.intake`'s; what a file that came before can spare,
`borrowers.ingest.again`'s.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from borrowers.ingest.again import earlier_batch, reading_of, rejects_carry_over, rows_to_judge
from borrowers.models import CatalogueItem, IngestBatch, SourceUnit, UnitToken
from borrowers.services.batch import BatchBook, Progress
from borrowers.services.figures import REPORT_ITEM, figures_refresh
from borrowers.services.intake import Delivery, LandedFile, Rows, RowsOverlap, rows_keep
from borrowers.services.quality import batch_quality_check
from borrowers.services.waiting import candidates_hold
from marketplace.audit import audit_record
from marketplace.domain.errors import Refused
from marketplace.models import User
from marketplace.queue import enqueue


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
        known = "、".join(item.units.order_by("code").values_list("name", flat=True)[:3])
        whose = f"应由{known}提供" if known else "目前没有来源单位"
        sentence = f"{unit.name}不是“{item.name}”的来源单位，该信息项{whose}。"
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
        rows: row number and title to text; the titles of the sheet, else of the first row, hold for all.
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
    kind: str = "RECORDS",
    token: UnitToken | None = None,
) -> IngestBatch:
    """Enter a delivery whose rows are still to be kept; ``REVIEW`` where a person confirmed whose its row is.

    Writes: ``IngestBatch`` in state LANDED.
    """
    return IngestBatch.objects.create(
        kind=kind,
        state="LANDED",
        item=item,
        unit=unit,
        file_name=file_name[:200],
        file_sha256=file_sha256,
        received_at=at,
        received_by=actor,
        unit_token=token,
    )


@transaction.atomic
def batch_keep(
    batch: IngestBatch, rows: Rows | LandedFile, progress: Progress | None = None
) -> IngestBatch:
    """Keep the rows of an open batch, all or nothing, and close it.

    Args:
        batch: of records, or of a reviewed row; state LANDED.
        rows: a landed file, or rows at hand.
        progress: told the number of rows read.

    Raises:
        Refused: ``SHEET_*`` where the file turns out to be unreadable.

    Writes: ``IngestBatch``, ``CreditRecord`` (bulk), ``IngestReject`` (bulk), ``SubjectCandidate`` of rows of a file
        that a person is to be asked about, what `batch_quality_check` finds,
        for large files ``ArchiveSegment`` and its file, for annual reports the enterprises' figures and size class,
        audit ``borrowers.records.ingest``, outbox ``matching.evaluation_refresh_batch``; locks the item's row, so
        two batches of one item are kept one after the other.
    """
    batch.item = CatalogueItem.objects.select_for_update().get(pk=batch.item_id or 0)
    same_file = {"item": batch.item, "unit": batch.unit, "file_sha256": batch.file_sha256}
    again = IngestBatch.objects.filter(state="KEPT", **same_file).exists()
    delivery = Delivery(batch, BatchBook(batch, progress), again)
    if isinstance(rows, LandedFile):
        batch.read_as = reading_of(delivery.item)
        judged = _keep_again(delivery, rows) if again else None
        if judged is not None:
            return _close(judged)
    rows_keep(delivery, rows)
    return _close(delivery)


def _keep_again(delivery: Delivery, file: LandedFile) -> Delivery | None:
    """Keep a file that was read the same way before by the rows alone that may be judged otherwise now.

    What was accepted or repeated something is in the history, and so a repeat; what was refused for its cells or for
    a row above it is refused again. None, and nothing is written, when a row that became clean has a key with a
    history: which row of the file comes first is then open, and the whole file has to say.
    """
    earlier = earlier_batch(delivery.batch)
    if earlier is None:
        return None
    rows = rows_to_judge(earlier)
    book = BatchBook(delivery.batch, delivery.book.progress)
    delivery = replace(delivery, book=book, only=rows)
    try:
        with transaction.atomic():
            if rows:
                rows_keep(delivery, file)
            lasting = rejects_carry_over(earlier, delivery.batch)
            book.carry_over(earlier, judged=len(rows), lasting=lasting)
    except RowsOverlap:
        return None
    return delivery


def _close(delivery: Delivery) -> IngestBatch:
    batch, book = delivery.batch, delivery.book
    batch.state, batch.item_version = "KEPT", delivery.item.version
    candidates_hold(batch, book)
    book.close(delivery.at)
    if batch.kind == "RECORDS":
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
            "waiting": batch.waiting,
            "duplicates": book.duplicates,
            **brought_by(batch),
        },
    )
    return batch


def brought_by(batch: IngestBatch) -> dict[str, str]:
    """Return what audit says of the token by which a unit's system delivered; nothing where a person did."""
    return {"token": str(batch.unit_token.public_id)} if batch.unit_token else {}
