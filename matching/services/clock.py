"""The sweep over all clocks: reminders, escalation, expiry; safe to run at any time and any number of times.

What a reader sees never waits for the sweep: deadlines are read from events and dates. The sweep writes what others
must be told, each step once, and moves what time has ended.

Source: domain note 4.1 (clocks); 征信业管理条例 (reading ends with the consent).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Prefetch

from marketplace.domain.errors import Refused
from marketplace.domain.roles import SYSTEM
from marketplace.domain.workdays import end_of_day, local_date
from matching.domain.application import SUSPENDABLE_STATES
from matching.domain.clock import ClockAction, ClockReading, ClockStep, clock_on, deadline
from matching.domain.demand import OPEN_DEMAND_STATES
from matching.models import ApplicationEvent, FinancingDemand, LoanApplication
from matching.selectors.clock import ClockTable, clock_readings, clock_table
from matching.services.application import application_route, application_suspend
from matching.services.application_notices import clock_notify
from matching.services.demand import demand_expire
from matching.services.event_follow_up import events_sweep
from matching.services.lead_clock import leads_sweep
from matching.services.renewal import renewals_remind
from matching.services.transition import LockedCase, case_lock, event_append, step
from matching.services.whitelist_duty import duties_sweep
from matching.services.whitelist_push import whitelists_push
from matching.services.whitelist_standing import whitelists_recheck_due

logger = logging.getLogger(__name__)
ROUTE_AFTER = timedelta(minutes=10)
CHUNK = 500


@dataclass
class SweepCount:
    """What one sweep did."""

    looked_at: int = 0
    reminded: int = 0
    escalated: int = 0
    expired: int = 0
    lapsed: int = 0
    suspended: int = 0
    routed: int = 0
    demands_ended: int = 0
    leads_lapsed: int = 0
    pools_closed: int = 0
    dispatched: int = 0
    lists_rechecked: int = 0
    lists_pushed: int = 0


def clocks_sweep(*, at: datetime) -> SweepCount:
    """Do everything whose time has come: route, remind, escalate, expire, lapse, suspend, end needs, check lists again.

    Leads, the pool, events and loans that end soon are part of it.

    Each case is a transaction of its own; one that is refused is logged and left for the next time.

    Args:
        at: now, aware.

    Returns:
        How much of each was done; a second run right after does nothing.

    Writes: as the services it calls. Queries: two for the calendar and limits, two per 500 open cases, and those of
        the cases that move.
    """
    table, count = clock_table(), SweepCount()
    _route_waiting(at, count)
    _suspend_without_consent(at, count)
    _lapse_unused(at, count, table)
    for application in _clocked(table):
        count.looked_at += 1
        readings = clock_readings(application, application.swept_events, at, table)  # type: ignore[attr-defined]
        if any(_due(application.swept_events, readings)):  # type: ignore[attr-defined]
            _guarded(application, lambda row: _sweep_one(row, at, table, count))
    _end_demands(at, count)
    leads = leads_sweep(at=at, table=table)
    count.reminded += leads.reminded
    count.escalated += leads.escalated
    count.leads_lapsed, count.pools_closed = leads.lapsed, leads.pools_closed
    count.dispatched = leads.dispatched
    events = events_sweep(at=at, table=table)
    count.reminded += renewals_remind(at=at)
    count.lists_rechecked, count.lists_pushed = (
        whitelists_recheck_due(at=at),
        whitelists_push(at=at),
    )
    duties = duties_sweep(at=at, table=table)
    count.reminded += events.reminded + duties.reminded
    count.escalated += events.escalated + duties.escalated
    return count


def step_key(reading: ClockReading, due: ClockStep) -> dict[str, object]:
    """Return what tells one due step from every other, as it is kept in the event's payload."""
    return {
        "clock": reading.clock.code,
        "after": due.after,
        "started_at": reading.started_at.isoformat(),
    }


def _due(
    events: Iterable[ApplicationEvent], readings: Iterable[ClockReading]
) -> list[tuple[ClockReading, ClockStep]]:
    """Return the steps whose time has come and that were not taken yet."""
    taken = [row.payload for row in events if row.event in ("REMIND", "ESCALATE")]
    return [
        (reading, due)
        for reading in readings
        for due in reading.due_steps
        if due.action is ClockAction.EXPIRE or step_key(reading, due) not in taken
    ]


@transaction.atomic
def _sweep_one(
    application: LoanApplication, at: datetime, table: ClockTable, count: SweepCount
) -> None:
    case = case_lock(application.public_id, None)
    readings = clock_readings(case.application, case.events, at, table)
    due = _due(case.events, readings)
    over = next((pair for pair in due if pair[1].action is ClockAction.EXPIRE), None)
    for reading, found in due:
        if found.action is not ClockAction.EXPIRE:
            _tell(case, reading, found, at, count)
    if over is not None:
        payload = {"clock": over[0].clock.code, "clock_expired": True}
        step(case, "EXPIRE", payload, actor=None, at=at, table=table)
        count.expired += 1


def _tell(
    case: LockedCase, reading: ClockReading, due: ClockStep, at: datetime, count: SweepCount
) -> None:
    state = case.application.state
    event_append(
        case,
        due.action.value,
        state,
        state,
        payload=step_key(reading, due),
        actor=None,
        role=SYSTEM,
        at=at,
    )
    clock_notify(case.application, reading.clock, due.action, at)
    if due.action is ClockAction.ESCALATE:
        count.escalated += 1
    else:
        count.reminded += 1


def _clocked(table: ClockTable) -> Iterable[LoanApplication]:
    events = ApplicationEvent.objects.order_by("seq")
    return (
        LoanApplication.objects.filter(state__in=table.states())
        .select_related("demand", "product_version")
        .prefetch_related(Prefetch("events", queryset=events, to_attr="swept_events"))
        .order_by("pk")
        .iterator(chunk_size=CHUNK)
    )


def _route_waiting(at: datetime, count: SweepCount) -> None:
    waiting = LoanApplication.objects.filter(state="SUBMITTED", submitted_at__lt=at - ROUTE_AFTER)
    for application in waiting:
        _guarded(application, lambda row: application_route(application_id=row.public_id, at=at))
        count.routed += 1


def _suspend_without_consent(at: datetime, count: SweepCount) -> None:
    ended = LoanApplication.objects.filter(
        state__in=SUSPENDABLE_STATES, consent__valid_until__lte=at
    )
    for application in ended:
        _guarded(
            application,
            lambda row: application_suspend(
                application_id=row.public_id, reason="企业授权已到期", at=at
            ),
        )
        count.suspended += 1


def _lapse_unused(at: datetime, count: SweepCount, table: ClockTable) -> None:
    """End limits not drawn in time; a signed one waits for the days in which a disbursement may still be reported."""
    ended = LoanApplication.objects.filter(
        state__in=("APPROVED", "SIGNED"), credit_line__valid_until__lt=local_date(at)
    ).select_related("credit_line")
    for application in ended:
        until = application.credit_line.valid_until
        report = clock_on("DISBURSEMENT_REPORT", until, table.parameters)
        reported_by = deadline(report, end_of_day(until), table.calendar)
        is_waiting = reported_by is not None and not reported_by.has_passed(at)
        if application.state == "SIGNED" and is_waiting:
            continue
        _guarded(application, lambda row: _lapse_one(row, at, table))
        count.lapsed += 1


@transaction.atomic
def _lapse_one(application: LoanApplication, at: datetime, table: ClockTable) -> None:
    case = case_lock(application.public_id, None)
    step(case, "LAPSE", {}, actor=None, at=at, table=table)


def _end_demands(at: datetime, count: SweepCount) -> None:
    over = FinancingDemand.objects.filter(
        state__in=("DRAFT", *OPEN_DEMAND_STATES), expires_at__lt=at
    )
    for key in over.values_list("pk", flat=True):
        count.demands_ended += demand_expire(demand_id=key, at=at)


def _guarded(application: LoanApplication, work: Callable[[LoanApplication], object]) -> None:
    """Do one case's work; somebody may have moved it in between, then the next sweep looks again."""
    try:
        work(application)
    except Refused as refused:
        logger.warning("application %s left by the sweep: %s", application.public_id, refused)
