"""What lenders and enterprises answer to a lead: take, return, decline.

Whoever takes a need learns no name by it: the enterprise is invited, and decides by its consent.

Source: domain note 4.1 (抢单: first N, one lender one slot; a lender may return once with reason), 4.2.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from lenders.models import Institution, LoanProduct
from lenders.selectors import institution_of
from marketplace.domain.errors import NotFound, NotPermitted, Refused
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.policies import roles_in
from matching.domain.lead import LEAD, LeadOrigin, slots_free, slots_held
from matching.models import DemandLead, FinancingDemand
from matching.policies.lead import pool_demands
from matching.selectors.eligible import EligibleOffer, eligible_offers_of
from matching.selectors.lead import pool_get
from matching.services.demand import demand_advance, demand_check_open, window_open
from matching.services.demand_mode import demand_release
from matching.services.lead import LockedLead, lead_lock, lead_offer, lead_step


@transaction.atomic
def pool_take(
    *, demand_id: uuid.UUID, actor: User, at: datetime, product_id: uuid.UUID | None = None
) -> DemandLead:
    """Take a need from the pool for the actor's institution; of all who try, the first as many as it has slots win.

    Args:
        demand_id: public id of a need in the pool.
        actor: an officer.
        at: when.
        product_id: which of the institution's products to propose; None for the one that suits best.

    Raises:
        NotFound: there is no such need in the pool.
        NotPermitted: the actor is no officer.
        TransitionRefused: ``GUARD_REFUSED``: taken by others already (已抢完), window over, no suitable product.
        Conflict: ``LEAD_EXISTS``, the institution took it before.
        Refused: ``LEAD_PRODUCT``, ``DEMAND_EXPIRED``.

    Writes: ``DemandLead``, ``LeadEvent``, the need's state, notices, audit; locks the need, but where it was seen to
        be taken already: a crowd's losers do not queue for the lock.
    """
    institution = institution_of(actor)
    if Role.OFFICER not in roles_in(actor, institution.organisation_id):
        raise NotPermitted
    seen = pool_get(actor, demand_id)
    _check_takeable(seen, institution, is_eligible=True, at=at)
    offers = eligible_offers_of(institution, seen, at)
    row = _pool_lock(demand_id, actor)
    facts = _check_takeable(row, institution, is_eligible=bool(offers), at=at)
    case = lead_offer(row, institution, LeadOrigin.POOL, actor=actor, at=at)
    return _take(case, row, offers, facts, product_id, actor, at)


@transaction.atomic
def lead_take(
    *, lead_id: uuid.UUID, actor: User, at: datetime, product_id: uuid.UUID | None = None
) -> DemandLead:
    """Take a need that was dispatched to, or directed at, the actor's institution.

    Raises:
        NotFound: the lead is not the actor's to see.
        NotPermitted: the actor is no officer.
        TransitionRefused: it was answered already, or no product suits.
        Refused: ``LEAD_PRODUCT``, ``DEMAND_NOT_OPEN``, ``DEMAND_EXPIRED``.

    Writes: ``DemandLead``, ``LeadEvent``, the need's state, notices, audit; locks the need, then the lead.
    """
    case = lead_lock(lead_id, actor)
    row = case.lead.demand
    demand_check_open(row, at)
    offers = eligible_offers_of(case.lead.institution, row, at)
    facts = {"origin": LeadOrigin.DISPATCH, "eligible": bool(offers)}
    return _take(case, row, offers, facts, product_id, actor, at)


@transaction.atomic
def lead_return(
    *, lead_id: uuid.UUID, return_code: str, return_note: str = "", actor: User, at: datetime
) -> DemandLead:
    """Give a lead back with a reason, once; the need looks for another lender.

    Raises:
        NotFound: the lead is not the actor's to see.
        NotPermitted: the actor is no officer.
        TransitionRefused: it is not open, the reason is missing (with ``fields``), or it was returned before.

    Writes: ``DemandLead``, ``LeadEvent``, the need's state, notices, audit; locks the need, then the lead.
    """
    case = lead_lock(lead_id, actor)
    lead = case.lead
    given = {"return_code": return_code, "return_note": return_note.strip()}
    returned = any(event.event == "RETURN" for event in case.events)
    facts = given | {"returned_before": returned}
    LEAD.advance(lead.state, "RETURN", {Role.OFFICER}, facts)
    lead.return_code, lead.return_note = return_code, return_note.strip()
    lead_step(case, "RETURN", facts, actor=actor, at=at, payload=given)
    demand_release(demand_id=lead.demand_id, at=at)
    return lead


@transaction.atomic
def lead_decline(*, lead_id: uuid.UUID, actor: User, at: datetime) -> DemandLead:
    """Decline a lender's invitation; the slot is free again.

    Raises:
        NotFound: the lead is not the actor's to see.
        NotPermitted: the actor is not on the enterprise's side.
        TransitionRefused: it is not open.

    Writes: ``DemandLead``, ``LeadEvent``, the need's state, notices, audit; locks the need, then the lead.
    """
    case = lead_lock(lead_id, actor)
    lead_step(case, "DECLINE", {}, actor=actor, at=at)
    demand_release(demand_id=case.lead.demand_id, at=at)
    return case.lead


def _take(
    case: LockedLead,
    row: FinancingDemand,
    offers: list[EligibleOffer],
    facts: dict[str, Any],
    product_id: uuid.UUID | None,
    actor: User,
    at: datetime,
) -> DemandLead:
    lead = case.lead
    lead.product = _product(offers, product_id)
    lead.officer, lead.taken_at = actor, at
    lead_step(case, "TAKE", facts, actor=actor, at=at)
    if row.state != "MATCHING":
        demand_advance(row, "START_MATCHING", None, at)
        row.dispatch_due_at = None
        row.save(update_fields=["state", "dispatch_due_at"])
    return lead


def _product(offers: list[EligibleOffer], product_id: uuid.UUID | None) -> LoanProduct | None:
    if product_id is None:
        return offers[0].offer.product if offers else None
    found = (entry.offer.product for entry in offers)
    product = next((entry for entry in found if entry.public_id == product_id), None)
    if product is None:
        sentence = "请从适合该需求的产品中选择。"
        raise Refused("LEAD_PRODUCT", sentence, {"product": sentence})
    return product


def _check_takeable(
    row: FinancingDemand, institution: Institution, *, is_eligible: bool, at: datetime
) -> dict[str, Any]:
    """Refuse what cannot be taken before anything is written, and return what the table's guards read."""
    demand_check_open(row, at)
    leads = list(row.leads.values_list("institution_id", "origin", "state"))
    held = slots_held((origin, state) for _, origin, state in leads)
    facts = {
        "origin": LeadOrigin.POOL,
        "eligible": is_eligible,
        "window_open": window_open(row, at),
        "slots_free": slots_free(row.pool_slots or 0, held),
    }
    if institution.pk not in {lender for lender, _, _ in leads}:
        LEAD.advance(LEAD.initial, "TAKE", {Role.OFFICER}, facts)
    return facts


def _pool_lock(demand_id: uuid.UUID, actor: User) -> FinancingDemand:
    row = (
        pool_demands(actor)
        .select_for_update(of=("self",))
        .select_related("enterprise__account")
        .filter(public_id=demand_id)
        .first()
    )
    if row is None:
        raise NotFound
    return row
