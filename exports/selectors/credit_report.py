"""What the records of an enterprise say in its credit report, and until when each unit has delivered.

Source: 发改财金〔2025〕565号; domain note 2.12.
"""

from __future__ import annotations

from datetime import date, datetime

from borrowers.models import Enterprise
from borrowers.selectors.catalogue import catalogue_delivered
from borrowers.selectors.record import items_fed_by_unit, records_as_at
from exports.domain.credit_report import COLUMNS, DATA_CLASSES, CreditReport, report_of


def credit_report(enterprise: Enterprise, first: date, at: datetime) -> CreditReport:
    """Return the report of an enterprise from a day to the moment.

    Args:
        enterprise: whose records.
        first: first day of the span.
        at: aware moment.

    Queries: four, and those `records_as_at` names where an item is kept in the archive alone.
    """
    specs, _ = catalogue_delivered(at)
    return report_of(
        records_as_at(enterprise, at, DATA_CLASSES),
        specs,
        items_fed_by_unit(COLUMNS, at),
        enterprise=enterprise.name,
        uscc=enterprise.uscc,
        first=first,
        at=at,
    )
