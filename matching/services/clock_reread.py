"""Deadlines read anew after the working calendar changed, so that queues show and sort by what holds now.

Source: domain note 4.1.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from matching.domain.lead import OPEN_LEAD_STATES
from matching.models import DemandLead, LoanApplication
from matching.selectors.clock import ClockTable, clock_table
from matching.services.lead import lead_clock_refresh, lead_lock
from matching.services.transition import case_lock, clock_refresh


def clocks_reread(*, at: datetime) -> int:
    """Read every running deadline anew with the calendar as it is now; return how many moved.

    Args:
        at: now, aware.

    Writes: clock columns of ``LoanApplication`` and ``DemandLead``, each row locked in a transaction of its own;
        nothing is told to anybody.
    """
    table, moved = clock_table(), 0
    applications = LoanApplication.objects.exclude(clock_due_at=None).filter(closed_at=None)
    for key in applications.order_by("pk").values_list("public_id", flat=True):
        moved += _application(key, at, table)
    leads = DemandLead.objects.filter(state__in=OPEN_LEAD_STATES).exclude(clock_due_at=None)
    for key in leads.order_by("pk").values_list("public_id", flat=True):
        moved += _lead(key, at, table)
    return moved


@transaction.atomic
def _application(key: uuid.UUID, at: datetime, table: ClockTable) -> bool:
    case = case_lock(key, None)
    row = case.application
    before = row.clock_due_at, row.clock_is_provisional
    clock_refresh(case, at, table)
    moved = before != (row.clock_due_at, row.clock_is_provisional)
    if moved:
        row.save(update_fields=["clock_code", "clock_due_at", "clock_is_provisional"])
    return moved


@transaction.atomic
def _lead(key: uuid.UUID, at: datetime, table: ClockTable) -> bool:
    case = lead_lock(key, None)
    row = case.lead
    before = row.clock_due_at, row.clock_is_provisional
    lead_clock_refresh(case, at, table)
    moved = before != (row.clock_due_at, row.clock_is_provisional)
    if moved:
        row.save(update_fields=["clock_due_at", "clock_is_provisional"])
    return moved
