"""Needs of the last day that look for a lender: in the pool, waiting for dispatch, dispatched, directed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from random import Random

from marketplace.config.demo.lending import SHOWN_LENDER, Lender
from marketplace.config.demo.people import People
from marketplace.config.demo.timeline import Clock, Tale, at_hour, working_days_before
from marketplace.domain.errors import Refused
from marketplace.models import User
from matching.models import FinancingDemand
from matching.selectors.dispatch import dispatch_suggestions
from matching.services.demand import demand_create
from matching.services.demand_mode import (
    demand_ask_dispatch,
    demand_choose,
    demand_dispatch,
    demand_enter_pool,
)
from matching.services.lead_answer import pool_take

HOUR = 15
POOLED, WAITING, DISPATCHED, DIRECTED = "POOLED", "WAITING", "DISPATCHED", "DIRECTED"
WAYS = (POOLED, POOLED, POOLED, POOLED, WAITING, DISPATCHED, DIRECTED)


def searching_lived(lenders: Sequence[Lender], people: People, today: date) -> Tale:
    """Let some enterprises ask once more, and leave it to the lenders: most in the pool, some by the other ways.

    The shown lender takes one of the pool; the printed enterprise's own need stays for the visitor to try.
    """
    clock = Clock(at_hour(working_days_before(today, 1), HOUR), Random(4))
    yield clock.office(0)
    shown, taken = lenders[SHOWN_LENDER - 1], False
    for way, known in zip(WAYS, _latest(len(WAYS)), strict=False):
        yield clock.office(0.002)
        need, owner = asked_again(known, clock.at), known.created_by
        if way is POOLED:
            demand_enter_pool(demand=need, actor=owner, at=clock.at)
            taken = taken or _taken(need, shown, clock.at)
        elif way is DIRECTED:
            _directed(need, owner, shown, clock.at)
        else:
            demand_ask_dispatch(demand=need, actor=owner, at=clock.at)
        if way is DISPATCHED:
            _dispatched(need, people, clock.at)


def _latest(count: int) -> list[FinancingDemand]:
    """Return the latest needs of so many enterprises but the printed one, one of each.

    First one that still has an open need, a duplicate lead; then those that have none.
    """
    found = FinancingDemand.objects.exclude(created_by__username__in=("owner", "agent"))
    rows = found.select_related("enterprise__account", "created_by").order_by("pk")
    latest = list({row.enterprise_id: row for row in rows}.values())
    latest.sort(key=lambda row: row.pk)
    is_open = [row for row in latest if row.closed_at is None]
    closed = [row for row in latest if row.closed_at is not None]
    return [*is_open[-1:], *closed, *is_open[:-1]][:count]


def asked_again(known: FinancingDemand, at: datetime) -> FinancingDemand:
    """Let an enterprise ask for what it asked for before."""
    return demand_create(
        enterprise=known.enterprise,
        amount_yuan=known.amount_yuan,
        term_months=known.term_months,
        purpose=known.purpose,
        purpose_note=known.purpose_note,
        guarantee=known.guarantee,
        publish=True,
        actor=known.created_by,
        at=at,
    )


def _dispatched(need: FinancingDemand, people: People, at: datetime) -> None:
    for entry in dispatch_suggestions(need, at)[:1]:
        demand_dispatch(
            demand_id=need.public_id,
            institution_code=entry.institution.code,
            actor=people.operator,
            at=at,
        )


def _directed(need: FinancingDemand, owner: User, shown: Lender, at: datetime) -> None:
    codes = [entry.institution.code for entry in dispatch_suggestions(need, at)]
    own = shown.institution.code
    wanted = [own] if own in codes else codes[:1]
    if wanted:
        demand_choose(demand=need, institution_codes=wanted, actor=owner, at=at)


def _taken(need: FinancingDemand, shown: Lender, at: datetime) -> bool:
    """Let the shown lender take a need if it has a product for it; return whether it did."""
    try:
        pool_take(demand_id=need.public_id, actor=shown.officer, at=at)
    except Refused:
        return False
    return True
