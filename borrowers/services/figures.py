"""Employees, revenue, assets and the size class of enterprises, from their latest annual report on file.

The figures stay consent-bound where they are shown; the size class derived from them is what rules and lists use.
Source: 国统字〔2017〕213号 (size classes by the latest annual figures).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from borrowers.models import CreditRecord, Enterprise, IngestBatch
from borrowers.services.register import size_refresh
from marketplace.bulk import update_rows

REPORT_ITEM = "ANNUAL_REPORT"
CHUNK = 500
FIGURES = ("employees", "revenue_yuan", "assets_yuan")


def figures_refresh(*, batch: IngestBatch, at: datetime) -> int:
    """Bring the figures of a batch's enterprises up to their latest annual report; return how many changed.

    Args:
        batch: of annual reports, its records written.
        at: when, aware; decides which table of size classes holds.

    Writes: ``Enterprise`` figures and size class, in bulk; runs inside the caller's transaction.
    """
    found = CreditRecord.objects.filter(batch=batch).values_list("enterprise_id", flat=True)
    ids = sorted(set(found))
    return sum(_refresh(ids[start : start + CHUNK], at) for start in range(0, len(ids), CHUNK))


def _refresh(ids: list[int], at: datetime) -> int:
    latest: dict[int, dict[str, Any]] = {}
    records = CreditRecord.objects.filter(
        enterprise_id__in=ids, item__code=REPORT_ITEM, superseded_at=None
    )
    for pk, payload in records.order_by("event_date", "id").values_list("enterprise_id", "payload"):
        known = latest.get(pk)
        if known is None or payload["report_year"] >= known["report_year"]:
            latest[pk] = payload
    changed = []
    for enterprise in Enterprise.objects.filter(pk__in=latest):
        if _fill(enterprise, latest[enterprise.pk], at):
            changed.append(enterprise)
    update_rows(changed, [*FIGURES, "size_class", "updated_at"])
    return len(changed)


def _fill(enterprise: Enterprise, report: dict[str, Any], at: datetime) -> bool:
    before = [*(getattr(enterprise, name) for name in FIGURES), enterprise.size_class]
    if "employees" in report:
        enterprise.employees = int(report["employees"])
    for name in ("revenue_yuan", "assets_yuan"):
        if name in report:
            setattr(enterprise, name, Decimal(str(report[name])))
    size_refresh(enterprise, at)
    if before == [*(getattr(enterprise, name) for name in FIGURES), enterprise.size_class]:
        return False
    enterprise.updated_at = at
    return True
