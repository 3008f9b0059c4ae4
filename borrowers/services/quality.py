"""The quality of deliveries: measured when a batch closes, missed terms found every night.

Source: issue of the catalogue (declared quality rules on every batch and nightly); domain note 2.7.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max, Min

from borrowers.domain.item_spec import ItemSpec
from borrowers.domain.quality import Measured, measure_all
from borrowers.domain.quality_rule import QualityKind, QualityRule
from borrowers.domain.rhythm import Due, UpdateRhythm, latest_due
from borrowers.models import BatchQuality, CatalogueItem, IngestBatch, QualityFinding
from borrowers.selectors.archived_quality import EVENTS
from borrowers.selectors.catalogue import item_spec
from borrowers.selectors.quality import DELIVERED, batch_counts
from marketplace.audit import audit_record
from marketplace.calendars import work_calendar
from marketplace.domain.workdays import local_date

DUE = QualityRule(QualityKind.DUE)
SENTENCE_LENGTH = 300
WRITTEN_AT_ONCE = 500


def batch_quality_check(*, batch: IngestBatch, item: CatalogueItem, at: datetime) -> None:
    """Measure a closed batch by the rules of the version it was read by.

    Runs inside the transaction that closes the batch; a second time finds the same. What the batch keeps closes the
    open findings of its item and unit; that it came at all closes those of missed terms.

    Args:
        batch: of records, closed.
        item: as it was read for this batch.
        at: when, aware.

    Writes: ``BatchQuality``, ``QualityFinding``.
    """
    spec = item_spec(item)
    counts = batch_counts(batch, spec)
    measured = measure_all(spec.quality, counts)
    in_time, events = counts[EVENTS]
    quality = BatchQuality(
        batch=batch,
        events=events,
        in_time=in_time,
        measures=[_kept(found) for found in measured],
        measured_at=at,
    )
    BatchQuality.objects.bulk_create(
        [quality],
        update_conflicts=True,
        unique_fields=["batch"],
        update_fields=["events", "in_time", "measures", "measured_at"],
    )
    _findings_close(batch, [found.rule.code for found in measured if found.kept], at)
    _findings_write(batch, spec, [found for found in measured if found.kept is False], at)


def _kept(found: Measured) -> dict[str, object]:
    return {
        "rule": found.rule.code,
        "part": found.part,
        "whole": found.whole,
        "kept": found.kept,
    }


def _findings_close(batch: IngestBatch, codes: list[str], at: datetime) -> None:
    done = [*codes, DUE.code] if batch.is_delivery else codes
    QualityFinding.objects.filter(
        item=batch.item_id, unit=batch.unit_id, rule__in=done, closed_at=None
    ).exclude(batch=batch).update(closed_at=at)


def _findings_write(
    batch: IngestBatch, spec: ItemSpec, broken: Iterable[Measured], at: datetime
) -> None:
    labels = {field.code: field.label for field in spec.fields}
    QualityFinding.objects.bulk_create(
        [
            QualityFinding(
                item=batch.item,
                unit=batch.unit,
                batch=batch,
                rule=found.rule.code,
                about=str(batch.public_id),
                sentence=found.sentence(labels.get(found.rule.field, ""))[:SENTENCE_LENGTH],
                found_on=local_date(at),
                found_at=at,
            )
            for found in broken
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def quality_sweep(*, at: datetime) -> int:
    """Find the items whose latest term passed without a delivery; return how many findings are new.

    Each term is found once, however often this runs. The unit that answers for the item is meant; a period that ended
    before the item was declared is not owed.

    Args:
        at: now, aware.

    Queries: five, however many items.
    Writes: ``QualityFinding``, audit ``borrowers.quality.sweep`` when anything is new.
    """
    missed = _missed(at)
    known = set(
        QualityFinding.objects.filter(rule=DUE.code).values_list("item_id", "unit_id", "about")
    )
    new = [
        QualityFinding(
            item=item,
            unit_id=item.source_unit_id,
            rule=DUE.code,
            about=owed.period,
            sentence=f"{owed.period} 期最迟应于 {last} 送达，至今没有送达。",
            found_on=local_date(at),
            found_at=at,
        )
        for item, owed, last in missed
        if (item.pk, item.source_unit_id, owed.period) not in known
    ]
    QualityFinding.objects.bulk_create(new, batch_size=WRITTEN_AT_ONCE, ignore_conflicts=True)
    if new:
        audit_record(
            action="borrowers.quality.sweep",
            subject_kind="QualityFinding",
            subject_id="*",
            actor=None,
            at=at,
            payload={"created": len(new)},
        )
    return len(new)


def _missed(at: datetime) -> list[tuple[CatalogueItem, Due, str]]:
    """Return item, period and last day of every term that passed without a delivery."""
    on, calendar = local_date(at), work_calendar()
    delivered = dict(
        IngestBatch.objects.filter(DELIVERED, unit=F("item__source_unit"), received_at__lte=at)
        .order_by()
        .values_list("item")
        .annotate(latest=Max("received_at"))
    )
    items = (
        CatalogueItem.objects.filter(is_active=True)
        .exclude(update_rhythm=UpdateRhythm.ON_EVENT)
        .annotate(since=Min("versions__effective_from"))
        .only("code", "source_unit", "update_rhythm", "due_days", "spec")
    )
    found: list[tuple[CatalogueItem, Due, str]] = []
    for item in items:
        if all(rule["kind"] != QualityKind.DUE for rule in item.spec.get("quality", ())):
            continue
        owed = latest_due(UpdateRhythm(item.update_rhythm), item.due_days, on, calendar)
        if owed is None or owed.end <= local_date(item.since):
            continue
        latest = delivered.get(item.pk)
        if latest is None or local_date(latest) < owed.end:
            found.append((item, owed, owed.last_day(calendar).isoformat()))
    return found
