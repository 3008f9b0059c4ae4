"""How a published need looks for a lender: the pool, dispatch, lenders of the enterprise's choice; and what follows.

Source: domain note 1.4 (modes 3a to 3d), 4.1 (抢单, 派单); windows and counts are dated parameters.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from lenders.models import Institution
from lenders.selectors import institution_admitted_list
from marketplace.domain.errors import NotPermitted, Refused
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.selectors import parameters_in_force
from marketplace.wall import whole_market
from matching.domain.application import LIVE_STATES
from matching.domain.clock import clock_on, deadline
from matching.domain.demand import DemandMode
from matching.domain.lead import OPEN_LEAD_STATES, LeadOrigin
from matching.domain.parameters import shipped
from matching.models import DemandLead, FinancingDemand
from matching.policies.lead import searching_demands
from matching.selectors.clock import ClockTable, clock_table
from matching.selectors.dispatch import dispatch_suggestions
from matching.selectors.eligible import eligible_offers_of
from matching.services.demand import (
    demand_advance,
    demand_check_open,
    demand_lock,
    window_open,
)
from matching.services.lead import lead_lock, lead_offer, lead_step
from matching.services.lead_notices import dispatch_notify

MODE_FIELDS = ("state", "mode", "pool_until", "pool_slots", "dispatch_due_at")
WAITING = "有融资需求待派单"


@transaction.atomic
def demand_enter_pool(*, demand: FinancingDemand, actor: User, at: datetime) -> FinancingDemand:
    """Put a published need into the pool: the first lenders to take it win, as many as the parameter says.

    Number of lenders and window keep the values of this day, whatever is entered later.

    Raises:
        NotFound: it is not the actor's.
        TransitionRefused: its state does not allow it, or a lender or an application is under way.
        Refused: ``DEMAND_EXPIRED``.

    Writes: ``FinancingDemand``, audit; locks the row.
    """
    row = demand_lock(demand_id=demand.public_id, actor=actor)
    demand_advance(row, "ENTER_POOL", actor, at)
    demand_check_open(row, at)
    table = clock_table()
    row.mode = DemandMode.POOL.value
    row.pool_slots = table.parameters.value_on("demand.pool_takers", local_date(at))
    row.pool_until = _window_end("POOL", at, table)
    row.save(update_fields=MODE_FIELDS)
    return row


@transaction.atomic
def demand_ask_dispatch(*, demand: FinancingDemand, actor: User, at: datetime) -> FinancingDemand:
    """Leave it to the marketplace which lender a published need goes to.

    Raises: as `demand_enter_pool`.

    Writes: ``FinancingDemand``, audit, notices to the operators; locks the row.
    """
    row = demand_lock(demand_id=demand.public_id, actor=actor)
    demand_advance(row, "ASK_DISPATCH", actor, at)
    demand_check_open(row, at)
    row.mode = DemandMode.DISPATCH.value
    _await_dispatch(row, at)
    return row


@transaction.atomic
def demand_choose(
    *, demand: FinancingDemand, institution_codes: Sequence[str], actor: User, at: datetime
) -> list[DemandLead]:
    """Put a need before lenders of the enterprise's choice, at most as many at a time as the parameter says.

    Args:
        demand: published, of the actor's enterprise.
        institution_codes: codes of admitted institutions; repeated ones count once.
        actor: owner or agent.
        at: when.

    Raises:
        NotFound: the need is not the actor's.
        TransitionRefused: its state does not allow it.
        Refused: ``CHOICE_EMPTY``, ``CHOICE_TOO_MANY``, ``LEAD_INELIGIBLE`` with ``fields``, ``DEMAND_EXPIRED``.
        Conflict: ``LEAD_EXISTS``.

    Writes: ``FinancingDemand``, ``DemandLead``, ``LeadEvent``, notices, audit; locks the need.
    """
    row = demand_lock(demand_id=demand.public_id, actor=actor)
    demand_advance(row, "CHOOSE", actor, at)
    demand_check_open(row, at)
    codes = list(dict.fromkeys(institution_codes))
    _check_choice(row, codes, at)
    row.mode = DemandMode.DIRECTED.value
    row.save(update_fields=MODE_FIELDS)
    return [
        lead_offer(row, _eligible(row, code, at), LeadOrigin.DIRECTED, actor=actor, at=at).lead
        for code in codes
    ]


@transaction.atomic
def demand_dispatch(
    *, demand_id: uuid.UUID, institution_code: str, actor: User | None, at: datetime
) -> DemandLead:
    """Dispatch a waiting need to a lender; one that returned it or let it lapse before may get it again once more.

    Args:
        demand_id: public id.
        institution_code: of an admitted institution with a suitable product.
        actor: an operator; None for the marketplace itself.
        at: when.

    Raises:
        NotPermitted: the actor is no operator.
        TransitionRefused: the need does not wait for dispatch.
        Refused: ``LEAD_INELIGIBLE``, ``DEMAND_EXPIRED``.
        Conflict: ``LEAD_EXISTS``.

    Writes: ``FinancingDemand``, ``DemandLead``, ``LeadEvent``, notices, audit; locks the need.
    """
    found = FinancingDemand.objects.all() if actor is None else searching_demands(actor)
    row = (
        found.select_for_update(of=("self",))
        .select_related("enterprise__account")
        .filter(public_id=demand_id)
        .first()
    )
    if row is None:
        raise NotPermitted
    demand_check_open(row, at)
    institution = _eligible(row, institution_code, at)
    known = row.leads.filter(institution=institution, state__in=("RETURNED", "LAPSED")).first()
    if known is None or actor is None:
        lead = lead_offer(row, institution, LeadOrigin.DISPATCH, actor=actor, at=at).lead
    else:
        lead = _offer_again(known, actor, at)
    demand_advance(row, "DISPATCH", actor, at)
    row.dispatch_due_at = None
    row.save(update_fields=MODE_FIELDS)
    return lead


@transaction.atomic
def demand_dispatch_next(*, demand_id: int, at: datetime) -> DemandLead | None:
    """Dispatch a need whose time to wait is over to the first lender suggested that has not had it; None without one.

    Without one the operators are told, and the need waits another round.

    Writes: as `demand_dispatch`, or ``FinancingDemand.dispatch_due_at`` and notices; locks the row.
    """
    row = _row(demand_id)
    is_due = row.dispatch_due_at is not None and at > row.dispatch_due_at
    if row.state != "TO_DISPATCH" or not is_due:
        return None
    fresh = [entry for entry in dispatch_suggestions(row, at) if not entry.before]
    if fresh:
        return demand_dispatch(
            demand_id=row.public_id, institution_code=fresh[0].institution.code, actor=None, at=at
        )
    row.dispatch_due_at = _window_end("DISPATCH", at, clock_table())
    row.save(update_fields=["dispatch_due_at"])
    dispatch_notify(row, "没有可自动派单的机构，请人工处理", at)
    return None


@transaction.atomic
def demand_close_pool(*, demand_id: int, at: datetime) -> bool:
    """Hand a need whose window ended without a taker to dispatch; return whether it was handed on now.

    Writes: ``FinancingDemand``, audit, notices; locks the row.
    """
    row = _row(demand_id)
    if row.state != "IN_POOL" or window_open(row, at):
        return False
    demand_advance(row, "CLOSE_POOL", None, at)
    _await_dispatch(row, at)
    return True


def demand_release(*, demand_id: int, at: datetime) -> bool:
    """Let a need look for a lender again after a lead fell away; return whether it does.

    With the pool's window still open its slot is free again; else it waits for dispatch. One whose enterprise applies
    or chooses lenders by itself stays as it is, and so does one that another lender still works on.

    Args:
        demand_id: primary key; inside the transaction of the lead.
        at: when.

    Writes: ``FinancingDemand``, audit, notices; locks the row.
    """
    row = _row(demand_id)
    is_own = row.mode in (DemandMode.APPLY, DemandMode.DIRECTED)
    is_out = row.state == "DISPATCHED" or (row.state == "MATCHING" and not is_own)
    if not is_out or _is_busy(row):
        return False
    if window_open(row, at):
        demand_advance(row, "REOPEN_POOL", None, at)
        row.save(update_fields=MODE_FIELDS)
    else:
        demand_advance(row, "RELEASE", None, at)
        _await_dispatch(row, at)
    return True


@whole_market("a need goes back into the pool when no lender works on it")
def _is_busy(row: FinancingDemand) -> bool:
    is_open = row.leads.filter(state__in=OPEN_LEAD_STATES).exists()
    return is_open or row.applications.filter(state__in=LIVE_STATES).exists()


def _await_dispatch(row: FinancingDemand, at: datetime) -> None:
    row.dispatch_due_at = _window_end("DISPATCH", at, clock_table())
    row.save(update_fields=MODE_FIELDS)
    dispatch_notify(row, WAITING, at)


def _window_end(code: str, at: datetime, table: ClockTable) -> datetime:
    clock = clock_on(code, local_date(at), table.parameters)
    due = deadline(clock, at, table.calendar)
    return due.at if due else at


def _check_choice(row: FinancingDemand, codes: Sequence[str], at: datetime) -> None:
    most = parameters_in_force(shipped()).value_on("demand.directed_lenders", local_date(at))
    waiting = row.leads.filter(state__in=OPEN_LEAD_STATES, origin=LeadOrigin.DIRECTED).count()
    sentence = ""
    if not codes:
        sentence, code = "请至少选择一家机构。", "CHOICE_EMPTY"
    elif len(codes) + waiting > most:
        sentence, code = f"同时最多定向 {most} 家机构，已有 {waiting} 家待答复。", "CHOICE_TOO_MANY"
    if sentence:
        raise Refused(code, sentence, {"institutions": sentence})


def _eligible(row: FinancingDemand, code: str, at: datetime) -> Institution:
    institution = institution_admitted_list().filter(code=code).first()
    if institution is None or not eligible_offers_of(institution, row, at):
        sentence = "该机构没有适合该需求且覆盖所在区的在架产品。"
        raise Refused("LEAD_INELIGIBLE", sentence, {"institutions": sentence})
    return institution


def _offer_again(known: DemandLead, actor: User, at: datetime) -> DemandLead:
    case = lead_lock(known.public_id, None)
    lead = case.lead
    has_application = lead.application_id is not None
    lead.origin = LeadOrigin.DISPATCH.value
    lead.officer, lead.taken_at = None, None
    lead_step(case, "OFFER_AGAIN", {"has_application": has_application}, actor=actor, at=at)
    return lead


def _row(demand_id: int) -> FinancingDemand:
    return (
        FinancingDemand.objects.select_for_update(of=("self",))
        .select_related("enterprise__account")
        .get(pk=demand_id)
    )
