"""The sweep over the clocks of needs and leads: remind, escalate, lapse, hand on; safe to run any number of times.

Source: domain note 4.1 (a taker who lets the contact clock lapse loses the slot; re-dispatch after three days).
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Prefetch

from marketplace.domain.errors import Refused
from matching.domain.clock import ClockAction, ClockReading, ClockStep
from matching.domain.lead import OPEN_LEAD_STATES
from matching.models import DemandLead, FinancingDemand, LeadEvent
from matching.selectors.clock import ClockTable
from matching.services.demand_mode import (
    demand_close_pool,
    demand_dispatch_next,
    demand_release,
)
from matching.services.lead import lead_lock, lead_mark, lead_readings, lead_step
from matching.services.lead_notices import lead_clock_notify

logger = logging.getLogger(__name__)


@dataclass
class LeadCount:
    """What one sweep did."""

    reminded: int = 0
    escalated: int = 0
    lapsed: int = 0
    pools_closed: int = 0
    dispatched: int = 0


def leads_sweep(*, at: datetime, table: ClockTable) -> LeadCount:
    """Do everything whose time has come for leads, the pool and dispatch.

    Each case is a transaction of its own; one that is refused is logged and left for the next time.

    Writes: as the services it calls. Queries: five, and those of the cases that move.
    """
    count = LeadCount()
    events = Prefetch("events", queryset=LeadEvent.objects.order_by("seq"), to_attr="swept_events")
    for lead in DemandLead.objects.filter(state__in=OPEN_LEAD_STATES).prefetch_related(events):
        known: list[LeadEvent] = lead.swept_events
        if _due(lead, known, at, table):
            _guarded(str(lead.public_id), partial(_sweep_one, lead, at, table, count))
    _lose_slots(at, count)
    pools = FinancingDemand.objects.filter(mode="POOL", state="IN_POOL", pool_until__lte=at)
    for key in pools.values_list("pk", flat=True):
        count.pools_closed += demand_close_pool(demand_id=key, at=at)
    waiting = FinancingDemand.objects.filter(state="TO_DISPATCH", dispatch_due_at__lt=at)
    for key in waiting.values_list("pk", flat=True):
        _guarded(str(key), partial(_dispatch_one, key, at, count))
    return count


def _dispatch_one(demand_pk: int, at: datetime, count: LeadCount) -> None:
    count.dispatched += demand_dispatch_next(demand_id=demand_pk, at=at) is not None


@transaction.atomic
def _sweep_one(lead: DemandLead, at: datetime, table: ClockTable, count: LeadCount) -> None:
    case = lead_lock(lead.public_id, None)
    if case.lead.state not in OPEN_LEAD_STATES:
        return
    due = _due(case.lead, case.events, at, table)
    for reading, found in due:
        if found.action is ClockAction.EXPIRE:
            continue
        lead_mark(case, found.action.value, _key(reading, found), at)
        lead_clock_notify(case.lead, reading.clock, found.action, at)
        if found.action is ClockAction.ESCALATE:
            count.escalated += 1
        else:
            count.reminded += 1
    if any(found.action is ClockAction.EXPIRE for _, found in due):
        lead_step(case, "LAPSE", {"clock_expired": True}, actor=None, at=at, table=table)
        demand_release(demand_id=case.lead.demand_id, at=at)
        count.lapsed += 1


def _lose_slots(at: datetime, count: LeadCount) -> None:
    """Free the slots of takers who accepted an application and did not contact the enterprise in time."""
    late = DemandLead.objects.filter(
        state="CONVERTED",
        application__state="ACCEPTED",
        application__clock_code="CONTACT",
        application__clock_due_at__lt=at,
    )
    for key in late.values_list("public_id", flat=True):
        _guarded(str(key), partial(_lose_one, key, at, count))


@transaction.atomic
def _lose_one(lead_id: uuid.UUID, at: datetime, count: LeadCount) -> None:
    case = lead_lock(lead_id, None)
    if case.lead.state == "CONVERTED":
        lead_step(case, "LAPSE", {"clock_expired": True}, actor=None, at=at)
        count.lapsed += 1


def _due(
    lead: DemandLead, events: list[LeadEvent], at: datetime, table: ClockTable
) -> list[tuple[ClockReading, ClockStep]]:
    """Return the steps whose time has come and that were not taken yet."""
    taken = [row.payload for row in events if row.event in ("REMIND", "ESCALATE")]
    return [
        (reading, due)
        for reading in lead_readings(lead, events, at, table)
        for due in reading.due_steps
        if due.action is ClockAction.EXPIRE or _key(reading, due) not in taken
    ]


def _key(reading: ClockReading, due: ClockStep) -> dict[str, object]:
    return {
        "clock": reading.clock.code,
        "after": due.after,
        "started_at": reading.started_at.isoformat(),
    }


def _guarded(name: str, work: Callable[[], object]) -> None:
    """Do one case's work; somebody may have moved it in between, then the next sweep looks again."""
    try:
        work()
    except Refused as refused:
        logger.warning("%s left by the sweep: %s", name, refused)
