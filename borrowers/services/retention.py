"""Erasing records that may be kept no longer, in the database and in the archive alike.

What an objection or a repair was about stays with it; so does every version of such a record. Frozen portraits are the
evidence of decisions and have a life of their own.

Source: 征信业管理条例 第十六条; catalogue (``retention_months``); trust note 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from borrowers.domain.archive import KeptIn, dated
from borrowers.domain.item_spec import ItemSpec
from borrowers.domain.retention import REJECTED_ROWS_KEPT_DAYS, is_past_retention, kept_since
from borrowers.models import (
    ArchiveSegment,
    CatalogueItem,
    CreditRecord,
    CreditRepair,
    IngestBatch,
    Objection,
    RejectedRow,
)
from borrowers.selectors.archived import Place
from borrowers.selectors.catalogue import item_spec
from borrowers.services.archived_erasure import Erased, archived_erase, segment_rewrite
from borrowers.services.candidate import candidates_lapse
from marketplace.audit import audit_record
from marketplace.domain.workdays import local_date

ERASED_AT_ONCE = 5_000


def retention_sweep(*, at: datetime) -> Erased:
    """Erase the records of every item whose retention has passed; a second run the same day does nothing.

    Writes: removes ``CreditRecord`` rows, ``ArchivedEnd`` and ``RejectedRow`` of long ago, replaces
        ``ArchiveSegment`` files, empties ``read_as`` of batches whose rows are no longer all there, audit
        ``borrowers.records.erase``; one transaction per item, which locks it. The replaced files themselves go with
        `archive_sweep`.
    """
    _rejected_rows_erase(at)
    records = segments = 0
    for item in CatalogueItem.objects.order_by("code"):
        done = _erase(item, at)
        records, segments = records + done.records, segments + done.segments
    return Erased(records, segments)


@transaction.atomic
def _rejected_rows_erase(at: datetime) -> None:
    """Erase the rejected rows whose time for correction is over; their file is read anew when it comes again."""
    long_ago = at - timedelta(days=REJECTED_ROWS_KEPT_DAYS)
    gone = IngestBatch.objects.filter(received_at__lt=long_ago).exclude(titles=[])
    candidates_lapse(gone)
    RejectedRow.objects.filter(batch__in=gone).delete()
    gone.update(titles=[], read_as="")


@transaction.atomic
def _erase(item: CatalogueItem, at: datetime) -> Erased:
    item = CatalogueItem.objects.select_for_update().get(pk=item.pk)
    spec = item_spec(item)
    erase = archived_erase if item.kept_in == KeptIn.ARCHIVE else _erase_in_both
    done = erase(item, spec, at)
    if not done.records:
        return done
    IngestBatch.objects.filter(item=item).exclude(read_as="").update(read_as="")
    audit_record(
        action="borrowers.records.erase",
        subject_kind="CatalogueItem",
        subject_id=item.code,
        actor=None,
        at=at,
        payload={
            "records": done.records,
            "segments": done.segments,
            "months": spec.retention_months,
        },
    )
    return done


def _erase_in_both(item: CatalogueItem, spec: ItemSpec, at: datetime) -> Erased:
    gone: list[tuple[int, Place]] = list(_past(item, spec, at))
    pks = iter([pk for pk, _ in gone])
    while chunk := list(islice(pks, ERASED_AT_ONCE)):
        CreditRecord.objects.filter(superseded_by__in=chunk).update(superseded_by=None)
        CreditRecord.objects.filter(pk__in=chunk).delete()
    return Erased(len(gone), _rewrite(item, [place for _, place in gone], at) if gone else 0)


def _past(item: CatalogueItem, spec: ItemSpec, at: datetime) -> Iterator[tuple[int, Place]]:
    """Yield primary key and place of the item's records that may be kept no longer."""
    today = local_date(at)
    cutoff = kept_since(spec, today)
    same = {
        "record__enterprise": OuterRef("enterprise"),
        "record__natural_key": OuterRef("natural_key"),
    }
    found = CreditRecord.objects.filter(
        Q(event_date__lt=cutoff) | Q(event_date=None, received_at__lt=at),
        ~Exists(Objection.objects.filter(record__item=item, **same)),
        ~Exists(CreditRepair.objects.filter(record__item=item, **same)),
        item=item,
    ).order_by("pk")
    columns = ("pk", "batch_id", "row_number", "event_date", "received_at", "payload")
    for pk, batch, row, event, received, payload in found.values_list(*columns).iterator(2_000):
        if is_past_retention(spec, payload, dated(event, received), today):
            yield pk, (batch, row)


def _rewrite(item: CatalogueItem, gone: list[Place], at: datetime) -> int:
    """Write the item's files that hold any of the places anew without them; return how many."""
    batches = {batch for batch, _ in gone}
    concerned = ArchiveSegment.objects.filter(
        item=item, retired_at=None, batches__in=batches
    ).distinct()
    segments = list(concerned.order_by("id"))
    for segment in segments:
        segment_rewrite(item, segment, gone, at)
    return len(segments)
