"""Items whose records the archive alone keeps: moved out of the database and back, and single records brought back.

The database then holds of such an item only what a person objected to, every version under its key, since marks,
withdrawals and answers are written there. Open items stay in the database: lists, repairs and publicity read them by
the thousand.

Source: performance note, recommendation 1 and 2; `docs/archive.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import OperationalError, connection, transaction

from borrowers.domain.archive import KeptIn
from borrowers.domain.record import canonical_payload, digest_of
from borrowers.domain.thematic import RecordCondition, declaration_days, declarations_on
from borrowers.ingest.archived import END_COLUMNS, sums_of
from borrowers.ingest.forms import digest_number
from borrowers.ingest.staging import engine
from borrowers.models import ArchivedEnd, CatalogueItem, CreditRecord, IngestBatch
from borrowers.selectors.archived import (
    ArchivedRow,
    archived_records,
    archived_rows,
    archived_versions,
    held_keys,
    segments_of,
)
from borrowers.services.archive import item_refile
from borrowers.services.figures import REPORT_ITEM
from marketplace.audit import audit_record
from marketplace.bulk import db_moment, rows_write
from marketplace.domain.errors import Conflict, Refused
from marketplace.domain.workdays import local_date
from marketplace.models import User

RECORDS = CreditRecord._meta.db_table
ENDS = ArchivedEnd._meta.db_table
RECORD_COLUMNS = [
    "public_id",
    "enterprise_id",
    "item_id",
    "natural_key",
    "event_date",
    "payload",
    "content_digest",
    "received_at",
    "batch_id",
    "row_number",
    "superseded_at",
]


@transaction.atomic
def item_keep_in(*, item: CatalogueItem, kept_in: KeptIn, actor: User | None, at: datetime) -> int:
    """Keep an item's records in the archive alone from now on, or in the database as well; return how many moved.

    Args:
        item: of the catalogue.
        kept_in: where its records shall be.
        actor: an operator; None for the command.
        at: when, aware.

    Raises:
        Refused: ``ITEM_NEEDS_DATABASE`` with the reason; ``ARCHIVE_DAMAGED`` where a file does not give back what was
            written.
        Conflict: ``ITEM_LOADING``, a delivery of the item is being kept.

    Writes: ``CreditRecord`` (removed or written), ``ArchivedEnd``, ``ArchiveSegment`` and files anew, the batches' sums
        and segment, ``CatalogueItem.kept_in``, audit ``borrowers.archive.keep_in``; locks the item.
    """
    item = item_locked(item.pk)
    if item.kept_in == kept_in:
        return 0
    if kept_in == KeptIn.ARCHIVE:
        _refuse_needed(item, at)
        moved = _move_out(item, at)
    else:
        moved = _move_back(item, at)
    audit_record(
        action="borrowers.archive.keep_in",
        subject_kind="CatalogueItem",
        subject_id=item.code,
        actor=actor,
        at=at,
        payload={"kept_in": str(kept_in), "records": moved},
    )
    return moved


def database_reasons(item: CatalogueItem, at: datetime) -> list[str]:
    """Return why an item's records have to stay in the database, as sentences; none where they need not."""
    reasons = []
    if not item.consent_required:
        reasons.append("依法公开的信息项供名单、公示与信用修复逐户读取。")
    if item.code == REPORT_ITEM:
        reasons.append("企业年报用于登记的从业人数、营业收入与划型。")
    today = local_date(at)
    days = {today, *(day for day in declaration_days() if day > today)}
    conditions = [
        one for day in days for declared in declarations_on(day) for one in declared.conditions
    ]
    if any(isinstance(one, RecordCondition) and one.item == item.code for one in conditions):
        reasons.append("专题库的入库条件读取该信息项。")
    return reasons


@transaction.atomic
def record_bring_back(record: CreditRecord) -> CreditRecord:
    """Write a record that the archive alone keeps into the database, every version under its key, and return it saved.

    Args:
        record: unsaved, as `borrowers.selectors.record_version.record_get` gives it; the reader may read it.

    Raises:
        Conflict: ``ITEM_LOADING``, a delivery of the item is being kept.
        Refused: ``ARCHIVE_DAMAGED``.

    Writes: ``CreditRecord``; removes ``ArchivedEnd`` of the same versions; locks the item.
    """
    item = item_locked(record.item_id)
    versions = [
        version
        for version in archived_versions([record.enterprise_id], item_id=item.pk)
        if version.row.natural_key == record.natural_key
    ]
    saved: dict[tuple[int, int], CreditRecord] = {}
    order = sorted(versions, key=lambda one: (one.received_at, one.row.place), reverse=True)
    for version, row in zip(order, archived_records(order), strict=True):
        content_checked(version.row)
        row.superseded_by = saved.get(version.corrected_by) if version.corrected_by else None
        row.save(force_insert=True)
        saved[version.row.place] = row
    for batch, number in saved:
        ArchivedEnd.objects.filter(batch=batch, row_number=number).delete()
    return CreditRecord.objects.get(public_id=record.public_id)


def item_locked(pk: int) -> CatalogueItem:
    """Return an item whose deliveries wait until this transaction is over.

    Raises:
        Conflict: ``ITEM_LOADING``.
    """
    try:
        with transaction.atomic():
            return CatalogueItem.objects.select_for_update(
                nowait=connection.features.has_select_for_update_nowait
            ).get(pk=pk)
    except OperationalError as error:
        raise Conflict("ITEM_LOADING", "该信息项的一批数据正在入库，请几分钟后再试。") from error


def content_checked(row: ArchivedRow) -> str:
    """Return the canonical content of a row, after comparing it with the digest that was written beside it.

    Raises:
        Refused: ``ARCHIVE_DAMAGED``.
    """
    content = canonical_payload(row.payload)
    if digest_number(digest_of(content)) != row.digest:
        sentence = (
            f"归档中批次 {row.batch_id} 第 {row.row_number} 行的内容与摘要不符，请先核对归档。"
        )
        raise Refused("ARCHIVE_DAMAGED", sentence)
    return content


def _refuse_needed(item: CatalogueItem, at: datetime) -> None:
    reasons = database_reasons(item, at)
    if reasons:
        sentence = f"“{item.name}”须留在数据库：{''.join(reasons)}"
        raise Refused("ITEM_NEEDS_DATABASE", sentence, {"item": sentence})


def _move_out(item: CatalogueItem, at: datetime) -> int:
    """File every record anew with its key, note which ended, and take them out of the database."""
    item.kept_in = KeptIn.ARCHIVE
    item.save(update_fields=["kept_in"])
    item_refile(item, at)
    with TemporaryDirectory(prefix="archive-") as folder, engine(Path(folder)) as duck:
        sums = sums_of(duck, [segment.name for segment in segments_of(item)])
    for pk, found in sums.items():
        IngestBatch.objects.filter(pk=pk).update(archived_sums=found)
    _refuse_lossy(item)
    held = held_keys(item)
    rows_write(ENDS, END_COLUMNS, _ends(item, held))
    of_item = CreditRecord.objects.filter(item=item)
    stay = [
        pk
        for pk, *key in of_item.filter(enterprise__in={one for one, _ in held}).values_list(
            "pk", "enterprise_id", "natural_key"
        )
        if tuple(key) in held
    ]
    kept = f" AND id NOT IN ({', '.join(['%s'] * len(stay))})" if stay else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {RECORDS} WHERE item_id = %s{kept}", [item.pk, *stay])  # noqa: S608
        return int(cursor.rowcount)


def _refuse_lossy(item: CatalogueItem) -> None:
    """Read every filed record back, and refuse to go on where one is not what the database holds."""
    names = [segment.name for segment in segments_of(item)]
    filed = 0
    for row in archived_rows(item, names, "") if names else ():
        content_checked(row)
        filed += 1
    held = CreditRecord.objects.filter(item=item).count()
    if filed != held:
        sentence = f"归档里有 {filed} 条，数据库里有 {held} 条，没有移出。"
        raise Refused("ARCHIVE_DAMAGED", sentence)


def _ends(item: CatalogueItem, held: set[tuple[int, str]]) -> Iterator[tuple[Any, ...]]:
    ended = CreditRecord.objects.filter(item=item, superseded_at__isnull=False).order_by("pk")
    columns = (
        "enterprise_id",
        "natural_key",
        "batch_id",
        "row_number",
        "superseded_at",
        "superseded_by__batch_id",
        "superseded_by__row_number",
    )
    for enterprise, key, batch, row, moment, by_batch, by_row in ended.values_list(
        *columns
    ).iterator(2_000):
        if (enterprise, key) not in held:
            yield (item.pk, enterprise, batch, row, db_moment(moment), by_batch, by_row)


def _move_back(item: CatalogueItem, at: datetime) -> int:
    """Write every record of the archive into the database, and the files anew without keys."""
    before = CreditRecord.objects.filter(item=item).count()
    rows_write(RECORDS, RECORD_COLUMNS, _records(item))
    moved = CreditRecord.objects.filter(item=item).count() - before
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {RECORDS} SET superseded_by_id = n.id FROM {ENDS} AS e "  # noqa: S608
            f"JOIN {RECORDS} AS n ON n.batch_id = e.by_batch_id AND n.row_number = e.by_row "
            f"WHERE e.item_id = %s AND {RECORDS}.batch_id = e.batch_id AND {RECORDS}.row_number = e.row_number",
            [item.pk],
        )
    ArchivedEnd.objects.filter(item=item).delete()
    noted = IngestBatch.objects.filter(item=item, archived_sums__isnull=False)
    noted.update(archived_sums=None)
    item.kept_in = KeptIn.BOTH
    item.save(update_fields=["kept_in"])
    item_refile(item, at)
    return moved


def _records(item: CatalogueItem) -> Iterator[tuple[Any, ...]]:
    told = set(CreditRecord.objects.filter(item=item).values_list("batch_id", "row_number"))
    corrected = ArchivedEnd.objects.filter(item=item).order_by()
    ends = {
        (batch, row): moment
        for batch, row, moment in corrected.values_list("batch_id", "row_number", "superseded_at")
    }
    received = dict(
        IngestBatch.objects.filter(item=item).order_by().values_list("pk", "received_at")
    )
    names = [segment.name for segment in segments_of(item)]
    for row in archived_rows(item, names, "") if names else ():
        if row.place in told:
            continue
        content = content_checked(row)
        yield (
            row.public_id.hex,
            row.enterprise_id,
            item.pk,
            row.natural_key,
            row.event_date and row.event_date.isoformat(),
            content,
            digest_of(content),
            db_moment(received[row.batch_id]),
            row.batch_id,
            row.row_number,
            db_moment(ends.get(row.place)),
        )
