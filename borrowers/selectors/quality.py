"""Reads of the quality of deliveries: what a batch holds by its item's rules, and what was found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, DecimalField, F, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from borrowers.domain.item_spec import ItemSpec
from borrowers.domain.quality import EARLIER_LOOKED_AT, volume_counts
from borrowers.domain.quality_rule import QualityKind, QualityRule
from borrowers.domain.rhythm import earliest_in_time
from borrowers.models import CreditRecord, IngestBatch, QualityFinding, SourceUnit
from borrowers.policies import visible_findings
from borrowers.selectors.archive import batch_files
from borrowers.selectors.archived_quality import EVENTS, EVENTS_IN_TIME, archived_counts
from marketplace.calendars import work_calendar
from marketplace.domain.workdays import local_date
from marketplace.policies import Reader

DELIVERED = Q(kind="RECORDS", finished_at__isnull=False) & (
    Q(rows_read=0) | Q(rejected__lt=F("rows_read"))
)
"""Batches that count as a delivery, as `IngestBatch.is_delivery` says of one at hand."""


def batch_counts(batch: IngestBatch, spec: ItemSpec) -> dict[str, tuple[int, int]]:
    """Return what the rules of an item count in a closed batch; `EVENTS` has the events in time of all events.

    Args:
        batch: closed, its records written.
        spec: declaration by which it was read.

    A batch that was filed is counted in its files, which hold the same rows and are the quicker to read.

    Queries: at most four; a batch that kept no row has no records to look at.
    """
    found = _record_counts(batch, spec)
    counts = {
        rule.code: (found[f"part_{place}"], found[f"whole_{place}"])
        for place, rule in enumerate(spec.quality)
        if f"part_{place}" in found
    }
    for rule in spec.quality:
        if rule.kind is QualityKind.ACCEPTED:
            counts[rule.code] = (batch.rows_read - batch.rejected, batch.rows_read)
        elif rule.kind is QualityKind.VOLUME:
            counts[rule.code] = volume_counts(batch.rows_read, _earlier(batch))
    counts[EVENTS] = (found[EVENTS_IN_TIME], found[EVENTS])
    return counts


def _record_counts(batch: IngestBatch, spec: ItemSpec) -> dict[str, int]:
    if not batch.accepted:
        return {EVENTS: 0, EVENTS_IN_TIME: 0}
    if files := batch_files(batch):
        return archived_counts(batch, spec, files)
    received = local_date(batch.received_at)
    in_time = Q(event_date__gte=earliest_in_time(received, spec.due_days, work_calendar()))
    wanted: dict[str, Any] = {
        EVENTS: Count("event_date"),
        EVENTS_IN_TIME: Count("pk", filter=in_time),
    }
    records = CreditRecord.objects.filter(batch=batch)
    for place, rule in enumerate(spec.quality):
        part, whole = f"part_{place}", f"whole_{place}"
        if rule.kind is QualityKind.FILLED:
            wanted[part] = Count("pk", filter=Q(payload__has_key=rule.field))
            wanted[whole] = Count("pk")
        elif rule.kind is QualityKind.IN_RANGE:
            number = Cast(
                KT(f"payload__{rule.field}"), DecimalField(max_digits=30, decimal_places=6)
            )
            records = records.annotate(**{f"value_{place}": number})
            wanted[part] = Count("pk", filter=_within(f"value_{place}", rule))
            wanted[whole] = Count("pk", filter=Q(payload__has_key=rule.field))
        elif rule.kind is QualityKind.RECENT:
            first = received - timedelta(days=rule.days)
            wanted[part] = Count("pk", filter=Q(event_date__gte=first))
            wanted[whole] = Count("event_date")
        elif rule.kind is QualityKind.IN_TIME:
            wanted[part] = Count("pk", filter=in_time)
            wanted[whole] = Count("event_date")
    return records.order_by().aggregate(**wanted)


def _within(name: str, rule: QualityRule) -> Q:
    limits = Q(**{f"{name}__isnull": False})
    if rule.low:
        limits &= Q(**{f"{name}__gte": rule.low})
    if rule.high:
        limits &= Q(**{f"{name}__lte": rule.high})
    return limits


def _earlier(batch: IngestBatch) -> list[int]:
    before = IngestBatch.objects.filter(
        DELIVERED, item=batch.item_id, unit=batch.unit_id, received_at__lt=batch.received_at
    )
    ordered = before.order_by("-received_at", "-pk").values_list("rows_read", flat=True)
    return list(ordered[:EARLIER_LOOKED_AT])


def finding_list(
    user: Reader, unit: SourceUnit | None = None, *, is_open: bool = True
) -> QuerySet[QualityFinding]:
    """Return quality findings the reader may see, of one unit when given, latest first."""
    found = visible_findings(user).select_related("item", "unit", "batch")
    if unit is not None:
        found = found.filter(unit=unit)
    return found.filter(closed_at=None) if is_open else found
