"""The one door through which a lead moves: table, event, clock, notices, audit. Callers lock the need first.

Source: domain note 4.1 (抢单, 派单); design law 2.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet

from lenders.models import Branch, Institution
from lenders.selectors import branch_for
from marketplace.audit import audit_record, enterprise_stream
from marketplace.domain.errors import Conflict, NotFound
from marketplace.models import User
from matching.domain.clock import ClockReading, readings
from matching.domain.lead import LEAD, OPEN_LEAD_STATES, LeadOrigin
from matching.models import DemandLead, FinancingDemand, LeadEvent, LoanApplication
from matching.policies.lead import roles_towards_lead, visible_leads
from matching.selectors.clock import ClockTable, clock_table
from matching.selectors.lead import lead_events
from matching.services.lead_notices import lead_notify

_NEEDED = (
    "demand__enterprise__account",
    "institution__organisation",
    "product",
    "application",
)


@dataclass
class LockedLead:
    """A lead locked until commit, with its events so far."""

    lead: DemandLead
    events: list[LeadEvent]


def lead_lock(lead_id: uuid.UUID, actor: User | None) -> LockedLead:
    """Return a lead the actor may act on, its need and itself locked until commit, with its events.

    Raises:
        NotFound: it is not there for this actor.

    Writes: takes the need's lock, then the lead's. Queries: four, after those for memberships.
    """
    found: QuerySet[DemandLead] = (
        DemandLead.objects.all() if actor is None else visible_leads(actor)
    )
    demand_pk = found.filter(public_id=lead_id).values_list("demand_id", flat=True).first()
    if demand_pk is not None:
        FinancingDemand.objects.select_for_update().filter(pk=demand_pk).first()
    row = (
        found.select_for_update(of=("self",))
        .select_related(*_NEEDED)
        .filter(public_id=lead_id)
        .first()
    )
    if row is None:
        raise NotFound
    return LockedLead(row, lead_events(row))


def lead_offer(
    demand: FinancingDemand,
    institution: Institution,
    origin: LeadOrigin,
    *,
    actor: User | None,
    at: datetime,
) -> LockedLead:
    """Put a need before a lender.

    Args:
        demand: locked, with its enterprise and account loaded.
        institution: with its organisation loaded; it has no lead of this need yet.
        origin: how it came there.
        actor: who put it there; None for the marketplace.
        at: when.

    Raises:
        Conflict: ``LEAD_EXISTS``.

    Writes: ``DemandLead``, ``LeadEvent``, notices to the branch (not for a lead from the pool), audit.
    """
    if demand.leads.filter(institution=institution).exists():
        raise Conflict("LEAD_EXISTS", "该机构已有这项需求的线索，一家机构只能有一条。")
    lead = DemandLead.objects.create(
        demand=demand,
        institution=institution,
        branch=_branch(institution, demand),
        origin=origin.value,
        state=LEAD.initial,
        offered_at=at,
    )
    lead.demand, lead.institution = demand, institution
    case = LockedLead(lead, [])
    roles = roles_towards_lead(actor, lead)
    _append(case, "OFFER", "", LEAD.initial, {}, actor, min(roles, default=""), at)
    lead_clock_refresh(case, at, None)
    lead.save(update_fields=["clock_due_at", "clock_is_provisional"])
    _tell(case, "OFFER", {}, actor, at)
    return case


def lead_step(
    case: LockedLead,
    event: str,
    facts: Mapping[str, Any],
    *,
    actor: User | None,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
    table: ClockTable | None = None,
) -> LeadEvent:
    """Take one step of the table on a locked lead; the caller has set the fields that go with it.

    Args:
        case: from `lead_lock` or `lead_offer`.
        event: an event of ``LEAD``.
        facts: what its guard looks at.
        actor: who acts; None for the marketplace.
        at: when.
        payload: kept with the event.
        table: calendar and limits when loaded already.

    Raises:
        TransitionRefused, NotPermitted: by the table.

    Writes: ``DemandLead``, ``LeadEvent``, notices, audit.
    """
    lead = case.lead
    roles = roles_towards_lead(actor, lead)
    row = LEAD.advance(lead.state, event, roles, facts)
    lead.state = row.target
    is_open = row.target in OPEN_LEAD_STATES
    lead.ended_at = None if is_open else at
    role = next(name for name in sorted(row.roles) if name in roles)
    written = _append(case, event, row.source, row.target, payload or {}, actor, role, at)
    lead_clock_refresh(case, at, table)
    lead.save()
    _tell(case, event, payload or {}, actor, at)
    return written


def lead_mark(case: LockedLead, event: str, payload: Mapping[str, Any], at: datetime) -> LeadEvent:
    """Keep a step of a clock beside a lead, whose state stays as it is. Writes: ``LeadEvent``."""
    state = case.lead.state
    return _append(case, event, state, state, payload, None, "SYSTEM", at)


def leads_close(demand: FinancingDemand, at: datetime) -> int:
    """End the open leads of a need that ended; return how many. The need is locked.

    Writes: as `lead_step`.
    """
    keys = list(demand.leads.filter(state__in=OPEN_LEAD_STATES).values_list("public_id", flat=True))
    for key in keys:
        lead_step(lead_lock(key, None), "CLOSE", {}, actor=None, at=at)
    return len(keys)


def lead_follow(application: LoanApplication, at: datetime) -> bool:
    """Move the lead behind an application that moved; return whether one did.

    Submitted, the application answers the lender's invitation; expired, the lender loses the slot.

    Args:
        application: just saved, its need locked or free.
        at: when.

    Writes: as `lead_step`.
    """
    if application.state == "SUBMITTED":
        found = DemandLead.objects.filter(
            demand=application.demand_id,
            institution=application.institution_id,
            state__in=OPEN_LEAD_STATES,
        )
    elif application.state == "EXPIRED":
        found = DemandLead.objects.filter(application=application, state="CONVERTED")
    else:
        return False
    key = found.values_list("public_id", flat=True).first()
    if key is None:
        return False
    case = lead_lock(key, None)
    if application.state == "SUBMITTED":
        case.lead.application = application
        lead_step(case, "CONVERT", {}, actor=None, at=at)
    else:
        lead_step(case, "LAPSE", {"clock_expired": True}, actor=None, at=at)
    return True


def lead_readings(
    lead: DemandLead, events: list[LeadEvent], at: datetime, table: ClockTable
) -> tuple[ClockReading, ...]:
    """Return the clocks that run on a lead at a moment, the earliest deadline first. Queries: none."""
    history = [(event.target, event.at) for event in events if event.source != event.target]
    return readings(history, at, table.calendar, table.parameters, pure_credit=False)


def _branch(institution: Institution, demand: FinancingDemand) -> Branch | None:
    try:
        return branch_for(institution, demand.enterprise.district_id or "")
    except Conflict:
        return None


def lead_clock_refresh(case: LockedLead, at: datetime, table: ClockTable | None = None) -> None:
    """Set the lead's clock fields to the clock that ends first now; the caller saves them. Queries: at most two."""
    lead = case.lead
    found: tuple[ClockReading, ...] = ()
    if lead.state in OPEN_LEAD_STATES:
        found = lead_readings(lead, case.events, at, table or clock_table())
    due = found[0].due if found else None
    lead.clock_due_at = due.at if due else None
    lead.clock_is_provisional = bool(due and due.provisional)


def _append(
    case: LockedLead,
    event: str,
    source: str,
    target: str,
    payload: Mapping[str, Any],
    actor: User | None,
    role: str,
    at: datetime,
) -> LeadEvent:
    written = LeadEvent.objects.create(
        lead=case.lead,
        seq=len(case.events) + 1,
        at=at,
        actor=actor,
        actor_role=role,
        event=event,
        source=source,
        target=target,
        payload=json.loads(json.dumps(dict(payload), cls=DjangoJSONEncoder)),
    )
    case.events.append(written)
    return written


def _tell(
    case: LockedLead, event: str, payload: Mapping[str, Any], actor: User | None, at: datetime
) -> None:
    lead = case.lead
    lead_notify(lead, event, actor_id=actor.pk if actor else None, at=at)
    audit_record(
        action=f"matching.lead.{event.lower()}",
        subject_kind="DemandLead",
        subject_id=lead.public_id,
        actor=actor,
        at=at,
        stream=enterprise_stream(lead.demand.enterprise.uscc),
        payload={
            "state": lead.state,
            "seq": len(case.events),
            "institution": lead.institution.code,
            **{key: value for key, value in payload.items() if key == "return_code"},
        },
    )
